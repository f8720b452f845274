"""The rebuild of a torn partition: what is shown meanwhile."""

import pytest

from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard, TornCheckpoint
from ioc.engine.store.keys import BARRIER
from ioc.events.records import Checkpoint
from ioc.figures.hearing import Hearing
from ioc.figures.knowledge import Backlog, doubts_of, knowledge_of
from ioc.figures.merged import MergedFigures
from ioc.kpis.status import Certainty, GreyReason
from ioc.time.instants import EpochMs, Seconds
from tests.oracle.oracle import comparable
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics, batch_of, moment, rows_of
from tests.oracle.workshop import catalogue_of, workshop

SUBSYSTEM = workshop()
PLAN = compile_plan(catalogue_of(SUBSYSTEM))
NOON = moment("2025-10-31 12:00")


def records() -> list[LogRecord]:
    topics = Topics(1)
    for number in range(40):
        report = {"station": f"s{number % 3}", "unit": "7900", "amount": number}
        topics.send(SUBSYSTEM, "day.reported", NOON + number * 60_000, report, id=str(number))
    return topics.records


def test_a_barrier_between_checkpoints_changes_nothing_that_is_shown() -> None:
    watched = Watched()
    for record in records():
        watched.engine.consume([record])
        watched.merged.put(0, BARRIER, None)
        watched.write(watched.engine.shards[0].checkpoint())
    plain = Watched()
    plain.engine.consume(records())
    plain.write(plain.engine.shards[0].checkpoint())
    assert watched.shown() == plain.shown() != []


class Watched:
    """A partition whose figures topic is followed record by record, as an exporter does."""

    def __init__(self) -> None:
        self.engine = Engine(PLAN, 1)
        self.merged = MergedFigures(PLAN)

    def write(self, checkpoint: Checkpoint | None) -> None:
        assert checkpoint is not None
        self.engine.store.write(0, checkpoint)
        for record in checkpoint.figures:
            self.merged.put(0, record.key, record.value)

    def shown(self) -> object:
        return comparable(rows_of(self.merged))


def torn() -> Watched:
    """A partition whose state was torn after 40 records, and its shard begun anew."""
    watched = Watched()
    watched.engine.consume(records())
    watched.write(watched.engine.shards[0].checkpoint())
    store = watched.engine.store
    store.state[0].pop(next(iter(store.state[0])))
    with pytest.raises(TornCheckpoint):
        store.restore(PLAN, 0, 1)
    shard, erased = Shard.rebuilding(PLAN, 0, 1, store.state[0].items(), store.figures[0].items())
    watched.engine.shards[0] = shard
    watched.write(erased)
    return watched


def go_on(watched: Watched, first: int, end: int) -> None:
    watched.engine.shards[0].apply(batch_of(records()[first:end]))
    watched.write(watched.engine.shards[0].checkpoint())


def test_the_former_figures_are_shown_until_the_rebuild_has_caught_up() -> None:
    whole = Watched()
    whole.engine.consume(records())
    whole.write(whole.engine.shards[0].checkpoint())
    watched = torn()
    assert watched.shown() == whole.shown()
    for first, end in ((0, 10), (10, 39)):
        go_on(watched, first, end)
        assert watched.shown() == whole.shown()
        assert watched.merged.rebuilding("workshop") == {0}
    go_on(watched, 39, 40)
    assert watched.shown() == whole.shown()
    assert watched.merged.rebuilding("workshop") == frozenset()


def test_an_exporter_that_starts_in_the_middle_knows_that_it_sees_a_part() -> None:
    watched = torn()
    go_on(watched, 0, 10)
    late = watched.engine.store.merged(PLAN)
    assert late.rebuilding("workshop") == {0}


def test_a_rebuild_that_is_restarted_goes_on_as_one() -> None:
    watched = torn()
    go_on(watched, 0, 10)
    watched.engine.restart()
    go_on(watched, 10, 20)
    assert watched.merged.rebuilding("workshop") == {0}
    go_on(watched, 20, 40)
    assert watched.merged.rebuilding("workshop") == frozenset()


def test_a_kpi_of_a_partition_that_is_rebuilt_is_partly_known() -> None:
    heard = {"machines": Hearing(EpochMs(NOON), Seconds(0), is_expected=True, is_silent=False)}
    reading = Backlog().reading_of("workshop", frozenset({0}))
    knowledge = knowledge_of(list(doubts_of(heard, reading, is_due=True)))
    assert knowledge == (Certainty.PARTLY_KNOWN, GreyReason.REBUILDING)
