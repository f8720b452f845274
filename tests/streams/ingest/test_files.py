"""What becomes of the rows of a file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import LivePrefix, ingest, refuse_live_prefix
from streams.settings.settings import load_settings
from tests.streams.ingest.written import written


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
