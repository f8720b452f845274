"""Ids of ingested events: of what they say, whatever file and row they come from."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.events.mappings import Mapper, numbered, read_mapping
from ioc.events.pseudonyms import Pseudonyms
from tests.packaged import packaged_catalogue

Row = tuple[str, ...]

CASES = """
mapping: requests
subsystem: citizen_feedback
times: {received: {column: received}, resolved: {column: resolved}, reopened: {column: reopened}}
events:
  - event: request.received
    time: received
    data:
      service_request_id: &id id
      service_code: {constant: other}
      agency_responsible: {constant: so_y_te}
      within_authority: {constant: true}
      channel: {constant: desk}
  - event: request.resolved
    time: resolved
    when: [{column: resolved, present: true}]
    data: {service_request_id: *id}
  - event: request.reopened
    time: reopened
    when: [{column: reopened, present: true}]
    data: {service_request_id: *id}
"""
GATES = """
mapping: gates
subsystem: tourism
times: {at: {column: at}}
events:
  - {event: visitors.entered, time: at, data: {site: site, visitors: {constant: 1}}}
"""
RATINGS = """
mapping: ratings
subsystem: public_services
times: {at: {column: at}}
events:
  - event: satisfaction.rated
    time: at
    data: {deciding_unit: {constant: so_y_te}, level: {constant: province}, rating: rating}
"""
PLATES = """
mapping: plates
subsystem: cameras_traffic
times: {at: {column: at}}
events:
  - event: violation.detected
    time: at
    data: {violation: id, unit: {constant: so_y_te}, problem: {constant: speeding}, plate: plate}
"""


def mapper_of(text: str, folder: Path, pseudonyms: Pseudonyms | None = None) -> Mapper:
    file = folder / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    return Mapper(read_mapping(file), packaged_catalogue(), pseudonyms)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Mapper:
    return mapper_of(CASES, tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Mapper:
    return mapper_of(GATES, tmp_path_factory.mktemp("gates"))


def ids_of(mapper: Mapper, *files: Iterable[Row]) -> list[str]:
    """The ids of all events of some files, each with the columns that the mapping reads, in their order."""
    rows = (dict(zip(mapper.columns, row, strict=True)) for file in files for row in file)
    return [event.id for row in rows for event in mapper.events(row)]


DAYS = st.integers(1, 28).map(lambda day: f"2025-07-{day:02}T08:00:00+07:00")
LATER = st.one_of(st.just(""), DAYS)
CASE_ROWS = st.lists(st.tuples(DAYS, LATER, LATER, st.sampled_from(["F-1", "F-2", "F-3"])), max_size=12)


@given(st.data())
def test_cases_in_any_order_split_and_repetition_are_the_same_events(cases: Mapper, data: st.DataObject) -> None:
    rows = data.draw(CASE_ROWS)
    again = data.draw(st.lists(st.sampled_from(rows), max_size=6)) if rows else []
    mixed = data.draw(st.permutations([*rows, *again]))
    cut = data.draw(st.integers(0, len(mixed)))
    assert set(ids_of(cases, mixed[:cut], mixed[cut:])) == set(ids_of(cases, rows))


def test_export_in_which_a_row_grows_sends_only_what_is_new(cases: Mapper) -> None:
    monday, tuesday, wednesday = (f"2025-07-{day:02}T08:00:00+07:00" for day in (7, 8, 9))
    exports = [[(monday, "", "", "F-1")], [(monday, tuesday, "", "F-1")], [(monday, tuesday, wednesday, "F-1")]]
    ids = [set(ids_of(cases, export)) for export in exports]
    assert [len(known) for known in ids] == [1, 2, 3]
    assert ids[0] < ids[1] < ids[2]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2025-07-07T08:00:00+07:00", "2025-07-07T01:00:00Z", True),
        ("2025-07-07T08:00:00+07:00", "2025-07-07T08:00:00.000+07:00", True),
        ("2025-07-07T08:00:00+07:00", "2025-07-07T08:00:00.001+07:00", False),
        ("0001-01-01T00:00:00+07:00", "0001-01-01T00:00:00.000+07:00", True),
    ],
)
def test_instant_is_the_same_however_it_is_written(gates: Mapper, one: str, other: str, same: bool) -> None:
    assert (ids_of(gates, [(one, "den_hung")]) == ids_of(gates, [(other, "den_hung")])) is same


def test_mapping_of_another_name_makes_other_events(gates: Mapper, tmp_path: Path) -> None:
    row = ("2025-07-07T08:00:00+07:00", "den_hung")
    assert ids_of(gates, [row]) != ids_of(mapper_of(GATES.replace("gates", "doors"), tmp_path), [row])


def test_order_of_the_fields_in_a_mapping_is_not_said_by_an_event(cases: Mapper, tmp_path: Path) -> None:
    channel = "      channel: {constant: desk}\n"
    moved = CASES.replace(channel, "").replace("    data:\n      serv", f"    data:\n{channel}      serv")
    row = ("2025-07-07T08:00:00+07:00", "", "", "F-1")
    assert ids_of(cases, [row]) == ids_of(mapper_of(moved, tmp_path), [row])


def test_equal_events_without_a_key_lie_in_one_partition_and_are_told_apart(tmp_path: Path) -> None:
    [event] = mapper_of(RATINGS, tmp_path).events({"at": "2025-07-07T08:00:00+07:00", "rating": "5"})
    assert event.key == event.id.encode()
    assert numbered(event.value, 1) == event.value
    second = json.loads(numbered(event.value, 2))
    assert second == json.loads(event.value) | {"id": f"{event.id}-2"}
    assert second["partitionkey"] == event.id


def test_id_is_of_the_hash_that_is_sent_so_that_nobody_can_try_what_was_hashed(tmp_path: Path) -> None:
    row = ("2025-07-07T08:00:00+07:00", "V-1", "19A-123.45")
    [one] = ids_of(mapper_of(PLATES, tmp_path, Pseudonyms(b"k" * 32)), [row])
    [other] = ids_of(mapper_of(PLATES, tmp_path, Pseudonyms(b"l" * 32)), [row])
    assert one != other
