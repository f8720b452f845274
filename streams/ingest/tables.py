"""Rows of CSV, JSON Lines and Parquet files, one after the other, whatever their size."""

import csv
import gzip
import io
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import msgspec

from ioc.catalogue.faults import nearest
from ioc.events.mappings import Cells, RowFault
from ioc.events.mappings.model import Reads

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

Format = Literal["csv", "jsonl", "parquet"]

_ENDINGS: Mapping[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_BATCH_ROWS = 5_000


class TableError(ValueError):
    """A file that cannot be read as a whole; the message names file, line and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number from 1, the line of the file where it ends (its number where the file has no lines), and
    what stands in it, or why it cannot be read."""

    number: int
    line: int
    content: Cells | RowFault


class RowFile(ABC):
    """A file of rows."""

    def __init__(self, file: Path, reads: Reads, wanted: Mapping[str, bool] | None) -> None:
        self.file = file
        self._reads = reads
        self._wanted = wanted or {}
        self._all = wanted is None

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """The rows in their order. Raises TableError."""

    def check(self) -> int:
        """Read all rows once, so that a file that breaks off is refused before any of it is used.

        Returns their number. Raises TableError.
        """
        number = sum(1 for _ in self.rows())
        if not number:
            raise TableError(f"{self.file}: there are no rows in it; was it written to the end?")
        return number

    def _check_columns(self, columns: Iterable[str]) -> None:
        known = [*columns]
        twice = sorted({column for column in known if known.count(column) > 1 and column in self._wanted})
        if twice:
            raise TableError(f"{self.file}: line 1: column `{twice[0]}` is there twice; rename one of the two")
        lacking = [column for column, optional in self._wanted.items() if not optional and column not in known]
        if lacking:
            otherwise = f"the file has {', '.join(known)}" + self._separator_hint(known)
            told = "; ".join(f"there is no column `{column}`" for column in lacking)
            alike = [column for column in known if column.casefold() == lacking[0].casefold()]
            fix = f"did you mean `{alike[0]}`?" if alike else nearest(lacking[0], known, otherwise)
            raise TableError(
                f"{self.file}: line 1: {told}. {fix[:1].upper()}{fix[1:]}. Correct the file or the mapping; a column "
                "that files may lack is `optional: true` there"
            )

    def _separator_hint(self, columns: list[str]) -> str:
        if len(columns) != 1:
            return ""
        mark = next((mark for mark in (";", "\t", ",", "|") if mark in columns[0]), None)
        return (
            f"; its columns seem to be separated by {mark!r}: say so with `delimiter:` in the mapping" if mark else ""
        )


def open_table(file: Path, reads: Reads, wanted: Mapping[str, bool] | None) -> RowFile:
    """A file as rows.

    Args:
        wanted: the columns that will be read, each with whether the file may lack it; None for all.

    Raises:
        TableError: there is no such file, it is empty, or its name does not tell its form.
    """
    if not file.is_file():
        raise TableError(f"{file}: there is no such file")
    if not file.stat().st_size:
        raise TableError(f"{file}: the file is empty")
    ending = file.with_suffix("").suffix if file.suffix == ".gz" else file.suffix
    form = reads.format or _ENDINGS.get(ending.lower())
    if form is None:
        raise TableError(
            f"{file}: `{ending}` does not tell how it is written: rename it to one of {', '.join(_ENDINGS)}, or say "
            "`reads: {format: csv}` in the mapping"
        )
    if ending.lower() == ".tsv" and "delimiter" not in reads.model_fields_set:
        reads = reads.model_copy(update={"delimiter": "\t"})
    return _TABLES[form](file, reads, wanted)


class _CsvTable(RowFile):
    def rows(self) -> Iterator[Row]:
        with _opened(self.file) as stream:
            reader = csv.reader(self._lines(stream), delimiter=self._reads.delimiter, strict=True)
            columns = self._next(reader)
            if columns is None:
                raise TableError(f"{self.file}: the file is empty")
            columns = [column.strip() for column in columns]
            self._check_columns(columns)
            number = 0
            while (cells := self._next(reader)) is not None:
                # An empty line is no row.
                if cells:
                    number += 1
                    yield Row(number, reader.line_num, _content(columns, cells))

    def _next(self, reader: "CsvReader") -> list[str] | None:
        try:
            return next(reader, None)
        except csv.Error as error:
            where = f"{self.file}: line {reader.line_num}"
            raise TableError(f"{where}: {error}; look for a quote that is not closed") from error

    def _lines(self, stream: BinaryIO) -> Iterator[str]:
        encoding = self._reads.encoding
        # Excel writes a byte order mark before UTF-8.
        text = io.TextIOWrapper(stream, "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding, newline="")
        whole_lines = 0
        try:
            for content in text:
                yield content
                whole_lines += 1
        except UnicodeDecodeError as error:
            # What it was decoding begins with the first line that was not handed out yet.
            line = whole_lines + 1 + error.object[: error.start].count(b"\n")
            raise TableError(
                f"{self.file}: line {line}: this is not {encoding}: {error.reason} {error.object[error.start]:#x}. Say "
                "the right `encoding:` in the mapping (Excel's is often windows-1258 or utf-16), or save it as UTF-8"
            ) from error


class _JsonLinesTable(RowFile):
    def rows(self) -> Iterator[Row]:
        number = 0
        with _opened(self.file) as stream:
            for line, content in enumerate(stream, 1):
                if content.strip():
                    number += 1
                    yield Row(number, line, self._content(content))

    def _content(self, line: bytes) -> Cells | RowFault:
        try:
            content = msgspec.json.decode(line.decode(self._reads.encoding))
        except UnicodeError as error:
            return RowFault("malformed_row", f"this is not {self._reads.encoding}: {error}")
        except (msgspec.MsgspecError, RecursionError) as error:
            return RowFault("malformed_row", f"this is no JSON: {error}")
        if not isinstance(content, dict):
            return RowFault("malformed_row", f"a line must be a JSON object, not {type(content).__name__}")
        return cast(Cells, content)


class _ParquetTable(RowFile):
    def rows(self) -> Iterator[Row]:
        # Half a second that the other commands need not spend.
        import pyarrow.parquet

        try:
            with pyarrow.parquet.ParquetFile(self.file) as parquet:
                known = parquet.schema_arrow.names
                self._check_columns(known)
                wanted = [column for column in known if self._all or column in self._wanted]
                batches = parquet.iter_batches(_BATCH_ROWS, columns=wanted)
                cells = (cells for batch in batches for cells in batch.to_pylist())
                for number, content in enumerate(cells, 1):
                    yield Row(number, number, content)
        except TableError:
            raise
        # Names that are no text and times that no calendar reaches are no errors of Arrow's own.
        except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
            raise TableError(f"{self.file}: this is no whole Parquet file: {error}") from error


_TABLES: Mapping[Format, type[RowFile]] = {"csv": _CsvTable, "jsonl": _JsonLinesTable, "parquet": _ParquetTable}


def _content(columns: list[str], cells: list[str]) -> Cells | RowFault:
    if len(cells) != len(columns):
        return RowFault("malformed_row", f"the row has {len(cells)} cells, and the header {len(columns)}")
    return dict(zip(columns, cells, strict=True))


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{file}: cannot be read to its end: {error}") from error
