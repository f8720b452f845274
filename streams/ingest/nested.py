"""Values within values, as columns: ``{"a": {"b": 1}}`` has a column ``a.b``."""

from collections.abc import Iterator, Mapping

from ioc.events.mappings import Cells
from ioc.events.mappings.row import column_name, composed


def row_of(content: Mapping[str, object]) -> Cells:
    """A row with its texts composed and its columns named as mappings name them; the values of its objects stand beside
    them, each under its path, but where there is a column of that very name."""
    row = {column_name(name): _composed(value) for name, value in content.items()}
    return {**dict(_within(row)), **row} if any(isinstance(value, dict) for value in row.values()) else row


def _composed(value: object) -> object:
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, list):
        return [_composed(part) for part in value]
    if isinstance(value, dict):
        return {column_name(str(name)): _composed(part) for name, part in value.items()}
    return value


def _within(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    # No recursion: how deep a file nests is not for it to say.
    waiting = [*row.items()]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            inner = [(f"{path}.{name}", part) for name, part in value.items()]
            yield from inner
            waiting += inner
