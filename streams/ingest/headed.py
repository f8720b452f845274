"""Files whose columns are named by a row of their own, maybe below a title."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ioc.events.mappings.model import Reads
from streams.ingest.origin import TableError
from streams.ingest.row_file import RowFile, lack_told, lacking, twice

HEADER_WITHIN = 50
"""Rows in which the header is looked for; who writes longer titles says ``skip_rows``."""


@dataclass(frozen=True)
class Header:
    """The row that names the columns: how many lines or rows stand above it, and what is written in it."""

    above: int
    columns: list[str]
    delimiter: str = ""


class HeadedFile(RowFile):
    """A file with a header, which is found by the columns that are asked for, or stands where the mapping says."""

    @abstractmethod
    def candidates(self, reads: Reads) -> Iterator[Header]:
        """The rows that may be the header if the file is written as ``reads`` says. Raises TableError."""

    @abstractmethod
    def other_readings(self) -> Iterator[tuple[Reads, str]]:
        """Other ways to read the file, each with what must be changed in the mapping for it. Raises TableError."""

    @cached_property
    def header(self) -> Header:
        """The header. Raises TableError where none has the columns that are asked for."""
        header = self._best(self._reads)
        if header is None:
            raise TableError(f"{self.file}: there is no header in it; was it written to the end?")
        where = f"{self.file}: line {header.above + 1}"
        doubled = twice(header.columns, self._wanted)
        if doubled is not None:
            raise TableError(f"{where}: column `{doubled}` is there twice; rename one of the two")
        missing = lacking(header.columns, self._wanted)
        if missing:
            raise TableError(f"{where}: {lack_told(header.columns, missing, self._advice())}")
        return header

    def _best(self, reads: Reads) -> Header | None:
        found = [header for header in self.candidates(reads) if any(header.columns)]
        if self._wanted is None:
            # Titles have fewer cells than the header, and no row has more.
            return max(found, key=lambda header: sum(map(bool, header.columns)), default=None)

        def fitness(header: Header) -> tuple[bool, int, int, int]:
            known = frozenset(header.columns)
            fits = not lacking(header.columns, self._wanted)
            # Of rows that fit alike the first is the header, under the separator that tells most columns apart.
            return fits, sum(column in known for column in self._wanted or ()), -header.above, len(header.columns)

        return max(found, key=fitness, default=None)

    def _advice(self) -> str:
        """The change of the mapping under which the header is found; empty where there is none."""
        for reads, advice in self.other_readings():
            try:
                header = self._best(reads)
            except TableError:
                continue
            if header is not None and not lacking(header.columns, self._wanted):
                return advice
        return ""
