"""Files that are read, and files that are refused with a reason."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, RowFault, read_mapping
from ioc.events.mappings.model import Reads
from streams.ingest.ingest import LivePrefix, ingest, refuse_live_prefix
from streams.ingest.tables import TableError, open_table
from streams.settings.settings import load_settings

WANTED = {"id": False, "name": False, "note": True}
GOOD = 'id,name,note\n1,Sở Y tế,\n2,"two\nlines",x\n'


def reads(**said: object) -> Reads:
    return Reads.model_validate(said)


def rows_of(file: Path, form: Reads | None = None) -> list[tuple[int, int, object]]:
    table = open_table(file, form or reads(), WANTED)
    return [(row.number, row.line, row.content) for row in table.rows()]


def written(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


EXPECTED = [
    (1, 2, {"id": "1", "name": "Sở Y tế", "note": ""}),
    (2, 4, {"id": "2", "name": "two\nlines", "note": "x"}),
]


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", GOOD.encode(), reads()),
        ("a.csv", GOOD.encode("utf-8-sig"), reads()),
        ("a.csv", GOOD.encode("utf-16"), reads(encoding="utf-16")),
        ("a.csv.gz", gzip.compress(GOOD.encode(), mtime=0), reads()),
        ("a.tsv", GOOD.replace(",", "\t").encode(), reads()),
        ("a.txt", GOOD.replace(",", ";").encode(), reads(format="csv", delimiter=";")),
    ],
)
def test_csv_is_read_row_by_row(tmp_path: Path, name: str, content: bytes, form: Reads) -> None:
    assert rows_of(written(tmp_path / name, content), form) == EXPECTED


def test_json_lines_keep_their_types_and_each_its_fault(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", '{"id": 1, "name": "a"}\n\n{"id": 2,\n[1]\n\xff\n'.encode("latin-1"))
    (first, *faults) = rows_of(file)
    assert first == (1, 1, {"id": 1, "name": "a"})
    assert [(number, line) for number, line, _ in faults] == [(2, 3), (3, 4), (4, 5)]
    texts = [str(fault) for _, _, fault in faults]
    for text, expected in zip(texts, ["this is no JSON", "must be a JSON object, not list", "not utf-8"], strict=True):
        assert expected in text


def test_parquet_gives_only_the_columns_asked_for(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": range(12_000), "name": "n", "secret": "s"})
    frame.to_parquet(tmp_path / "a.parquet")
    rows = rows_of(tmp_path / "a.parquet")
    assert len(rows) == 12_000
    assert rows[-1] == (12_000, 12_000, {"id": 11_999, "name": "n"})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"id,name\n", "there are no rows in it"),
        ("a.csv", b"\n\n", "there is no column `id`"),
        ("a.csv", b"ID,name\n1,a\n", "line 1: there is no column `id`. Did you mean `ID`?"),
        ("a.csv", b"id;name\n1;a\n", "columns seem to be separated by ';': say so with `delimiter:`"),
        ("a.csv", b"id,name,id\n1,a,2\n", "line 1: column `id` is there twice"),
        ("a.csv", b"id,name\n1,a\n2,\xe9\n3,b\n", "line 3: this is not utf-8: invalid continuation byte 0xe9. Say"),
        ("a.csv", b'id,name\n1,a\n2,"b\n3,c\n', "unexpected end of data; look for a quote that is not closed"),
        ("a.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:-12], "cannot be read to its end"),
        ("a.csv.gz", GOOD.encode(), "cannot be read to its end"),
        ("a.parquet", b"PAR1 no such thing PAR1", "this is no whole Parquet file"),
        ("a.xlsx", b"PK", "`.xlsx` does not tell how it is written: rename it"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = written(tmp_path / name, content)
    with pytest.raises(TableError) as refused:
        open_table(file, reads(), WANTED).check()
    assert str(refused.value).startswith(f"{file}: ")
    assert message in str(refused.value)


def test_parquet_whose_names_are_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pd.DataFrame({"id": [1], "name": ["a"]}).to_parquet(file)
    file.write_bytes(file.read_bytes().replace(b"name", b"\xf4ame"))
    with pytest.raises(TableError, match="this is no whole Parquet file"):
        open_table(file, reads(), WANTED).check()


def test_wrong_byte_is_told_with_its_line_however_long_the_file(tmp_path: Path) -> None:
    lines = [b"id,name"] + [b"%d,%s" % (number, b"x" * (number % 90)) for number in range(5_000)]
    lines[4_321] = b"4320,\xff"
    with pytest.raises(TableError, match=r"line 4322: this is not utf-8"):
        open_table(written(tmp_path / "a.csv", b"\n".join(lines)), reads(), WANTED).check()


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="there is no such file"):
        open_table(tmp_path / "a.csv", reads(), WANTED)


def test_row_of_another_length_is_refused_alone(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path / "a.csv", "id,name\n1,a\n2\n3,b,c\n4,d\n"))
    assert [number for number, _, content in rows if isinstance(content, RowFault)] == [2, 3]
    assert "the row has 1 cells, and the header 2" in str(rows[1][2])


# What becomes of the rows


@pytest.fixture
def mapper(tmp_path: Path, catalogue: Catalogue) -> Mapper:
    text = """
