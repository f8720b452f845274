"""Cells of a row as the mapping reads them: texts and numbers, whatever form of file they come from."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isnan
from typing import TypeVar

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
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace").strip()
    return str(value).strip()


def cell_reader(column: str, missing: Collection[str]) -> Callable[[Cells], str | None]:
    """Reads one column as text; None where the cell is empty."""
    empty = frozenset(missing)

    def read(cells: Cells) -> str | None:
        value = cells.get(column)
        text = value.strip() if isinstance(value, str) else text_of(value)
        return None if text is None or text in empty else text

    return read


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
