"""Where a field's value comes from, as a function of a row."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from ioc.catalogue.model import FieldSpec
from ioc.events.mappings.instants import ReadText, ReadTime, ReadWritten, part_reader, time_reader
from ioc.events.mappings.model import (
    AnyCondition,
    Condition,
    Constant,
    Earlier,
    FieldSource,
    FileColumn,
    Instant,
    Join,
    Padded,
    Part,
    Scalar,
    Timestamp,
)
from ioc.events.mappings.row import Cells, RowFault, cell_reader, number_in, number_of, once_a_row
from ioc.events.mappings.unit_codes import UnitCodes

Value = str | int | float | bool | datetime
ReadValue = Callable[[Cells], Value | None]

_TRUTHS = {"true": True, "false": False}


def value_reader(
    source: FieldSource,
    field: FieldSpec,
    times: Mapping[str, ReadTime],
    missing: Collection[str],
    units: UnitCodes,
) -> ReadValue:
    """Reads a field's value; None where the row has none. What it returns raises RowFault."""
    match source:
        case Constant(constant=constant):
            return lambda _: constant
        case Timestamp(time=name):
            return times[name]
        case Part():
            return _typed(part_reader(source, times[source.of]), field, "", units)
        case Join():
            return _typed(_joined(source.join, source.between, missing), field, columns_text(source), units)
        case FileColumn(column=column, table=None) if field.type in {"integer", "number"}:
            return _or_empty(_number_reader(source, field, cell_reader(column, missing)), source)
        case FileColumn(column=column):
            cell, look_up = cell_reader(column, missing), _table(source)
            read = _typed(cell, field, column, units) if look_up is None else _looked_up(cell, look_up)
            return _or_empty(read, source)


def times_of(instants: Mapping[str, Instant], missing: Collection[str]) -> dict[str, ReadTime]:
    """Readers of a mapping's times, in the order in which they refer to each other."""
    readers: dict[str, ReadTime] = {}
    for name, instant in instants.items():
        zone = instant.zone
        zone_text = _text_reader(zone, missing) if isinstance(zone, FileColumn) else None
        readers[name] = once_a_row(time_reader(instant, readers, _written(instant, missing), zone_text, missing))
    return readers


def file_columns_of(source: FieldSource | Instant | Condition) -> Iterator[tuple[str, bool]]:
    """The columns that something reads, each with whether a file may lack it."""
    match source:
        case FileColumn():
            yield source.column, source.optional
        case Condition():
            yield source.column, source.optional
        case Join():
            yield from ((_column(part), source.optional) for part in source.join)
        case Instant():
            if source.column:
                yield source.column, source.optional
            yield from ((_column(part), source.optional) for part in source.join or ())
            yield from ((shift.column, source.optional) for shift in source.plus if shift.column)
            if isinstance(source.zone, FileColumn):
                yield from file_columns_of(source.zone)


def columns_text(source: FieldSource | Instant) -> str:
    """The columns that something reads, as messages name them."""
    return "+".join(dict.fromkeys(column for column, _ in file_columns_of(source)))


def columns_behind(part: FieldSource | Instant | AnyCondition, times: Mapping[str, Instant]) -> list[str]:
    """All columns on which what something makes of a row depends, those of the times that it refers to included."""
    own = [column for column, _ in file_columns_of(part)] if not isinstance(part, Earlier) else []
    match part:
        case Timestamp(time=name) | Part(of=name):
            others = [name]
        case Earlier():
            others = [part.time, part.before]
        case Instant():
            others = [*filter(None, (part.start, part.not_before))]
        case _:
            others = []
    return [*dict.fromkeys([*own, *(column for name in others for column in columns_behind(times[name], times))])]


def _column(part: str | Padded) -> str:
    return part.column if isinstance(part, Padded) else part


def _written(instant: Instant, missing: Collection[str]) -> ReadWritten:
    if instant.constant is not None:
        return lambda _: instant.constant
    if instant.join is not None:
        return _day_and_hour(instant.join, _joined(instant.join, instant.between, missing))
    if instant.column is None:
        return lambda _: None
    column, cell = instant.column, cell_reader(instant.column, missing)

    def read(cells: Cells) -> str | date | None:
        value = cells.get(column)
        return value if isinstance(value, date) else cell(cells)

    return read


