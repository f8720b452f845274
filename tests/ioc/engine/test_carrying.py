"""What a replay of some subsystems takes over of all others: they go on as if nothing had been."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ioc.engine.carrying import carried_over
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard, TornCheckpoint
from ioc.events.records import Checkpoint
from tests.oracle.oracle import PaneName, comparable
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Store, Topics, batch_of, moment, rows_of
from tests.oracle.workshop import catalogue_of, workshop

NOON = moment("2025-10-31 12:00")


def twins() -> Plan:
    """Two subsystems that differ in their names only."""
    one = workshop()
    plan = compile_plan(catalogue_of(one))
    other = one.model_copy(update={"subsystem": "other"})
    return replace(plan, subsystems={**plan.subsystems, **compile_plan(catalogue_of(other)).subsystems})


PLAN = twins()


def records(first: int, end: int) -> list[LogRecord]:
    """Openings, each in both subsystems."""
    topics = Topics(1)
    for number in range(end):
        case = {"case": f"c{number}", "unit": "7900", "topic": "land", "urgent": False}
        for plan in PLAN.subsystems.values():
            topics.send(plan.subsystem, "case.opened", NOON + number * 60_000, case, id=str(number))
    return [record for record in topics.records if first <= record.offset < end]


def engine(*spans: tuple[int, int]) -> Engine:
    made = Engine(PLAN, 1)
    for span in spans:
        made.consume(records(*span))
        made.checkpoint()
    return made


def begun(live: Store, *subsystems: str) -> Store:
    store = Store()
    checkpoint = carried_over(PLAN, 0, 1, live.state[0].items(), live.figures[0].items(), subsystems=subsystems)
    assert checkpoint is not None
    store.write(0, checkpoint)
    return store


def panes_of(store: Store, slug: str) -> Mapping[PaneName, object]:
    return comparable(row for row in rows_of(store.merged(PLAN)) if row["subsystem"] == slug)


def test_what_is_taken_over_stands_where_it_stood() -> None:
    live = engine((0, 10), (10, 20)).store
    store = begun(live, "workshop")
    assert store.restore(PLAN, 0, 1).positions == {"workshop": 20}
    assert panes_of(store, "workshop") == panes_of(live, "workshop")
    assert panes_of(store, "other") == {}


def test_the_replay_of_the_other_ends_as_the_live_state_does() -> None:
    live = engine((0, 10), (10, 20), (20, 30))
    replay = Engine(PLAN, 1, begun(engine((0, 10), (10, 20)).store, "workshop"))
    replay.consume(record for record in records(0, 30) if record.subsystem == "other" or record.offset >= 20)
    replay.checkpoint()
    assert replay.panes() == live.panes()
    assert replay.store.restore(PLAN, 0, 1).positions == {"workshop": 30, "other": 30}


def test_all_of_it_can_be_taken_over() -> None:
    live = engine((0, 20)).store
    store = begun(live, *PLAN.subsystems)
    assert (store.state, store.figures) == (live.state, live.figures)


def test_a_state_that_never_had_anything_gives_nothing() -> None:
    assert carried_over(PLAN, 0, 1, [], [], subsystems=["workshop"]) is None


def test_a_torn_state_is_not_taken_over() -> None:
    live = engine((0, 20)).store
    live.state[0].pop(next(iter(live.state[0])))
    with pytest.raises(TornCheckpoint):
        begun(live, "workshop")


def test_what_is_read_before_it_was_taken_over_counts_once() -> None:
    store = begun(engine((0, 20)).store, "workshop")
    shard = store.restore(PLAN, 0, 1)
    shard.apply(batch_of([record for record in records(0, 20) if record.subsystem == "workshop"]))
    assert _written(shard) == []


def _written(shard: Shard) -> list[object]:
    checkpoint: Checkpoint | None = shard.checkpoint()
    return [] if checkpoint is None else [*checkpoint.state, *checkpoint.figures[:-1]]
