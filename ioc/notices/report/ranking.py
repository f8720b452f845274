"""Which units are the worst of their peers. Equals share a rank; nobody is ranked alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from ioc.kpis.ranks import ranks_of

SHOWN = 5
"""Units that are named, unless more share the last of these ranks."""
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit's place: one more than the number of its peers that do better."""

    unit: str
    value: float
    rank: int


@dataclass(frozen=True, slots=True)
class Worst:
    """The last ones of a ranking, the worst first."""

    units: Sequence[Ranked]
    unnamed: int
    """How many share the last rank shown, and are not named for want of room."""
    peers: int
    """How many are ranked in all."""


def worst_units(values: Mapping[str, float], best: Literal["most", "least"]) -> Worst | None:
    """The worst by their values; None where there is no worst: of fewer than two, or where all are equal."""
    if len(set(values.values())) < 2:
        return None
    # The best first, equals by their code, so that the same figures give the same report.
    order = sorted(values, key=lambda unit: (-values[unit] if best == "most" else values[unit], unit))
    ranks = ranks_of(values, best)
    shown: list[Ranked] = []
    for rank, tied_units in groupby(reversed(order), key=lambda unit: ranks[unit]):
        if rank == 1 or len(shown) >= SHOWN:
            break
        shown += [Ranked(unit, values[unit], rank) for unit in sorted(tied_units)]
    return Worst(shown[:MOST_SHOWN], max(0, len(shown) - MOST_SHOWN), len(values))
