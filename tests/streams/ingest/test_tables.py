"""Which form a file has, and files that are refused as a whole, each with what helps."""

import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import get_args
from zipfile import ZipFile

import pytest

from ioc.events.mappings.model import Format, Reads
from streams.ingest.origin import TableError
from streams.ingest.tables import _ENDINGS, open_table
from tests.streams.ingest.written import WANTED, contents_of, reads, rows_of, table, windows_1258, workbook, written

GOOD = "id,name\n1,a\n"
LINES = b'{"id": 1, "name": "a"}\n'
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
        ("a.csv", b"id,name\n", "there are no rows in it"),
        ("a.csv", b"\n\n", "there is no header in it"),
        ("a.csv", b"id,name,id\n1,a,2\n", "line 1: column `id` is there twice"),
        ("a.csv", b"id,name\n1,a\n2,\xe9\n3,b\n", "line 3: this is not utf-8: invalid continuation byte 0xe9. Say"),
        ("a.csv.gz", gzip.compress(GOOD.encode() * 9, mtime=0)[:-12], "cannot be read to its end"),
        ("a.parquet", b"PAR1 no such thing PAR1", "this is no whole Parquet file"),
        ("a.parquet", gzip.compress(b"PAR1", mtime=0), "parquet is not read packed; unpack it with gunzip"),
        ("a.xls", OLD_WORKBOOK, "an old workbook (.xls) or one with a password; save it in Excel"),
        ("a.xlsx", OLD_WORKBOOK, "an old workbook (.xls) or one with a password; save it in Excel"),
        ("a.xls", b"\r\n<html><table><tr>", "this is a web page, which some systems call a workbook; open it in Excel"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = written(tmp_path / name, content)
    with pytest.raises(TableError) as refused:
        table(file).check()
    assert str(refused.value).startswith(f"{file}: ")
    assert message in str(refused.value)


def test_archive_is_told_from_a_workbook(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", GOOD)
    with pytest.raises(TableError, match="this is an archive of 1 files; unpack it, and give one of them"):
        table(tmp_path / "a.zip")
    with ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("content.xml", "")
    with pytest.raises(TableError, match="this is an OpenDocument file; save it as an Excel workbook"):
        table(tmp_path / "a.ods")


def test_file_that_is_not_there_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="there is no such file"):
        table(tmp_path / "a.csv")
    with pytest.raises(TableError, match="this is a folder; give one file of it"):
        table(tmp_path)


def test_what_a_file_is_goes_before_what_it_is_called(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"A": [["id", "name"], ["1", "a"]]}).rename(tmp_path / "a.csv")
    advice = r"this is xlsx, and not csv: rename it to a\.xlsx, or say `reads: {format: xlsx}` in the mapping"
    with pytest.raises(TableError, match=advice):
        table(file)
    assert contents_of(file, format="xlsx") == contents_of(file.rename(tmp_path / "a.xlsx"))


# Pipes


def test_pipe_is_read_as_often_as_is_needed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    content = "".join(f"{number},a\n" for number in range(50_000))
    feeding = threading.Thread(target=pipe.write_text, args=["id,name\n" + content])
    feeding.start()
    piped = table(pipe, format="csv")
    assert piped.check() == 50_000
    assert [row.number for row in piped.rows()] == list(range(1, 50_001))
    feeding.join()


def test_what_is_piped_in_is_kept_where_nobody_else_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with (tmp_path / "in.csv").open("w+") as stream:
        stream.write(GOOD)
        stream.seek(0)
        monkeypatch.setattr(sys, "stdin", stream)
        rows = rows_of(Path("-"), format="csv")
    assert rows == [(1, 2, {"id": "1", "name": "a"})]
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


PIPED = """
import sys
from pathlib import Path
from streams.ingest.tables import open_table
from ioc.events.mappings.model import Reads
file = open_table(Path("-"), Reads.model_validate({"format": sys.argv[1]}), {"id": False, "name": False})
print(file.check(), [(file.file.name, row.content) for row in file.rows()])
"""


def test_standard_input_is_a_file_like_others() -> None:
    done = subprocess.run([sys.executable, "-c", PIPED, "csv"], input=GOOD.encode(), capture_output=True, check=True)
    assert done.stdout.decode().strip() == "1 [('standard input', {'id': '1', 'name': 'a'})]"


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("csv", gzip.compress(GOOD.encode(), mtime=0)),
        ("csv", "sep=;\r\nid;name\r\n1;a\r\n".encode("utf-16")),
        ("jsonl", b'{"id": "1", "name": "a"}'),
        ("xes", b"<log><event><id key='id' value='1'/><string key='name' value='a'/></event></log>"),
    ],
)
def test_pipe_of_any_form_is_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, content: bytes
) -> None:
    with written(tmp_path / "in", content).open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        piped = table(Path("-"), format=form)
        assert piped.check() == 1
        assert [row.content for row in piped.rows()] == [{"id": "1", "name": "a"}]


# What an error advises, followed


