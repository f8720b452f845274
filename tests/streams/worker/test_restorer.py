"""Bringing a state back leaves time for what goes on."""

import asyncio
import time
from collections.abc import Iterable
from typing import Self

from ioc.engine.plan import Plan
from ioc.engine.shard import Shard, StoredRecord
from streams.kafka.restore import StoredRecords
from streams.settings.settings import load_settings
from streams.worker.checkpoint_writer import CheckpointWriter
from streams.worker.metrics import WorkerMetrics
from streams.worker.restorer import Restorer
from tests.packaged import packaged_plan

_SECONDS = 1.0


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
    restorer = Restorer(settings, packaged_plan(), LongShard, WorkerMetrics())
    restoring = asyncio.create_task(restorer._revive(3, StoredRecords(), CheckpointWriter(settings, 3)))
    turns = 0
    while not restoring.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert (await restoring).index == 3
    # One where it is not let go on; some 60 in a thread.
    assert turns > 10
