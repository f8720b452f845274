"""CSV as programs write it."""

import gzip
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.events.mappings import RowFault
from streams.ingest.origin import TableError
from tests.streams.ingest.written import contents_of, rows_of, table, windows_1258, written

GOOD = 'id,name,note\n1,Sở Y tế,\n2,"two\nlines",x\n'
EXPECTED = [
    (1, 2, {"id": "1", "name": "Sở Y tế", "note": ""}),
    (2, 4, {"id": "2", "name": "two\nlines", "note": "x"}),
]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", GOOD.encode(), {}),
        ("a.csv", GOOD.replace("\n", "\r\n").replace("two\r\n", "two\n").encode(), {}),
        ("a.csv", GOOD.encode("utf-8-sig"), {}),
        ("a.csv", GOOD.encode("utf-16"), {}),
        ("a.csv", GOOD.encode("utf-32"), {}),
        ("a.csv", GOOD.encode("utf-16"), {"encoding": "utf-16"}),
        ("a.csv", GOOD.encode("utf-16-le"), {}),
        ("a.csv", GOOD.encode("utf-16-be"), {"encoding": "utf-16"}),
        ("a.csv", GOOD.encode("utf-8-sig"), {"encoding": "windows-1258"}),
        ("a.csv", windows_1258(GOOD), {"encoding": "windows-1258"}),
        ("a.csv.gz", gzip.compress(GOOD.encode(), mtime=0), {}),
        ("a.csv", gzip.compress(GOOD.encode(), mtime=0), {}),
        ("a.csv.gz", GOOD.encode(), {}),
        ("a.tsv", GOOD.replace(",", "\t").encode(), {}),
        ("a.csv", GOOD.replace(",", "\t").encode(), {}),
        ("a.csv", GOOD.replace(",", ";").encode(), {}),
        ("a.csv", GOOD.replace(",", "|").encode(), {}),
        ("a.csv", GOOD.replace(",", "^").encode(), {"delimiter": "^"}),
        ("a.csv", GOOD.replace(",", "\t").encode(), {"delimiter": "tab"}),
        ("a.csv", GOOD.replace(",", "\t").encode(), {"delimiter": "\\t"}),
        ("a.txt", GOOD.replace(",", ";").encode(), {"format": "csv", "delimiter": ";"}),
    ],
)  # fmt: skip
def test_csv_is_read_row_by_row(tmp_path: Path, name: str, content: bytes, said: dict[str, object]) -> None:
    assert rows_of(written(tmp_path / name, content), **said) == EXPECTED


@pytest.mark.parametrize("said", [{}, {"skip_rows": 0}, {"delimiter": ","}])
@pytest.mark.parametrize("first", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\r\n"])
def test_separator_line_is_no_header_and_says_what_separates(
    tmp_path: Path, first: str, said: dict[str, object]
) -> None:
    rows = rows_of(written(tmp_path / "a.csv", first + GOOD.replace(",", ";")), **said)
    assert rows == [(number, line + 1, content) for number, line, content in EXPECTED]


TITLES = "DANH SÁCH HỒ SƠ,,\n\nTừ 01/11/2025,đến 30/11/2025,\n"


@pytest.mark.parametrize("said", [{}, {"skip_rows": 3}])
def test_title_rows_above_the_header_are_no_rows(tmp_path: Path, said: dict[str, object]) -> None:
    rows = rows_of(written(tmp_path / "a.csv", TITLES + GOOD), **said)
    assert rows == [(number, line + 3, content) for number, line, content in EXPECTED]


def test_title_rows_are_told_from_the_header_where_all_columns_are_wanted(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", (TITLES + GOOD).replace(",", ";"))
    assert contents_of(file, None) == [content for _, _, content in EXPECTED]


def test_separator_is_found_where_all_columns_are_wanted_and_names_have_commas(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", "a;b, c;d\n1;2;3\n")
    assert contents_of(file, None) == [{"a": "1", "b, c": "2", "d": "3"}]


def test_header_may_break_its_lines(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", 'id,"ngày \n tiếp nhận"\n1,x\n')
    assert rows_of(file, {"id": False, "ngày tiếp nhận": False}) == [(1, 3, {"id": "1", "ngày tiếp nhận": "x"})]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_are_one_letter_in_names_and_cells(tmp_path: Path, form: str) -> None:
    content = normalize(form, "id,ngày tiếp nhận\n1,Hồ sơ\n")
    [row] = contents_of(written(tmp_path / "a.csv", content), {"id": False, normalize("NFC", "ngày tiếp nhận"): False})
    assert row == {"id": "1", normalize("NFC", "ngày tiếp nhận"): normalize("NFC", "Hồ sơ")}


def test_row_of_another_length_is_refused_alone(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path / "a.csv", "id,name\n1,a\n2\n3,b,c\n4,d\n"))
    assert [number for number, _, content in rows if isinstance(content, RowFault)] == [2, 3]
    assert "the row has 1 cells, and the header 2" in str(rows[1][2])


def test_wrong_byte_is_told_with_its_line_however_long_the_file(tmp_path: Path) -> None:
    lines = [b"id,name"] + [b"%d,%s" % (number, b"x" * (number % 90)) for number in range(5_000)]
    lines[4_321] = b"4320,\xff"
    with pytest.raises(TableError, match=r"line 4322: this is not utf-8"):
        table(written(tmp_path / "a.csv", b"\n".join(lines))).check()


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=8)


@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
    delimiter=st.sampled_from(",;\t|"),
    above=st.integers(0, 3),
)
def test_what_was_written_is_read_whatever_its_encoding_separator_and_titles(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    encoding: str,
    delimiter: str,
    above: int,
) -> None:
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    lines = ["Danh sách", *["title"] * above, delimiter.join(["id", "name"]), *(delimiter.join(row) for row in quoted)]
    file = tmp_path_factory.getbasetemp() / "made.csv"
    file.write_bytes("\n".join(lines).encode(encoding))
    expected = [{"id": normalize("NFC", one), "name": normalize("NFC", other)} for one, other in rows]
    assert contents_of(file) == expected
