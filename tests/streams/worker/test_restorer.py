"""Bringing a state back leaves time for what goes on."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

import pytest

from ioc.engine.compatibility import STATE_FORMAT
from ioc.engine.plan import Plan
from ioc.engine.shard import Shard, StoredRecord, TornCheckpoint
from ioc.engine.store.checkpoint_header import CheckpointHeader, Fates, SourceState, decode_header, encode_header
from ioc.engine.store.keys import HEADER
from ioc.events.records import Checkpoint
from ioc.time.instants import EpochMs
from streams.kafka.restore import StoredRecords
from streams.settings.settings import load_settings
from streams.worker import restorer as restorer_module
from streams.worker.checkpoint_writer import CheckpointWriter
from streams.worker.metrics import WorkerMetrics
from streams.worker.restorer import Restorer
from tests.packaged import packaged_plan

_SECONDS = 1.0
PLAN = packaged_plan()


class LongShard(Shard):
    """One whose state takes long to be taken back."""

    @classmethod
    def restore(
        cls,
        plan: Plan,
        index: int,
        partitions: int,
        state: Iterable[StoredRecord],
        figures: Iterable[StoredRecord],
    ) -> Self:
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            pass
        return super().restore(plan, index, partitions, state, figures)


async def test_the_loop_goes_on_while_a_state_is_taken_back() -> None:
    settings = load_settings()
    restorer = Restorer(settings, PLAN, LongShard, WorkerMetrics())
    restoring = asyncio.create_task(restorer._revive(3, StoredRecords(), CheckpointWriter(settings, 3)))
    turns = 0
    while not restoring.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert (await restoring).index == 3
    # One where it is not let go on; some 60 in a thread.
    assert turns > 10


class Torn(Shard):
    """One that finds its records torn when it has seen them all."""

    @classmethod
    def restore(
        cls,
        plan: Plan,
        index: int,
        partitions: int,
        state: Iterable[StoredRecord],
        figures: Iterable[StoredRecord],
    ) -> Self:
        assert len([*state, *figures]) == 3
        raise TornCheckpoint("torn")


class Noting:
    """Stands for a writer, and keeps what it is given."""

    def __init__(self) -> None:
        self.written: list[Checkpoint] = []

    async def write(self, checkpoint: Checkpoint) -> None:
        self.written.append(checkpoint)


def header(position: int) -> bytes:
    source = SourceState(position, EpochMs(0), EpochMs(0), Fates(), {})
    return encode_header(CheckpointHeader(1, 2, 0, {"health": source}, STATE_FORMAT))


async def test_stored_records_are_let_go_of_while_a_state_is_taken_back() -> None:
    stored = StoredRecords({b"no such subsystem|entities/1": b""}, {HEADER: header(7)})
    restorer = Restorer(load_settings(), PLAN, Shard, WorkerMetrics())
    with suppress(TornCheckpoint):
        restorer._taken_back(0, stored)
    assert not stored.state
    assert not stored.figures


async def test_of_a_torn_state_every_record_is_erased_and_its_reach_told() -> None:
    stored = StoredRecords({b"a": b"1"}, {b"b": b"2", HEADER: header(7)})
    writer: Any = Noting()
    shard = await Restorer(load_settings(), PLAN, Torn, WorkerMetrics())._revive(0, stored, writer)
    assert shard.positions == {}
    (erased,) = writer.written
    assert {record.key for record in (*erased.state, *erased.figures) if record.value is None} == {b"a", b"b"}
    (told,) = [decode_header(record.value) for record in erased.figures if record.key == HEADER]
    assert told.rebuilt_to == {"health": 7}


async def test_one_partition_at_a_time_has_its_records_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    here = most = 0

    async def read(*_: Any) -> StoredRecords:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await asyncio.sleep(0)
        return StoredRecords()

    async def revived(*_: Any) -> Shard:
        nonlocal here
        await asyncio.sleep(0)
        here -= 1
        return Shard(PLAN, 0, 12)

    async def opened(_: CheckpointWriter) -> None:
        """There is no broker."""

    monkeypatch.setattr(restorer_module, "read_checkpoint", read)
    monkeypatch.setattr(Restorer, "_revive", revived)
    monkeypatch.setattr(CheckpointWriter, "open", opened)
    restorer = Restorer(load_settings(), PLAN, Shard, WorkerMetrics())
    partitions = await asyncio.gather(*(restorer.restore(index, lambda: True) for index in range(12)))
    assert len(partitions) == 12
    assert most == 1
