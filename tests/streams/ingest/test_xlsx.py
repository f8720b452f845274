"""Workbooks of Excel."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from unicodedata import normalize
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from ioc.events.mappings import RowFault
from streams.ingest.origin import TableError
from tests.streams.ingest.written import contents_of, rows_of, table, workbook, written

NOON = datetime(2025, 11, 1, 12)  # noqa: DTZ001 (as a cell holds it)
HEADER = ["id", "name", "note"]
ROW = ["HS-1", "Sở Y tế", None]


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (8716, 8716),
        ("08716", "08716"),
        (1.234, 1.234),
        (Decimal("1.5"), 1.5),
        (True, True),
        (NOON, NOON),
        (NOON.date(), NOON.replace(hour=0)),
        (time(8, 30), time(8, 30)),
        (normalize("NFD", "Xã"), "Xã"),
        (None, None),
    ],
)
def test_cell_is_what_it_holds_not_what_it_looks_like(tmp_path: Path, cell: object, read: object) -> None:
    [row] = contents_of(workbook(tmp_path / "a.xlsx", {"A": [HEADER, ["1", cell]]}))
    assert row == {"id": "1", "name": read, "note": None}
    assert type(row["name"]) is type(read)


def test_first_visible_sheet_is_read_or_the_named_one(tmp_path: Path) -> None:
    sheets = {"Hướng dẫn": [HEADER, ["h"]], "Dữ liệu": [HEADER, ["d"]], "Cũ": [HEADER, ["c"]]}
    file = workbook(tmp_path / "a.xlsx", sheets, hidden=["Hướng dẫn"])
    assert [row["id"] for row in contents_of(file)] == ["d"]
    assert [row["id"] for row in contents_of(file, sheet="Cũ")] == ["c"]
    assert [row["id"] for row in contents_of(file, sheet="Hướng dẫn")] == ["h"]


@pytest.mark.parametrize("said", [{}, {"skip_rows": 3}])
def test_title_rows_and_empty_rows_are_no_rows(tmp_path: Path, said: dict[str, object]) -> None:
    titles = [["DANH SÁCH HỒ SƠ"], [], ["Từ ngày", date(2025, 11, 1)]]
    file = workbook(tmp_path / "a.xlsx", {"A": [*titles, HEADER, ROW, [], [None, None], ["HS-2", "x", "y"], []]})
    rows = rows_of(file, **said)
    assert [(number, line, content["id"]) for number, line, content in rows] == [(1, 5, "HS-1"), (2, 8, "HS-2")]
    assert [content["id"] for content in contents_of(file, None)] == ["HS-1", "HS-2"]


def test_header_may_break_its_lines_and_leave_a_column_without_a_name(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"A": [["id", None, "ngày\ntiếp nhận"], ["1", "!", "2"]]})
    assert contents_of(file, {"id": False, "ngày tiếp nhận": False}) == [{"id": "1", "ngày tiếp nhận": "2"}]


def test_error_of_a_formula_refuses_its_row_where_it_is_read(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"A": [[*HEADER, "x"], ["1", "#DIV/0!", "", ""], ["2", "b", "", "#N/A"]]})
    fault, row = contents_of(file)
    assert isinstance(fault, RowFault)
    assert (
        str(fault) == "column `name` '#DIV/0!': this is an error of a formula; mend it in the sheet, or clear the cell"
    )
    assert row["id"] == "2"


def test_a_cell_in_the_last_corner_of_a_sheet_costs_nothing(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"A": [HEADER, ROW]})
    with ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", far)
    with ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert [(number, line) for number, line, _ in rows_of(file)] == [(1, 2), (2, 1_048_576)]


def test_workbook_that_swells_when_it_is_unpacked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = workbook(tmp_path / "a.xlsx", {"A": [HEADER, ROW]})
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", bytes(1 << 20))
    assert file.stat().st_size < 1 << 15
    monkeypatch.setattr("streams.ingest.xlsx._MOST_BYTES", 1 << 20)
    with pytest.raises(TableError, match=r"unpacked it has 1,0.* bytes beside its rows; save the sheet as CSV"):
        table(file).check()


@pytest.mark.parametrize("part", ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize("before", [b"", b"<!-- -->" * 20_000])
def test_document_types_in_a_workbook_are_refused(tmp_path: Path, part: str, before: bytes) -> None:
    file = workbook(tmp_path / "a.xlsx", {"A": [HEADER, ROW]})
    with ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    laughs = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>'
    parts[part] = (
        before + laughs + parts[part].removeprefix(b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n")
    )
    with ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(TableError, match="this is no whole XLSX workbook: it has a document type"):
        table(file).check()


@pytest.mark.parametrize("content", [b"PK", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TableError, match=r"this is no whole XLSX workbook: .*; save it anew as \.xlsx"):
        table(written(tmp_path / "a.xlsx", content)).check()
