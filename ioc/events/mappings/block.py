"""Rows by the thousand, as columns: most cells of a column say what others said, and are read once for all of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import compress

from ioc.events.mappings.row import Cells

Column = Sequence[object]

_TOLD_APART = frozenset({str, bool, int, date})
"""Types of which equal values are the same. Not so -0.0 and 0.0, nor one moment as two zones write it."""


class Block(ABC):
    """Rows that stand one after the other, as columns of one length."""

    def __init__(self, size: int) -> None:
        self.size = size
        """The number of rows."""

    @abstractmethod
    def __getitem__(self, name: str) -> Column:
        """A column's cells; None for each row where there is no such column."""

    @abstractmethod
    def kind(self, name: str) -> type | None:
        """The one type that a column's cells have, empty ones aside; None unless equal ones are the same there."""

    def where(self, flags: Sequence[object]) -> "Block":
        """Only the rows whose flag is true."""
        return _Part(self, flags)


class Columns(Block):
    """A block made of columns.

    Args:
        columns: by name.
        kinds: what `kind` says of columns of which that is known; of others it is found out.
    """

    def __init__(self, size: int, columns: Mapping[str, Column], kinds: Mapping[str, type] | None = None) -> None:
        super().__init__(size)
        self.columns = columns
        self._kinds: dict[str, type | None] = {**(kinds or {})}
        self._nothing: Column = [None] * size

    def __getitem__(self, name: str) -> Column:
        return self.columns.get(name, self._nothing)

    def kind(self, name: str) -> type | None:
        if name not in self._kinds:
            self._kinds[name] = _kind_of(self[name])
        return self._kinds[name]

    def cells(self, place: int) -> Cells:
        """What stands in a row, by its place from 0."""
        return {name: column[place] for name, column in self.columns.items()}


class _Part(Block):
    """Some rows of a block, whose columns are made when they are asked for."""

    def __init__(self, whole: Block, flags: Sequence[object]) -> None:
        super().__init__(sum(map(bool, flags)))
        self._whole = whole
        self._flags = flags
        self._columns: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = [*compress(self._whole[name], self._flags)]
        return column

    def kind(self, name: str) -> type | None:
        return self._whole.kind(name)


def _kind_of(column: Iterable[object]) -> type | None:
    kinds = {*map(type, column)} - {type(None)} or {type(None)}
    kind = kinds.pop()
    return kind if not kinds and (kind in _TOLD_APART or kind is type(None)) else None
