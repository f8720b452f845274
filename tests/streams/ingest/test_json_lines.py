"""JSON Lines as programs write them."""

import json
from pathlib import Path
from unicodedata import normalize

import pytest

from ioc.events.mappings import RowFault
from streams.ingest.origin import TableError
from tests.streams.ingest.written import contents_of, rows_of, table, written

LINES = '{"id": 1, "name": "Sở Y tế"}\n\n{"id": 2, "name": null}\n'
EXPECTED = [(1, 1, {"id": 1, "name": "Sở Y tế"}), (2, 3, {"id": 2, "name": None})]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LINES.encode(), {}),
        (LINES.encode("utf-8-sig"), {}),
        (LINES.encode("utf-16"), {}),
        (LINES.encode("utf-16-be"), {}),
        (LINES.encode("utf-32"), {}),
        (LINES.encode("utf-8-sig"), {"encoding": "windows-1258"}),
        (LINES.replace("\n", "\r\n").encode(), {}),
        (json.dumps({"id": 1, "name": normalize("NFD", "Sở Y tế")}).encode() + b"\n\n" + b'{"id":2,"name":null}', {}),
    ],
)
def test_json_lines_are_read_whatever_their_encoding(tmp_path: Path, content: bytes, said: dict[str, object]) -> None:
    assert rows_of(written(tmp_path / "a.jsonl", content), **said) == EXPECTED


def test_json_lines_keep_their_types_and_each_its_fault(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", '{"id": 1, "name": "a"}\n\n{"id": 2,\n[1]\n\xff\n3\n'.encode("latin-1"))
    (first, *faults) = rows_of(file)
    assert first == (1, 1, {"id": 1, "name": "a"})
    assert [(number, line) for number, line, _ in faults] == [(2, 3), (3, 4), (4, 5), (5, 6)]
    texts = [str(fault) for _, _, fault in faults]
    expected = ["this is no JSON", "must be a JSON object, not list; write each", "not utf-8", "object, not int"]
    for text, part in zip(texts, expected, strict=True):
        assert part in text


def test_bytes_that_are_no_utf_16_refuse_the_file(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", LINES.encode("utf-16") + b"\x00\xd8\x0a\x00")
    with pytest.raises(TableError, match="line 4: this is not utf-16: "):
        table(file).check()


def test_values_within_objects_are_columns_of_their_paths(tmp_path: Path) -> None:
    row = {"case": {"id": "F-1", "place": {"xã": "Hy Cương"}}, "tags": [1], "a.b": 1, "a": {"b": 2, "c": 3}}
    [read] = contents_of(written(tmp_path / "a.jsonl", json.dumps(row)))
    paths = {"case.id": "F-1", "case.place": {"xã": "Hy Cương"}, "case.place.xã": "Hy Cương", "a.c": 3}
    assert read == row | paths


@pytest.mark.parametrize("nested", ['{"a":' * 300 + "1" + "}" * 300, '{"a":' * 20_000, "[" * 20_000])
def test_nesting_without_end_is_no_trap(tmp_path: Path, nested: str) -> None:
    [read] = contents_of(written(tmp_path / "a.jsonl", f'{{"id": {nested}}}' if nested.endswith("}") else nested))
    assert isinstance(read, RowFault) or read[".".join(["id", *"a" * 300])] == 1
