"""A report as a workbook: a sheet for each section; figures are numbers that can be added up, times are days."""

import re
from datetime import UTC, datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from ioc.notices.report.document import Cell, Document, Section, Table

_DAY = 86_400
_FORMATS = {"ratio": "0.00%", "number": "#,##0.##", "seconds": "[h]:mm:ss", "text": "@"}
_INK = {"plain": "FF1B1F24", "dim": "FF68717D", "good": "FF1D6B3A", "watch": "FF8A5A00", "act": "FFA81E1E"}
_WIDTH = 9
"""Letters for each share of a page's width."""
_LONGEST_TITLE = 31
_UNTITLED = re.compile(r"[\[\]:*?/\\']")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def xlsx_of(document: Document) -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.active)
    moment = datetime.fromtimestamp(document.moment, UTC).replace(tzinfo=None)
    workbook.properties.title, workbook.properties.creator = document.title, document.issuer
    workbook.properties.created = moment
    for number, section in enumerate(document.sections):
        sheet = workbook.create_sheet(_title(section, number))
        _head(sheet, document, section)
        for table in section.tables:
            _write(sheet, table)
        _page(sheet, section)
    octets = BytesIO()
    workbook.save(octets)
    return octets.getvalue()


def _title(section: Section, number: int) -> str:
    """A sheet's name: no longer than Excel allows, told apart by its number."""
    head = f"{number}. " if number else ""
    return head + _UNTITLED.sub(" ", section.title)[: _LONGEST_TITLE - len(head)]


def _head(sheet: Worksheet, document: Document, section: Section) -> None:
    lines = [Cell(document.issuer, "dim"), *([Cell(document.mark, "act")] if document.mark else [])]
    for line in [*lines, Cell(f"{document.title}: {section.title}"), Cell(document.as_of, "dim"), *section.lines]:
        _set(sheet.cell(sheet.max_row + 1 if sheet.max_row > 1 or sheet["A1"].value else 1, 1), line)


def _write(sheet: Worksheet, table: Table) -> None:
    row = sheet.max_row + 2
    if table.title:
        sheet.cell(row, 1, table.title).font = Font(bold=True)
        row += 1
    if not table.rows:
        _set(sheet.cell(row, 1), Cell(table.empty, "dim"))
        return
    for place, column in enumerate(table.columns, 1):
        head = sheet.cell(row, place, column.title)
        head.font, head.border = Font(bold=True), Border(bottom=Side("thin"))
        head.alignment = Alignment(horizontal="right" if column.right else "left")
    for cells in table.rows:
        row += 1
        for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True), 1):
            at = sheet.cell(row, place)
            _set(at, cell)
            at.alignment = Alignment(horizontal="right" if column.right else "left", vertical="top", wrap_text=True)


def _set(at: SheetCell, cell: Cell) -> None:
    """Text stays text, also what begins like a formula."""
    if cell.number is None:
        at.value = _CONTROL.sub(" ", cell.text)
        at.data_type = "s" if cell.text else at.data_type
    else:
        at.value = cell.number / _DAY if cell.kind == "seconds" else cell.number
    at.number_format = _FORMATS[cell.kind] + (f'"{cell.suffix}"' if cell.suffix else "")
    at.font = Font(color=_INK[cell.tone], bold=cell.tone in {"watch", "act"})


def _page(sheet: Worksheet, section: Section) -> None:
    """A4, as wide as a page; columns as wide as the widest table asks."""
    for number in range(max(len(table.columns) for table in section.tables)):
        widths = [table.columns[number].width for table in section.tables if len(table.columns) > number]
        sheet.column_dimensions["ABCDEFGHIJ"[number]].width = max(widths) * _WIDTH
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
