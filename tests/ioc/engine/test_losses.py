"""What the broker had deleted before it was read is remembered with the state, wherever in the log it was."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.engine.store.checkpoint_header import Loss
from ioc.events.records import Batch
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Store, Topics, batch_of, moment
from tests.oracle.workshop import catalogue_of, workshop

pytestmark = pytest.mark.usefixtures("runs")

SUBSYSTEM = workshop()
PLAN = compile_plan(catalogue_of(SUBSYSTEM))
NOON = moment("2025-10-31 12:00")
COUNT = 20


def records() -> list[LogRecord]:
    """One a minute from noon on."""
    topics = Topics(1)
    for number in range(COUNT):
        report = {"station": "s", "unit": "7900", "amount": number}
        topics.send(SUBSYSTEM, "day.reported", NOON + number * 60_000, report, id=str(number))
    return topics.records


def lost(shard: Shard) -> Loss | None:
    return shard.sources["workshop"].lost


def read(*batches: Batch) -> Shard:
    shard = Shard(PLAN, 0, 1)
    for batch in batches:
        shard.apply(batch)
    return shard


def batch(first: int, end: int = COUNT, begins: int = 0) -> Batch:
    return replace(batch_of(records()[first:end]), begins=begins)


def test_of_a_log_that_is_all_there_nothing_is_lost() -> None:
    assert lost(read(batch(0))) is None


def test_offsets_that_never_held_a_record_are_none_that_is_lost() -> None:
    assert lost(read(batch(3))) is None


def test_a_log_that_begins_later_is_known_from_the_first_record_read() -> None:
    assert lost(read(batch(5, begins=5))) == Loss(5, NOON + 5 * 60_000)


def test_what_is_deleted_while_no_worker_runs_is_lost_too() -> None:
    assert lost(read(batch(0, 4), batch(9, begins=7))) == Loss(3, NOON + 9 * 60_000)


def test_two_losses_add_up_and_the_later_one_says_since_when() -> None:
    assert lost(read(batch(2, 4, begins=2), batch(9, begins=9))) == Loss(7, NOON + 9 * 60_000)


def test_a_batch_that_comes_again_loses_nothing() -> None:
    shard = read(batch(0, 4), batch(9, 12, begins=9))
    once = lost(shard)
    shard.apply(batch(9, begins=9))
    assert lost(shard) == once == Loss(5, NOON + 9 * 60_000)


def test_of_a_log_that_is_empty_it_is_known_from_its_next_record() -> None:
    empty = Batch("workshop", 0, [], [], [], [], [], end=6, begins=6)
    shard = read(empty)
    assert lost(shard) == Loss(6)
    shard.apply(batch(6))
    assert lost(shard) == Loss(6, NOON + 6 * 60_000)


def test_a_restart_remembers_it() -> None:
    store, shard = Store(), read(batch(5, begins=5))
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    store.write(0, checkpoint)
    assert lost(store.restore(PLAN, 0, 1)) == Loss(5, NOON + 5 * 60_000)


@given(st.lists(st.integers(1, COUNT - 1), unique=True, max_size=4).map(sorted), st.integers(0, COUNT - 1))
def test_however_it_is_cut_into_batches_the_same_is_lost(cuts: Sequence[int], begins: int) -> None:
    edges = [begins, *(cut for cut in cuts if cut > begins), COUNT]
    pieces = [batch(first, end, begins) for first, end in itertools.pairwise(edges)]
    assert lost(read(*pieces)) == (Loss(begins, NOON + begins * 60_000) if begins else None)