def _day_and_hour(parts: Sequence[str | Padded], text: ReadText) -> ReadWritten:
    """A day and a time of day in two columns, where a workbook holds both as what they are; else their texts."""
    if len(parts) != 2:
        return text
    first, second = map(_column, parts)

    def read(cells: Cells) -> str | date | None:
        day, hour = cells.get(first), cells.get(second)
        if isinstance(day, date) and isinstance(hour, time):
            return datetime.combine(day, hour)
        return text(cells)

    return read


def _joined(parts: Sequence[str | Padded], between: str, missing: Collection[str]) -> ReadText:
    reads = [(cell_reader(_column(part), missing), part.width if isinstance(part, Padded) else None) for part in parts]

    def read(cells: Cells) -> str | None:
        texts = []
        for cell, width in reads:
            text = cell(cells)
            if text is None:
                return None
            texts.append(text if width is None else text.zfill(width))
        return between.join(texts)

    return read


def _text_reader(source: FileColumn, missing: Collection[str]) -> ReadText:
    cell, look_up = cell_reader(source.column, missing), _table(source)

    def read(cells: Cells) -> str | None:
        text = cell(cells)
        return text if text is None or look_up is None else str(look_up(text))

    return read


def _or_empty(read: ReadValue, source: FileColumn) -> ReadValue:
    empty = source.empty
    if empty is None:
        return read

    def filled(cells: Cells) -> Value | None:
        value = read(cells)
        return empty if value is None else value

    return filled


def _looked_up(cell: ReadText, look_up: Callable[[str], Scalar]) -> ReadValue:
    def read(cells: Cells) -> Value | None:
        text = cell(cells)
        return None if text is None else look_up(text)

    return read


def _number_reader(source: FileColumn, field: FieldSpec, cell: ReadText) -> ReadValue:
    """Reads a column's number: one that the file holds as a number is taken as it is, a text as the mapping says."""
    column, decimal, factor = source.column, source.decimal, Decimal(repr(source.factor))

    def read(cells: Cells) -> Value | None:
        text = cell(cells)
        if text is None:
            return None
        amount = number_in(cells[column])
        return _fitting(number_of(text, decimal, column) if amount is None else amount, factor, field, column)

    return read


def _fitting(amount: Decimal, factor: Decimal, field: FieldSpec, column: str) -> float | int:
    brought = amount * factor
    if field.type == "number":
        return float(brought)
    if brought != brought.to_integral_value():
        raise RowFault("not_an_integer", "this is no whole number", column, str(amount))
    return int(brought)


def _table(source: FileColumn) -> Callable[[str], Scalar] | None:
    if source.table is None:
        return None
    table, column = source.table, source.column
    patterns = [
        (re.compile(".*".join(map(re.escape, key.split("*"))), re.DOTALL), to)
        for key, to in table.items()
        if "*" in key
    ]

    def look_up(text: str) -> Scalar:
        known = table.get(text)
        if known is not None:
            return known
        for pattern, to in patterns:
            if pattern.fullmatch(text):
                return to
        detail = f"the mapping's table has {', '.join(f'`{key}`' for key in list(table)[:10])} and no such text"
        raise RowFault("not_in_table", detail, column, text)

    return look_up


def _typed(read: ReadText, field: FieldSpec, column: str, units: UnitCodes) -> ReadValue:
    """A text as the type of a field."""

    def converted(convert: Callable[[str], Value]) -> ReadValue:
        def convert_text(cells: Cells) -> Value | None:
            text = read(cells)
            return None if text is None else convert(text)

        return convert_text

    match field.type:
        case "integer" | "number":
            return converted(lambda text: _fitting(number_of(text, ".", column), Decimal(1), field, column))
        case "boolean":
            return converted(lambda text: _truth(text, column))
        case "unit":
            return converted(lambda text: units.code_of(text, column))
        case _:
            return read


def _truth(text: str, column: str) -> bool:
    truth = _TRUTHS.get(text.lower())
    if truth is None:
        detail = "this is neither true nor false; say in a `table` of the mapping what it stands for"
        raise RowFault("not_a_boolean", detail, column, text)
    return truth
