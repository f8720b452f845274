"""Panes kept packed leave by the newest event time, and cost nothing until then."""

import time
from collections.abc import Callable

import pytest

from ioc.engine.plan import compile_plan
from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.store.panes import PaneStore
from ioc.time.instants import EpochMs, EpochSeconds, Seconds, ms_from_seconds
from ioc.time.windows import DAY, FIVE_MINUTES, HOUR, RETENTION, TOTAL, pane_start
from tests.oracle.workshop import catalogue_of, workshop

PLAN = compile_plan(catalogue_of(workshop())).subsystems["workshop"]
NOON = EpochSeconds(1_761_886_800)
SIZES = [size for size in (FIVE_MINUTES, HOUR, DAY) if any(key.size == size for key in PLAN.tables)]


def store() -> PaneStore:
    return PaneStore("workshop", PLAN.tables)


def drained(panes: PaneStore, newest: int) -> dict[bytes, bool]:
    """The keys of the records of a checkpoint, with whether each is a tombstone."""
    at = Watermark(ms_from_seconds(EpochSeconds(newest)), EpochMs(0))
    return {record.key: record.value is None for record in panes.drain(at)}


def key_of(size: Seconds, start: int) -> StoredKey:
    table = next(key for key in PLAN.tables if key.size == size)
    return StoredKey("workshop", Kind.PANES, str(table), str(start))


def fill(panes: PaneStore, size: Seconds, start: EpochSeconds) -> None:
    key = next(key for key in PLAN.tables if key.size == size)
    panes.cells(PLAN.tables[key], start)[tuple("x" for _ in key.grouping)] = PLAN.tables[key].codec.empty_cell()


@pytest.mark.parametrize("restored", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_a_pane_leaves_when_event_time_has_passed_its_end_by_its_retention(size: Seconds, restored: bool) -> None:
    panes, start = store(), pane_start(size, NOON)
    fill(panes, size, start)
    (record,) = panes.drain(Watermark(ms_from_seconds(NOON), EpochMs(0)))
    if restored:
        panes = store()
        panes.restore({StoredKey.parse(record.key): record.value or b""})
    expires = start + size + RETENTION[size]
    assert drained(panes, expires - 1) == {}
    assert drained(panes, expires) == {record.key: True}
    assert drained(panes, expires + size) == {}


def test_the_total_stays() -> None:
    panes = store()
    fill(panes, TOTAL, EpochSeconds(0))
    assert list(drained(panes, NOON).values()) == [False]
    assert drained(panes, NOON * 1000) == {}


def test_panes_of_all_sizes_and_ages_leave_in_their_turn() -> None:
    panes = store()
    for size in SIZES:
        for back in range(20):
            fill(panes, size, EpochSeconds(pane_start(size, NOON) - back * size))
    alive = {key for key, gone in drained(panes, NOON).items() if not gone}
    assert len(alive) == 20 * len(SIZES)
    for later in range(0, 500 * DAY, 6 * HOUR):
        newest = NOON + later
        gone = drained(panes, newest)
        assert all(gone.values())
        alive -= gone.keys()
        kept = [StoredKey.parse(key) for key in alive]
        assert all(int(k.record) + s + RETENTION[s] > newest for k in kept for s in (size_of(k),))
        assert all(int(k.record) + s + RETENTION[s] <= newest for g in gone for k in (StoredKey.parse(g),)
                   for s in (size_of(k),))  # fmt: skip
    assert alive == set()


def size_of(key: StoredKey) -> Seconds:
    return Seconds(int(key.thing.rpartition("/")[2]))


def test_a_checkpoint_in_which_nothing_expires_does_not_look_at_what_is_kept() -> None:
    panes, count = store(), 60_000
    records = {key_of(FIVE_MINUTES, NOON + number * 300): b"" for number in range(count)}
    restoring = quickest(lambda: panes.restore(records))
    draining = quickest(lambda: drained(panes, NOON))
    assert draining < restoring / 100


def quickest(done: Callable[[], object]) -> float:
    """Processor seconds of the quickest of five."""
    taken = []
    for _ in range(5):
        began = time.process_time()
        done()
        taken.append(time.process_time() - began)
    return min(taken)
