"""Conditions of a mapping, as functions of a row."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ioc.events.mappings.instants import ReadTime
from ioc.events.mappings.model import AnyCondition, Condition, Earlier
from ioc.events.mappings.row import Cells, RowFault, cell_reader, shortened

Holds = Callable[[Cells], bool]


def condition_reader(
    conditions: Sequence[AnyCondition], times: Mapping[str, ReadTime], missing: Collection[str]
) -> Holds:
    """Whether all conditions hold of a row. What it returns raises RowFault where a time cannot be read."""
    tests = [
        _earlier(condition, times) if isinstance(condition, Earlier) else _of_column(condition, missing)
        for condition in conditions
    ]
    match tests:
        case []:
            return lambda _: True
        case [holds]:
            return holds
        case [first, second]:
            return lambda cells: first(cells) and second(cells)
    return lambda cells: all(holds(cells) for holds in tests)


def described(conditions: Iterable[AnyCondition], missing: Collection[str]) -> Callable[[Cells], str]:
    """Tells what a row has in the columns that conditions ask for, as texts that many rows share."""
    by_column: dict[str, bool] = {}
    for condition in conditions:
        if isinstance(condition, Condition):
            named = condition.present is None
            by_column[condition.column] = named or by_column.get(condition.column, False)
    cells_of = [(column, named, cell_reader(column, missing)) for column, named in by_column.items()]

    def describe(cells: Cells) -> str:
        texts = ((column, named, _told(read, cells)) for column, named, read in cells_of)
        return ", ".join(f"`{column}` {_shown(text, named)}" for column, named, text in texts)

    return describe


def _told(read: Callable[[Cells], str | None], cells: Cells) -> str | None:
    try:
        return read(cells)
    except RowFault as fault:
        # An earlier condition did not hold, so that nobody had to read this one.
        return str(fault.value)


def _earlier(condition: Earlier, times: Mapping[str, ReadTime]) -> Holds:
    one, other = times[condition.time], times[condition.before]

    def holds(cells: Cells) -> bool:
        first, second = one(cells), other(cells)
        return first is not None and second is not None and first < second

    return holds


def _of_column(condition: Condition, missing: Collection[str]) -> Holds:
    read = cell_reader(condition.column, missing)
    if condition.present is not None:
        return lambda cells: (read(cells) is not None) == condition.present
    if condition.one_of is not None:
        one_of = frozenset(condition.one_of)
        return lambda cells: read(cells) in one_of
    none_of = frozenset(condition.none_of or ())
    return lambda cells: read(cells) not in none_of


def _shown(text: str | None, named: bool) -> str:
    if text is None:
        return "empty"
    return shortened(text) if named else "given"
