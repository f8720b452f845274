"""XES, the standard of case logs."""

import gzip
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize

import pytest

from streams.ingest.origin import TableError
from tests.streams.ingest.written import contents_of, rows_of, table, written

LOG = """<?xml version="1.0" encoding="UTF-8" ?>
<log xes.version="1.0" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <classifier name="Activity" keys="concept:name"/>
  <string key="source" value="made up"/>
  <trace>
    <string key="concept:name" value="HS-1"/>
    <int key="amount" value="5"/>
    <event>
      <string key="concept:name" value="Tiếp nhận"/>
      <date key="time:timestamp" value="2025-11-01T08:00:00.000+07:00"/>
      <boolean key="online" value="true"/>
      <float key="cost" value="1.234"/>
      <string key="org:resource" value="r1"><string key="role" value="clerk"/></string>
    </event>
    <event><string key="concept:name" value="Trả kết quả"/></event>
  </trace>
  <trace><string key="concept:name" value="HS-2"/></trace>
  <event><string key="concept:name" value="alone"/></event>
</log>
"""
FIRST = {
    "case:concept:name": "HS-1", "case:amount": 5, "concept:name": "Tiếp nhận",
    "time:timestamp": datetime(2025, 11, 1, 1, 0, tzinfo=UTC), "online": True, "cost": 1.234,
    "org:resource": "r1", "org:resource.role": "clerk",
}  # fmt: skip
ROWS = [
    (1, 16, FIRST),
    (2, 17, {"case:concept:name": "HS-1", "case:amount": 5, "concept:name": "Trả kết quả"}),
    (3, 20, {"concept:name": "alone"}),
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xes", LOG.encode()),
        ("a.xes", normalize("NFD", LOG).encode()),
        ("a.xes", b"\xef\xbb\xbf" + LOG.encode()),
        ("a.xes", LOG.replace("UTF-8", "UTF-16").encode("utf-16")),
        ("a.xes.gz", gzip.compress(LOG.encode(), mtime=0)),
        ("a.xes", LOG.replace("<log", "<x:log").replace("</log", "</x:log").replace("xmlns", "xmlns:x").encode()),
    ],
)
def test_each_event_is_a_row_with_the_attributes_of_its_trace(tmp_path: Path, name: str, content: bytes) -> None:
    assert rows_of(written(tmp_path / name, content), None) == ROWS


def log(*inner: str) -> str:
    return f"<log>{''.join(inner)}</log>"


def event(*attributes: str) -> str:
    return f"<event>{''.join(attributes)}</event>"


@pytest.mark.parametrize(
    ("attribute", "read"),
    [
        ('<int key="a" value="much"/>', "much"),
        ('<date key="a" value="01/11/2025"/>', "01/11/2025"),
        ('<boolean key="a" value="yes"/>', "yes"),
        ('<boolean key="a" value="0"/>', False),
        ('<string key="a"/>', None),
        ('<list key="a"><values><int key="b" value="1"/></values></list>', []),
        ('<string key="a" value="1"/><string key="a" value="2"/>', ["1", "2"]),
    ],
)
def test_attribute_that_is_not_what_it_says_is_left_to_the_mapping(
    tmp_path: Path, attribute: str, read: object
) -> None:
    [row] = contents_of(written(tmp_path / "a.xes", log(event(attribute))), None)
    assert row["a"] == read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('<!DOCTYPE log [<!ENTITY a "lol">]>' + log(event('<string key="a" value="&a;"/>')), "a document type"),
        ('<!DOCTYPE log SYSTEM "file:///etc/passwd">' + log(event()), "it has a document type, which nothing"),
        (log(event())[:-3], "this is no whole XES log: "),
        ("<log><event></log>", "this is no whole XES log: "),
        ("<catalogue><event/></catalogue>", "this is no XES log: it begins with <catalogue>"),
        ('<?xml version="1.0" encoding="windows-9999"?>' + log(event()), "this is no whole XES log: "),
        (
            log("\n<trace>", event(), '\n<string key="concept:name" value="1"/></trace>'),
            "line 3: `concept:name` of a trace stands after its first event",
        ),
        (log('<string key="a" value="">' * 100), "line 1: attributes within more than 32 others"),
        (log("<trace/>"), "there are no rows in it"),
    ],
)  # fmt: skip
def test_log_that_cannot_be_read_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(TableError) as refused:
        table(written(tmp_path / "a.xes", content), None).check()
    assert message in str(refused.value)


def test_of_a_log_no_more_is_held_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.ingest.row_file.BLOCK_ROWS", 100)
    one = event(*(f'<string key="k{number}" value="{"x" * 50}"/>' for number in range(10)))
    file = written(tmp_path / "a.xes", log("<trace>", *[one] * 5_000, "</trace>"))
    assert file.stat().st_size > 3 << 20
    tracemalloc.start()
    try:
        assert table(file, None).check() == 5_000
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
