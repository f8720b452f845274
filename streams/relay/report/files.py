"""In which forms a report is to be had."""

from dataclasses import dataclass
from enum import StrEnum

from ioc.notices.report.document import Document
from ioc.text.csv_text import csv_octets


class Form(StrEnum):
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


_TYPES = {
    Form.HTML: "text/html",
    Form.PDF: "application/pdf",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.CSV: "text/csv",
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file as it is sent."""

    name: str
    content_type: str
    octets: bytes


def report_file(document: Document, form: Form) -> ReportFile:
    """A report in one form."""
    return ReportFile(f"{document.name}.{form}", _TYPES[form], _octets(document, form))


def _octets(document: Document, form: Form) -> bytes:
    match form:
        case Form.PDF:
            from streams.relay.report.pdf import pdf_of

            return pdf_of(document)
        case Form.XLSX:
            from streams.relay.report.xlsx import xlsx_of

            return xlsx_of(document)
        case Form.HTML:
            from streams.relay.report.html import html_of

            return html_of(document)
        case Form.CSV:
            return _csv(document)


def _csv(document: Document) -> bytes:
    """Every row of every table behind the section and the table it stands in."""
    rows = [[document.title, document.as_of, document.mark or ""]]
    for section in document.sections:
        for table in section.tables:
            if table.rows:
                rows.append(["", "", *(column.title for column in table.columns)])
                rows += [[section.title, table.title, *(cell.text for cell in row)] for row in table.rows]
    return csv_octets(rows)
