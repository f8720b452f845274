"""Files that are written for a test, and their rows as they are read."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import normalize

from openpyxl import Workbook

from ioc.events.mappings.model import Reads
from streams.ingest.row_file import RowFile
from streams.ingest.tables import open_table

WANTED = {"id": False, "name": False, "note": True}


def written(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def windows_1258(text: str) -> bytes:
    """A text as an old Windows of Viet Nam writes it: tones after their letters, hats and horns within them."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    written = []
    for letter in text:
        marks = normalize("NFD", letter)
        written += [normalize("NFC", "".join(mark for mark in marks if mark not in tones))]
        written += [mark for mark in marks if mark in tones]
    return "".join(written).encode("windows-1258")


def workbook(file: Path, sheets: Mapping[str, Iterable[Sequence[Any]]], hidden: Sequence[str] = ()) -> Path:
    """A workbook of sheets, some of them hidden."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(file)
    return file


def reads(**said: object) -> Reads:
    return Reads.model_validate(said)


def table(file: Path, wanted: Mapping[str, bool] | None = WANTED, **said: object) -> RowFile:
    return open_table(file, reads(**said), wanted)


def rows_of(file: Path, wanted: Mapping[str, bool] | None = WANTED, **said: object) -> list[tuple[int, int, Any]]:
    """Number, line and content of each row."""
    return [(row.number, row.line, row.content) for row in table(file, wanted, **said).rows()]


def contents_of(file: Path, wanted: Mapping[str, bool] | None = WANTED, **said: object) -> list[Any]:
    return [content for _, _, content in rows_of(file, wanted, **said)]
