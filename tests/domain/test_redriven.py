"""An event that was rejected and sent again counts once, however often it is sent."""

from pathlib import Path

import pytest

from ioc.batch import Batch
from ioc.catalogue import load
from ioc.dead_letter import DeadLetter
from ioc.plan import Plan, compile_plan
from ioc.redriven import FIRST, LONGEST_KEPT_DAYS, Place, Redriven, first_place
from ioc.shard import Shard
from tests.streams.catalogues import SLUG, batch, catalogue, event

PLACE = Place("ioc.events.statistics", 0, 7)
DAY = 86_400
SETTLED = event(1)
LATER = "2025-08-20T04:00:00+07:00"
LONG_AFTER = 1_756_000_000_000


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return compile_plan(load(catalogue(tmp_path / "catalogue")))


def fates(shard: Shard) -> tuple[int, int, int]:
    found = shard.sources[SLUG].fates
    return found.applied, found.duplicate, found.rejected


def redriven(offset: int, value: bytes = SETTLED) -> Batch:
    return batch(offset, (b"d1", value), headers=PLACE.headers, appended=LONG_AFTER)


def restored(plan: Plan, shard: Shard, *earlier: Shard) -> Shard:
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    state, figures = ({r.key: r.value for r in records} for records in (checkpoint.state, checkpoint.figures))
    return Shard.restore(plan, 0, 1, [*state.items()], [*figures.items()])  # type: ignore[list-item]


def test_a_redriven_event_counts_once_also_past_the_horizon_of_duplicates_and_after_a_restore(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(batch(0, (b"d2", event(2, time=LATER)), appended=LONG_AFTER))
    shard.apply(redriven(1))
    shard.apply(redriven(2))
    shard = restored(plan, shard)
    shard.apply(redriven(3))
    assert fates(shard) == (2, 2, 0)


def test_a_copy_of_an_event_that_came_anyway_counts_for_none_later_either(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(batch(0, (b"d1", SETTLED)))
    shard.apply(redriven(1))
    shard.apply(batch(2, (b"d2", event(2, time=LATER)), appended=LONG_AFTER))
    shard.apply(redriven(3))
    assert fates(shard) == (2, 2, 0)


def test_a_redriven_event_that_is_rejected_again_names_its_first_place_and_may_pass_later(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(redriven(41, b"{"))
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    (record,) = checkpoint.dead_letters
    letter = DeadLetter.from_record(record.value, tuple(record.headers))
    assert (letter.offset, letter.first) == (41, PLACE)
    shard.apply(redriven(42))
    assert fates(shard) == (1, 0, 1)


@pytest.mark.parametrize("missing", FIRST)
def test_headers_that_name_half_a_place_are_rejected(plan: Plan, missing: str) -> None:
    headers = [header for header in PLACE.headers if header[0] != missing]
    shard = Shard(plan, 0, 1)
    shard.apply(batch(0, (b"d1", SETTLED), headers=headers))
    shard.apply(batch(1, (b"d1", SETTLED), headers=[*headers, (missing, b"\xff")]))
    assert shard.sources[SLUG].fates.rejected_by_reason == {"malformed": 2}


def test_headers_of_others_name_no_place() -> None:
    assert first_place([("ce_id", b"1")]) is None
    assert first_place(PLACE.headers) == PLACE


def test_a_place_is_forgotten_only_after_every_dead_letter_is_gone() -> None:
    passed = Redriven("x")
    passed.add(PLACE, 0)
    keys = [record.key for record in passed.changed(0)]
    assert [*passed.changed(LONGEST_KEPT_DAYS * DAY)] == []
    assert PLACE in passed
    assert [(record.key, record.value) for record in passed.changed(401 * DAY)] == [(keys[0], None)]
    assert PLACE not in passed
