"""Where a field's value comes from, as a function of a row."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from ioc.catalogue.model import FieldSpec
from ioc.events.mappings.instants import ReadText, ReadTime, part_reader, time_reader
from ioc.events.mappings.model import (
    Condition,
    Constant,
    FieldSource,
    FileColumn,
    Instant,
    Join,
    Padded,
    Part,
    Scalar,
    Timestamp,
)
from ioc.events.mappings.row import Cells, RowFault, cell_reader, number_of, once_a_row

Value = str | int | float | bool | datetime
ReadValue = Callable[[Cells], Value | None]

_TRUTHS = {"true": True, "false": False}


def value_reader(
    source: FieldSource, field: FieldSpec, times: Mapping[str, ReadTime], missing: Collection[str]
) -> ReadValue:
    """Reads a field's value; None where the row has none. What it returns raises RowFault."""
    match source:
        case Constant(constant=constant):
            return lambda _: constant
        case Timestamp(time=name):
            return times[name]
        case Part():
            return _typed(part_reader(source, times[source.of]), field, "", ".", 1.0)
        case Join():
            return _typed(_joined(source.join, source.between, missing), field, columns_text(source), ".", 1.0)
        case FileColumn():
            return _column_reader(source, field, missing)


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
            yield source.column, False
        case Join():
            yield from ((_column(part), False) for part in source.join)
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


def _column(part: str | Padded) -> str:
    return part.column if isinstance(part, Padded) else part


def _written(instant: Instant, missing: Collection[str]) -> ReadText:
    if instant.constant is not None:
        return lambda _: instant.constant
    if instant.join is not None:
        return _joined(instant.join, instant.between, missing)
    return cell_reader(instant.column, missing) if instant.column else (lambda _: None)


def _joined(parts: Sequence[str | Padded], between: str, missing: Collection[str]) -> ReadText:
    reads = [cell_reader(_column(part), missing) for part in parts]
    widths = [part.width if isinstance(part, Padded) else 0 for part in parts]

    def read(cells: Cells) -> str | None:
        texts = []
        for cell, width in zip(reads, widths, strict=True):
            text = cell(cells)
            if text is None:
                return None
            texts.append(text.zfill(width))
        return between.join(texts)

    return read


def _text_reader(source: FileColumn, missing: Collection[str]) -> ReadText:
    cell, look_up = cell_reader(source.column, missing), _table(source)

    def read(cells: Cells) -> str | None:
        text = cell(cells)
        return text if text is None or look_up is None else str(look_up(text))

    return read


def _column_reader(source: FileColumn, field: FieldSpec, missing: Collection[str]) -> ReadValue:
    cell = cell_reader(source.column, missing)
    look_up, empty = _table(source), source.empty
    typed = _typed(cell, field, source.column, source.decimal, source.factor)

    def read(cells: Cells) -> Value | None:
        text = cell(cells)
        if text is None:
            return empty
        return typed(cells) if look_up is None else look_up(text)

    return read


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


def _typed(read: ReadText, field: FieldSpec, column: str, decimal: str, factor: float) -> ReadValue:
    """A text as the type of a field."""
    match field.type:
        case "integer" | "number":
            whole, times = field.type == "integer", Decimal(repr(factor))

            def number(cells: Cells) -> Value | None:
                text = read(cells)
                if text is None:
                    return None
                amount = number_of(text, decimal, column) * times
                if not whole:
                    return float(amount)
                if amount != amount.to_integral_value():
                    raise RowFault("not_an_integer", "this is no whole number", column, text)
                return int(amount)

            return number
        case "boolean":

            def boolean(cells: Cells) -> Value | None:
                text = read(cells)
                if text is None:
                    return None
                if (truth := _TRUTHS.get(text.lower())) is None:
                    detail = "this is neither true nor false; say in a `table` of the mapping what it stands for"
                    raise RowFault("not_a_boolean", detail, column, text)
                return truth

            return boolean
        case _:
            return read
