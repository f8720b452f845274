"""CSV: any separator, Excel's ``sep=`` line, title rows, any encoding."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import is_normalized

from ioc.events.mappings import Columns, RowFault
from ioc.events.mappings.model import Reads
from ioc.events.mappings.row import column_name, composed
from streams.ingest.headed import HEADER_WITHIN, HeadedFile, Header
from streams.ingest.origin import TableError
from streams.ingest.row_file import BLOCK_ROWS, Row, RowBlock
from streams.ingest.text import OF_VIET_NAM, opened_lines

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\r?\n?', re.IGNORECASE)
"""What Excel writes and reads above the header, and shows nobody."""


class CsvFile(HeadedFile):
    """Rows of a CSV file."""

    def blocks(self) -> Iterator[RowBlock]:
        header = self.header
        with opened_lines(self.origin, self._reads.encoding, "") as lines:
            reader = csv.reader(islice(lines, header.above, None), delimiter=header.delimiter, strict=True)
            self._some(reader, header.above, 1)
            number = 1
            while some := self._some(reader, header.above, BLOCK_ROWS):
                block = _block(header.columns, number, some)
                yield block
                number += block.sound.size + len(block.unreadable)

    def candidates(self, reads: Reads) -> Iterator[Header]:
        skipped = reads.skip_rows or 0
        with opened_lines(self.origin, reads.encoding, "") as lines:
            sample = list(islice(lines, skipped + HEADER_WITHIN + 1))
        declared = _SEPARATOR_LINE.fullmatch(sample[0]) if sample else None
        above = skipped + (declared is not None)
        separators = declared[1] if declared else reads.delimiter or _SEPARATORS
        for delimiter in separators:
            reader = csv.reader(sample[above:], delimiter=delimiter, strict=True)
            try:
                while True:
                    begins = above + reader.line_num
                    columns = [column_name(cell) for cell in next(reader)]
                    yield Header(begins, columns, delimiter)
                    if reads.skip_rows is not None and columns:
                        break
            except (StopIteration, csv.Error):
                # Rows that another separator tells apart, or that the sample has only the beginning of.
                continue

    def other_readings(self) -> Iterator[tuple[Reads, str]]:
        said = self._reads
        for key in ("delimiter", "skip_rows", "encoding"):
            if getattr(said, key) is not None:
                found = said.model_copy(update={key: None})
                yield found, f"Leave out `{key}:` under `reads:` in the mapping: without it they are found"
        if said.encoding is None:
            other = said.model_copy(update={"encoding": OF_VIET_NAM})
            yield other, f"Say `encoding: {OF_VIET_NAM}` under `reads:` in the mapping: with it they are found"

    def _some(self, reader: "CsvReader", above: int, most: int) -> list[tuple[int, list[str]]]:
        """The next rows, each with the line where it ends."""
        try:
            return [(above + reader.line_num, cells) for cells in islice(reader, most)]
        except csv.Error as error:
            where = f"{self.file}: line {above + reader.line_num}"
            raise TableError(f"{where}: {error}; look for a quote that is not closed") from error


def _block(names: Sequence[str], first: int, rows: Sequence[tuple[int, list[str]]]) -> RowBlock:
    width = len(names)
    lines, contents = zip(*rows, strict=True)
    if {*map(len, contents)} == {width}:
        return _sound(names, range(first, first + len(rows)), lines, contents, ())
    # An empty line is no row.
    numbered = enumerate(((line, cells) for line, cells in rows if cells), first)
    told = [(number, line, cells, len(cells) == width) for number, (line, cells) in numbered]
    sound = [(number, line, cells) for number, line, cells, is_sound in told if is_sound]
    others = [Row(number, line, _malformed(cells, width)) for number, line, cells, is_sound in told if not is_sound]
    numbers, lines, contents = zip(*sound, strict=True) if sound else ((), (), ())
    return _sound(names, numbers, lines, contents, others)


def _sound(
    names: Sequence[str],
    numbers: Sequence[int],
    lines: Sequence[int],
    contents: Sequence[Sequence[str]],
    others: Sequence[Row],
) -> RowBlock:
    """Rows that have as many cells as there are names, and those that have not."""
    columns = {name: _composed(column) for name, column in zip(names, zip(*contents, strict=True), strict=False)}
    block = Columns(len(contents), columns, dict.fromkeys(columns, str))
    return RowBlock(numbers, lines, block, block.cells, others)


def _composed(column: Sequence[str]) -> Sequence[str]:
    # A line break is composed with nothing.
    return column if is_normalized("NFC", "\n".join(column)) else [composed(cell) for cell in column]


def _malformed(cells: Sequence[str], width: int) -> RowFault:
    return RowFault("malformed_row", f"the row has {len(cells)} cells, and the header {width}")
