"""Readers of rows at work on whole columns: what they make of cells is remembered as long as cells repeat."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from ioc.events.mappings.block import Block
from ioc.events.mappings.row import Cells

Made = TypeVar("Made")

_MOST = 1 << 13
"""Readings that are remembered of one reader before it begins anew."""


class Remembered(Generic[Made]):
    """A reader of rows, applied to every row of a block but called once for equal ones.

    Args:
        read: what it makes of a row depends on nothing but these columns.
        columns: their names.
    """

    def __init__(self, read: Callable[[Cells], Made], columns: Sequence[str]) -> None:
        self._read = read
        self._columns = columns
        self._known: dict[tuple[type | None, ...], _Known[Made]] = {}
        """By the types of the columns: 1 and true are equal, and not the same."""

    def of(self, block: Block) -> list[Made]:
        """What the reader makes of each row."""
        if not self._columns:
            return [self._read({})] * block.size
        kinds = tuple(map(block.kind, self._columns))
        columns = [block[name] for name in self._columns]
        if None in kinds:
            return [self._read(dict(zip(self._columns, cells, strict=True))) for cells in zip(*columns, strict=True)]
        known = self._known.get(kinds)
        if known is None or len(known) > _MOST:
            known = self._known[kinds] = _Known(self._read, self._columns)
        rows = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
        return [*map(known.__getitem__, rows)]


class _Known(dict[Hashable, Made]):
    """What a reader made of cells: of one cell, or of a tuple of several."""

    def __init__(self, read: Callable[[Cells], Made], columns: Sequence[str]) -> None:
        super().__init__()
        self._read = read
        self._columns = columns
        self._only = columns[0] if len(columns) == 1 else None

    def __missing__(self, cells: Any) -> Made:
        only = self._only
        row = dict(zip(self._columns, cells, strict=True)) if only is None else {only: cells}
        made = self[cells] = self._read(row)
        return made
