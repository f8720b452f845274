"""Equal events of no case: each counts, and none of them twice, however their export is cut, mixed and repeated."""

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import made_ready
from tests.packaged import packaged_catalogue

GATES = """
mapping: gates
subsystem: tourism
times: {at: {column: at}}
events:
  - {event: visitors.entered, time: at, data: {site: site, visitors: {constant: 1}}}
"""
Row = tuple[str, str]
DAYS = st.integers(1, 28).map(lambda day: f"2025-07-{day:02}T08:00:00+07:00")
ROWS = st.lists(st.tuples(DAYS, st.sampled_from(["den_hung", "xuan_son"])), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Mapper:
    file = tmp_path_factory.mktemp("gates") / "gates.yaml"
    file.write_text(GATES, encoding="utf-8")
    return Mapper(read_mapping(file), packaged_catalogue())


def ids_of(mapper: Mapper, *files: Sequence[Row]) -> list[str]:
    """The ids that are sent of some files."""
    ids = []
    with TemporaryDirectory() as folder:
        for number, rows in enumerate(filter(None, files)):
            file = Path(folder) / f"{number}.csv"
            file.write_text("\n".join(["at,site", *map(",".join, rows)]), encoding="utf-8")
            with made_ready(mapper, file) as ready:
                ids += [json.loads(value)["id"] for _, value in ready.events()]
    return ids


@settings(max_examples=15)
@given(st.data())
def test_they_are_the_same_in_any_order_and_however_often_sent(gates: Mapper, data: st.DataObject) -> None:
    rows = data.draw(ROWS)
    once = ids_of(gates, rows)
    assert len(set(once)) == len(rows)
    mixed = data.draw(st.permutations(rows))
    assert set(ids_of(gates, mixed, rows, mixed)) == set(once)


@settings(max_examples=15)
@given(rows=ROWS, days=st.tuples(DAYS, DAYS).map(sorted))
def test_overlapping_exports_of_days_are_the_events_of_one(gates: Mapper, rows: list[Row], days: Sequence[str]) -> None:
    first, second = days
    until, since = [row for row in rows if row[0] <= second], [row for row in rows if row[0] >= first]
    assert set(ids_of(gates, until, since)) == set(ids_of(gates, rows))


def test_more_equal_events_than_are_handed_over_at_once_are_all_told_apart(gates: Mapper) -> None:
    rows = [("2025-07-07T08:00:00+07:00", "den_hung"), ("2025-07-08T08:00:00+07:00", "den_hung")] * 11_000
    ids = ids_of(gates, rows)
    assert len(set(ids)) == len(rows)
    assert sorted(ids) == sorted(ids_of(gates, sorted(rows)))
