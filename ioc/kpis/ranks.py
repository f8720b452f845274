"""Places among peers: one more than the number of those that do better. Equals share one; nobody has one alone."""

from collections.abc import Mapping
from typing import Literal


def ranks_of(values: Mapping[str, float], best: Literal["most", "least"]) -> dict[str, int]:
    """The place of each, 1 for the best."""
    if len(values) < 2:
        return {}
    places: dict[float, int] = {}
    for place, value in enumerate(sorted(values.values(), reverse=best == "most"), 1):
        places.setdefault(value, place)
    return {name: places[value] for name, value in values.items()}
