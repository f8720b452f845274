"""Workbooks of Excel (XLSX): cells as they are typed, of the first visible sheet or a named one."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import ZipFile

from ioc.catalogue.faults import nearest
from ioc.events.mappings import Cells, RowFault
from ioc.events.mappings.model import Reads
from ioc.events.mappings.row import column_name, composed
from streams.ingest.headed import HEADER_WITHIN, HeadedFile, Header
from streams.ingest.origin import TableError, told
from streams.ingest.row_file import Row, RowBlock, blocks_of
from streams.ingest.xml_guard import refuse_document_type

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_MOST_BYTES = 512 << 20
"""Of all that is unpacked as a whole: texts and styles. Sheets are read row by row."""


class XlsxFile(HeadedFile):
    """Rows of a sheet."""

    def blocks(self) -> Iterator[RowBlock]:
        return blocks_of(self._rows())

    def _rows(self) -> Iterator[Row]:
        header = self.header
        number = 0
        with self._sheet(self._reads) as sheet:
            for line, cells in enumerate(islice(sheet.iter_rows(), header.above + 1, None), header.above + 2):
                # Sheets go on below their last row.
                if any(cell.value is not None for cell in cells):
                    number += 1
                    yield Row(number, line, self._content(header.columns, cells))

    def candidates(self, reads: Reads) -> Iterator[Header]:
        first, most = (0, HEADER_WITHIN) if reads.skip_rows is None else (reads.skip_rows, reads.skip_rows + 1)
        with self._sheet(reads) as sheet:
            for above, cells in enumerate(islice(sheet.iter_rows(values_only=True), first, most), first):
                yield Header(above, [column_name(str(cell)) if cell is not None else "" for cell in cells])

    def other_readings(self) -> Iterator[tuple[Reads, str]]:
        said = self._reads
        if said.skip_rows is not None:
            found = said.model_copy(update={"skip_rows": None})
            yield found, "Leave out `skip_rows:` under `reads:` in the mapping: without it they are found"
        for name in self._sheet_names():
            other = said.model_copy(update={"sheet": name})
            yield other, f"Say `sheet: {name}` under `reads:` in the mapping: that one has them"

    def _content(self, columns: Sequence[str], cells: Sequence["ReadOnlyCell"]) -> Cells | RowFault:
        content: dict[str, object] = dict.fromkeys(filter(None, columns))
        for column, cell in zip(columns, cells, strict=False):
            if not column:
                continue
            if cell.data_type == "e" and (self._wanted is None or column in self._wanted):
                detail = "this is an error of a formula; mend it in the sheet, or clear the cell"
                return RowFault("malformed_row", detail, column, cell.value)
            content[column] = composed(cell.value) if isinstance(cell.value, str) else cell.value
        return content

    def _sheet_names(self) -> list[str]:
        with self._workbook() as sheets:
            return [sheet.title for sheet in sheets]

    @contextmanager
    def _sheet(self, reads: Reads) -> Iterator["ReadOnlyWorksheet"]:
        with self._workbook() as sheets:
            names = [sheet.title for sheet in sheets]
            visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
            named = [sheet for sheet in sheets if composed(sheet.title) == reads.sheet]
            if reads.sheet is not None and not named:
                fix = nearest(reads.sheet, names, f"the workbook has {', '.join(names)}")
                raise TableError(f"{self.file}: there is no sheet `{reads.sheet}`; {fix}")
            yield (named or visible)[0]

    @contextmanager
    def _workbook(self) -> Iterator[list["ReadOnlyWorksheet"]]:
        # Where openpyxl finds defusedxml it reads in Python, a quarter as fast; document types are refused before.
        os.environ["OPENPYXL_DEFUSEDXML"] = "False"
        # A quarter of a second that the other commands need not spend.
        from openpyxl import load_workbook

        # It warns of styles and rules, of which a reader of values has no need.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        try:
            with self.origin.raw() as stream:
                with ZipFile(stream) as archive:
                    self._refuse_traps(archive)
                workbook = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
                sheets = cast(list["ReadOnlyWorksheet"], workbook.worksheets)
                if not sheets:
                    raise TableError(f"{self.file}: there is no sheet in it; save it as an Excel workbook (.xlsx)")
                for sheet in sheets:
                    # What a workbook says of its size is often wrong, and cuts rows off.
                    sheet.reset_dimensions()
                yield sheets
        except TableError:
            raise
        # A workbook that is spoilt breaks the reader anywhere.
        except Exception as error:
            raise TableError(
                f"{self.file}: this is no whole XLSX workbook: {told(error)}; save it anew as .xlsx"
            ) from error

    def _refuse_traps(self, archive: ZipFile) -> None:
        size = sum(part.file_size for part in archive.infolist() if not part.filename.startswith("xl/worksheets/"))
        if size > _MOST_BYTES:
            raise TableError(f"{self.file}: unpacked it has {size:,} bytes beside its rows; save the sheet as CSV")
        for part in archive.infolist():
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as content:
                    refuse_document_type(cast(BinaryIO, content))