def advice_of(file: Path, **said: object) -> str:
    with pytest.raises(TableError) as refused:
        table(file, {"id": False, "name": False}, **said).check()
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "said", "advice", "followed"),
    [
        (b"id;name\n1;a\n", {"delimiter": ","}, "Leave out `delimiter:` under `reads:` in the mapping", {}),
        (b"id,name\n1,a\n", {"delimiter": "tab"}, "Leave out `delimiter:` under `reads:` in the mapping", {}),
        (b"id,name\n1,a\n", {"skip_rows": 1}, "Leave out `skip_rows:` under `reads:` in the mapping", {}),
        (b"title\n\nid,name\n1,a\n", {"skip_rows": 3}, "Leave out `skip_rows:` under `reads:` in the mapping", {}),
        (b"id,name\n1,a\n", {"encoding": "utf-16-le"}, "Leave out `encoding:` under `reads:`", {}),
        (b"id,name\n1,\xf5\n", {}, "as in `reads: {encoding: windows-1258}`", {"encoding": "windows-1258"}),
        (b"id,name\n1,\xf5\n", {"encoding": "ascii"}, "{encoding: windows-1258}", {"encoding": "windows-1258"}),
    ],
)  # fmt: skip
def test_advice_on_the_mapping_works(
    tmp_path: Path, content: bytes, said: dict[str, object], advice: str, followed: dict[str, object]
) -> None:
    file = written(tmp_path / "a.csv", content)
    assert advice in advice_of(file, **said)
    assert table(file, {"id": False, "name": False}, **followed).check() == 1


def test_advice_on_the_encoding_of_a_header_works(tmp_path: Path) -> None:
    file, wanted = written(tmp_path / "a.csv", windows_1258("xã,id\n1,2\n")), {"xã": False}
    with pytest.raises(TableError, match=r"this is not utf-8: .* `reads: {encoding: windows-1258}`"):
        table(file, wanted).check()
    assert table(file, wanted, encoding="windows-1258").check() == 1


def test_advice_on_the_sheet_of_a_workbook_works(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Bìa": [["Báo cáo"]], "Dữ liệu": [["id", "name"], ["1", "a"]]})
    assert "Say `sheet: Dữ liệu` under `reads:` in the mapping: that one has them" in advice_of(file)
    assert table(file, {"id": False, "name": False}, sheet="Dữ liệu").check() == 1
    assert "there is no sheet `Dữ liêu`; did you mean `Dữ liệu`?" in advice_of(file, sheet="Dữ liêu")
    assert "Leave out `skip_rows:`" in advice_of(file, sheet="Dữ liệu", skip_rows=1)


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.txt", GOOD.encode(), "csv"),
        ("a.dat", b"\xef\xbb\xbf" + LINES, "jsonl"),
        ("a.json", LINES, "jsonl"),
        ("a.xml", b"<?xml version='1.0'?><log><event><id key='id' value='1'/></event></log>", "xes"),
        ("a.csv", b"<log><event><id key='id' value='1'/></event></log>", "xes"),
    ],
)
def test_advice_on_a_name_or_form_works(tmp_path: Path, name: str, content: bytes, form: str) -> None:
    file = written(tmp_path / name, content)
    message = advice_of(file)
    assert message.endswith(f"rename it to a.{form}, or say `reads: {{format: {form}}}` in the mapping")
    assert table(file, format=form).check() == 1
    assert table(file.rename(tmp_path / f"a.{form}")).check() == 1


def test_advice_on_the_form_of_a_pipe_works(tmp_path: Path) -> None:
    with written(tmp_path / "in", LINES).open() as stream, pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdin", stream)
        advice = "what is piped in has no name that tells its form: say `reads: {format: jsonl}` in the mapping"
        with pytest.raises(TableError, match=f"standard input: {advice}"):
            open_table(Path("-"), reads(), WANTED)
        stream.seek(0)
        assert open_table(Path("-"), reads(format="jsonl"), WANTED).check() == 1


def test_advice_on_a_missing_column_works(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", "ID,nam\n1,a\n")
    assert "line 1: there is no column `id`; there is no column `name`. Did you mean `ID`?" in advice_of(file)
    assert table(file, {"ID": False, "name": True}).check() == 1


def test_advice_on_a_quote_works(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", 'id,name\n1,a\n2,"b\n3,c\n')
    assert "line 4: unexpected end of data; look for a quote that is not closed" in advice_of(file)
    file.write_text(file.read_text().replace('"b', '"b"'))
    assert table(file).check() == 3


def test_advice_on_objects_of_one_list_works(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", '[{"id": 1}, {"id": 2}]')
    assert "write each of its objects on a line of its own" in str(contents_of(file)[0])
    file.write_text('{"id": 1}\n{"id": 2}\n')
    assert contents_of(file) == [{"id": 1}, {"id": 2}]


def test_every_form_ending_and_key_is_on_the_page() -> None:
    page = (Path(__file__).parents[3] / "docs/howto/data.md").read_text(encoding="utf-8")
    assert [ending for ending in _ENDINGS if f"`{ending}`" not in page] == []
    assert [form for form in get_args(Format) if f"| `{form}`: " not in page] == []
    assert [key for key in Reads.model_fields if f"| `{key}: " not in page] == []
