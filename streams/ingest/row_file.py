"""A file of rows, whatever its form."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ioc.catalogue.faults import nearest
from ioc.events.mappings import Cells, Columns, RowFault
from ioc.events.mappings.model import Reads
from streams.ingest.origin import Origin, TableError

Wanted = Mapping[str, bool] | None
"""The columns that will be read, each with whether the file may lack it; None where all are."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number from 1, the line of the file where it ends (its number where the file has no lines), and
    what stands in it, or why it cannot be read."""

    number: int
    line: int
    content: Cells | RowFault


BLOCK_ROWS = 5_000
"""Rows that are read at once."""


@dataclass(frozen=True)
class RowBlock:
    """Rows that stand one after the other, of which those that can be read are columns."""

    numbers: Sequence[int]
    lines: Sequence[int]
    sound: Columns
    contents: Callable[[int], Cells]
    """What stands in one of the sound rows, by its place from 0."""
    unreadable: Sequence[Row] = ()

    def row(self, place: int) -> Row:
        """One of the sound rows, by its place from 0."""
        return Row(self.numbers[place], self.lines[place], self.contents(place))

    def rows(self) -> list[Row]:
        """All of its rows in their order."""
        rows = [*self.unreadable, *map(self.row, range(self.sound.size))]
        return sorted(rows, key=lambda row: row.number)


class RowFile(ABC):
    """A file of rows."""

    def __init__(self, origin: Origin, reads: Reads, wanted: Wanted) -> None:
        self.origin = origin
        self._reads = reads
        self._wanted = wanted

    @property
    def file(self) -> Path:
        """What messages call it."""
        return self.origin.file

    @abstractmethod
    def blocks(self) -> Iterator[RowBlock]:
        """The rows in their order, many at a time. Raises TableError."""

    def rows(self) -> Iterator[Row]:
        """The rows in their order. Raises TableError."""
        for block in self.blocks():
            yield from block.rows()

    def check(self) -> int:
        """Read all rows once, so that a file that breaks off is refused before any of it is used.

        Returns their number. Raises TableError.
        """
        number = sum(block.sound.size + len(block.unreadable) for block in self.blocks())
        if not number:
            raise TableError(f"{self.file}: there are no rows in it; was it written to the end?")
        return number


def blocks_of(rows: Iterable[Row]) -> Iterator[RowBlock]:
    """Rows whose columns and types differ from one to the next, as blocks."""
    waiting = iter(rows)
    while some := [*islice(waiting, BLOCK_ROWS)]:
        sound = [(row, row.content) for row in some if not isinstance(row.content, RowFault)]
        contents = [content for _, content in sound]
        names = dict.fromkeys(name for content in contents for name in content)
        columns = {name: [content.get(name) for content in contents] for name in names}
        yield RowBlock(
            [row.number for row, _ in sound],
            [row.line for row, _ in sound],
            Columns(len(sound), columns),
            contents.__getitem__,
            [row for row in some if isinstance(row.content, RowFault)],
        )


def lacking(columns: Sequence[str], wanted: Wanted) -> list[str]:
    """The columns that a file must have and has not."""
    known = frozenset(columns)
    return [column for column, optional in (wanted or {}).items() if not optional and column not in known]


def twice(columns: Sequence[str], wanted: Wanted) -> str | None:
    """A column that a file has twice, so that nobody knows which is meant."""
    doubled = {column for column in columns if column and columns.count(column) > 1}
    return min((column for column in doubled if wanted is None or column in wanted), default=None)


def lack_told(columns: Sequence[str], missing: Sequence[str], advice: str) -> str:
    """What a message says of missing columns.

    Args:
        advice: a change of the mapping under which the columns were found; empty where none was.
    """
    told = "; ".join(f"there is no column `{column}`" for column in missing)
    if advice:
        return f"{told}. {advice}"
    alike = [column for column in columns if column.casefold() == missing[0].casefold()]
    otherwise = f"the file has {', '.join(columns)}"
    fix = f"did you mean `{alike[0]}`?" if alike else nearest(missing[0], columns, otherwise)
    return (
        f"{told}. {fix[:1].upper()}{fix[1:]}. Correct the file or the mapping; a column that files may lack is "
        "`optional: true` there"
    )