mapping: waits
subsystem: cybersecurity
times: {at: {column: at}, closed: {column: closed}}
events:
  - {event: alert.opened, time: at, when: [{column: kind, none_of: [test]}],
     data: {alert: id, level: level, category: {constant: other}}}
  - {event: alert.closed, time: closed, when: [{column: kind, none_of: [test]}, {column: closed, present: true}],
     data: {alert: id}}
"""
    return Mapper(read_mapping(written(tmp_path / "waits.yaml", text)), catalogue)


ALERTS = """id,at,closed,level,kind
a1,2025-07-24T04:00:00Z,2025-07-24T05:00:00Z,high,
a2,2025-07-24T04:00:00Z,,low,
a3,2025-07-24T04:00:00Z,2025-07-24T05:00,low,
a4,2025-07-24T04:00:00Z,,lowest,
a5,2999-07-24T04:00:00Z,,low,
a6,2025-07-24T04:00:00Z,,low,test
a7,2025-07-24T04:00:00Z
"""


def test_every_row_has_one_fate(tmp_path: Path, mapper: Mapper) -> None:
    report = ingest(mapper, written(tmp_path / "alerts.csv", ALERTS), None)
    assert report.rows_read == 7
    assert (report.rows_mapped, report.rows_without_event) == (2, 1)
    assert report.rows_refused == {"not_a_time": 1, "invalid_value": 1, "future": 1, "malformed_row": 1}
    assert report.events == {"alert.opened": 2, "alert.closed": 1}
    assert report.delivered == 0


def test_refusal_names_file_line_row_column_and_value(tmp_path: Path, mapper: Mapper) -> None:
    file = written(tmp_path / "alerts.csv", ALERTS)
    told = ingest(mapper, file, None).refusals
    assert told[0].startswith(f"{file}:4: row 3: column `closed` '2025-07-24T05:00': this time says no zone")
    assert told[1].startswith(f"{file}:5: row 4: column `level` 'lowest': alert.opened cannot have this as `level`")
    assert "which is yet to come" in told[2]
    assert told[3].startswith(f"{file}:8: row 7: the row has 2 cells, and the header 5")


def test_refused_rows_are_kept_with_their_reason_for_nobody_else_to_read(tmp_path: Path, mapper: Mapper) -> None:
    rejects = tmp_path / "rejects.jsonl"
    ingest(mapper, written(tmp_path / "alerts.csv", ALERTS), None, rejects)
    kept = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(row["row"], row["line"], row["reason"], row["column"]) for row in kept] == [
        (3, 4, "not_a_time", "closed"),
        (4, 5, "invalid_value", "level"),
        (5, 6, "future", ""),
        (7, 8, "malformed_row", ""),
    ]
    assert kept[1]["content"]["id"] == "a4"
    assert rejects.stat().st_mode & 0o077 == 0


def test_column_that_the_mapping_calls_optional_may_be_missing(
    tmp_path: Path, packaged_mapper: Callable[[str], Mapper]
) -> None:
    file = written(tmp_path / "stops.csv", "idNum,date,problem,policePrecinct\n17-1,2017-01-01T06:00:42Z,traffic,1\n")
    assert ingest(packaged_mapper("mpls_stops"), file, None).events == {"violation.detected": 1}


@pytest.mark.parametrize("prefix", ["ioc", "phutho"])
def test_history_does_not_go_where_live_events_are(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setenv("IOC_TOPIC_PREFIX", "phutho")
    with pytest.raises(LivePrefix, match=f"{prefix} is the prefix of the live topics: .* say --live"):
        refuse_live_prefix(load_settings(topic_prefix=prefix))
    refuse_live_prefix(load_settings(topic_prefix="history"))


def test_prefix_of_a_replay_is_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_TOPIC_PREFIX", "history")
    monkeypatch.setenv("IOC_CLOCK", "event")
    refuse_live_prefix(load_settings())
