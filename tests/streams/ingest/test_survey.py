"""What a file's events are as a whole, told before one is sent; counted here by hand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.catalogue.model import Catalogue
from ioc.events.mappings import Outgoing
from ioc.events.mappings.ids import content_id
from streams.ingest.survey import Events, Findings, Survey
from streams.ingest.workbench import workbench
from tests.packaged import packaged_catalogue

Seen = tuple[str, str, int]
"""An event's name, its case or its site, and the day that it happened on."""

SEEN = st.tuples(
    st.sampled_from(["guest.checked_in", "guest.checked_out", "visitors.entered"]),
    st.sampled_from(["a", "b", "c"]),
    st.integers(1, 5),
)


def moment(day: int) -> datetime:
    return datetime(2025, 7, day, tzinfo=UTC)


def surveyed(catalogue: Catalogue, seen: list[Seen]) -> tuple[Findings, list[tuple[int, int]]]:
    with workbench("64MB") as connection:
        survey = Survey(connection, catalogue.subsystems["tourism"])
        for name, key, day in seen:
            event_id = content_id("/x", name, moment(day), {"key": key})
            survey.add([Outgoing(name, event_id, key.encode(), b"", moment(day))])
        return survey.findings(), list(survey.numbers())


def test_findings_of_a_few_events(catalogue: Catalogue) -> None:
    seen = [
        ("guest.checked_out", "b", 4), ("guest.checked_in", "a", 2), ("guest.checked_in", "a", 2),
        ("guest.checked_out", "a", 1), ("visitors.entered", "s", 3), ("visitors.entered", "s", 3),
        ("visitors.entered", "t", 3), ("visitors.entered", "s", 3), ("guest.checked_out", "a", 5),
    ]  # fmt: skip
    findings, numbers = surveyed(catalogue, seen)
    assert findings == Findings(
        events={
            "visitors.entered": Events(4, moment(3), moment(3)),
            "guest.checked_in": Events(2, moment(2), moment(2)),
            "guest.checked_out": Events(3, moment(1), moment(5)),
        },
        cases=2,
        without_opening=1,
        back_in_time=1,
        repeated=1,
        equal=2,
    )
    assert numbers == [(5, 2), (7, 3)]


@settings(max_examples=20)
@given(st.lists(SEEN, max_size=30))
def test_findings_are_those_of_a_reader_with_a_pencil(seen: list[Seen]) -> None:
    findings, numbers = surveyed(packaged_catalogue(), seen)
    of_cases = [event for event in seen if event[0].startswith("guest")]
    cases = {key for _, key, _ in of_cases}
    assert findings.cases == len(cases)
    assert findings.without_opening == len(cases - {key for name, key, _ in of_cases if name == "guest.checked_in"})
    assert findings.back_in_time == sum(
        any(key == other and day < earlier for _, other, earlier in of_cases[:place])
        for place, (_, key, day) in enumerate(of_cases)
    )
    assert findings.repeated == len(of_cases) - len(set(of_cases))
    others = [(place, event) for place, event in enumerate(seen) if event not in of_cases]
    copies = [sum(event == earlier for _, earlier in others[:index]) for index, (_, event) in enumerate(others)]
    assert numbers == [(place, before + 1) for (place, _), before in zip(others, copies, strict=True) if before]
    assert findings.equal == len(numbers)


def test_no_event_is_nothing_to_tell(catalogue: Catalogue) -> None:
    assert surveyed(catalogue, []) == (Findings({}, 0, 0, 0, 0, 0), [])


@pytest.mark.parametrize("query", ["SELECT * FROM '/etc/passwd'", "COPY (SELECT 1) TO 'x.csv'"])
def test_workbench_reaches_no_file(tmp_path: Path, query: str) -> None:
    with workbench("64MB") as connection, pytest.raises(Exception, match=r"disabled by configuration|does not exist"):
        connection.sql(query).fetchall()
