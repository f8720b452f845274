"""The worked example of a case log in long form: its events one by one, and what is odd about it."""

import json
from pathlib import Path

import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import ingest, made_ready

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "mappings"


@pytest.fixture
def mapper(catalogue: Catalogue) -> Mapper:
    return Mapper(read_mapping(EXAMPLES / "feedback_log.yaml"), catalogue)


def test_steps_of_the_example_are_the_events_that_a_reader_would_write_down(mapper: Mapper) -> None:
    with made_ready(mapper, EXAMPLES / "feedback_log.csv") as ready:
        events = [json.loads(value) for _, value in ready.events()]
    told = {
        (event["data"]["service_request_id"], event["type"].split(".")[-2], event["time"][5:16]) for event in events
    }
    assert told == {
        ("PA-1", "received", "11-03T08:00"), ("PA-1", "assigned", "11-03T09:10"), ("PA-1", "resolved", "11-06T16:30"),
        ("PA-1", "rated", "11-07T20:00"), ("PA-1", "reopened", "11-10T08:00"), ("PA-1", "resolved", "11-12T10:00"),
        ("PA-2", "received", "11-03T10:00"), ("PA-2", "assigned", "11-03T10:30"), ("PA-2", "extended", "11-04T08:15"),
        ("PA-2", "transferred", "11-04T08:15"), ("PA-3", "received", "11-03T15:20"),
    }  # fmt: skip
    assert len(events) == len(told)


def test_report_of_the_example_tells_what_is_odd_about_it(mapper: Mapper) -> None:
    report = ingest(mapper, EXAMPLES / "feedback_log.csv", None)
    assert report.rows_refused == {"due_before_it_came": 1}
    assert report.refusals[0].startswith(f"{EXAMPLES / 'feedback_log.csv'}:13: row ")
    assert (report.findings.cases, report.findings.without_opening, report.findings.repeated) == (3, 0, 0)
    [(values, rows)] = report.left.items()
    assert rows == 1
    assert "`Bước` 'Trả lời'" in values
