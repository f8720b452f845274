"""Cells of a row as the mapping reads them: texts and numbers, whatever form of file they come from."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite, isnan
from typing import TypeVar
from unicodedata import normalize

Cells = Mapping[str, object]
"""A row: values by column."""

Read = TypeVar("Read")

_NUMBER = {
    ".": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"),
    ",": re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"),
}


class RowFault(Exception):
    """Why a row is refused: a reason to group by, the column at fault, what stands there, and what is wrong with it."""

    def __init__(self, reason: str, detail: str, column: str = "", value: object = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.column = column
        self.value = value

    def __str__(self) -> str:
        shown = f" {shortened(self.value)}" if self.value is not None else ""
        return f"column `{self.column}`{shown}: {self.detail}" if self.column else self.detail


def composed(text: str) -> str:
    """A text with its accents as one letter each (Unicode's NFC), so that what looks the same is the same."""
    return text if text.isascii() else normalize("NFC", text)


def column_name(written: str) -> str:
    """A column's name as mappings and files alike are read: composed, its lines and spaces as single spaces."""
    return " ".join(composed(written).split())


def shortened(value: object) -> str:
    """A value as messages show it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def text_of(value: object) -> str | None:
    """A cell as text without spaces around it; None where it is null. Whole numbers have no decimals: 517.0 is 517."""
    if isinstance(value, str):
        return value.strip()
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value.normalize():f}"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace").strip()
    return str(value).strip()


def cell_reader(column: str, missing: Collection[str]) -> Callable[[Cells], str | None]:
    """Reads one column as text; None where the cell is empty."""
    empty = frozenset(missing)

    def read(cells: Cells) -> str | None:
        value = cells.get(column)
        if type(value) is str:
            # Most cells are, and this runs for every cell of every row.
            text: str | None = value.strip()
        elif isinstance(value, dict | list):
            raise RowFault("nested_value", _nested(column, value), column, value)
        else:
            text = text_of(value)
        return None if text is None or text in empty else text

    return read


def _nested(column: str, value: dict[object, object] | list[object]) -> str:
    if isinstance(value, list):
        return "this is a list, and a cell holds one value"
    paths = ", ".join(f"`{column}.{name}`" for name in list(value)[:5])
    return f"this is an object; write the path of one of its values, as in {paths}" if paths else "this object is empty"


def number_in(value: object) -> Decimal | None:
    """The number that a cell holds as a number, whatever it would look like as a text; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float) and isfinite(value):
        return Decimal(repr(value))
    return value if isinstance(value, Decimal) and value.is_finite() else None


def number_of(text: str, decimal: str, column: str) -> Decimal:
    """The number that a text stands for. Raises RowFault."""
    if not _NUMBER[decimal].fullmatch(text):
        other = "," if decimal == "." else "."
        hint = f"; if its decimals follow a `{other}`, say `decimal: '{other}'` in the mapping" if other in text else ""
        raise RowFault("not_a_number", f"this is no number{hint}", column, text)
    return Decimal(text if decimal == "." else text.replace(".", "").replace(",", "."))


def once_a_row(read: Callable[[Cells], Read]) -> Callable[[Cells], Read]:
    """The same reader, which reads a row only once however often it is asked."""
    row: Cells | None = None
    known: Read

    def remembered(cells: Cells) -> Read:
        nonlocal row, known
        if cells is not row:
            known = read(cells)
            row = cells
        return known

    return remembered
