"""Bringing the state of a partition index here: from its checkpoints, or anew from its topics."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator

from ioc.engine.plan import Plan
from ioc.engine.shard import Shard, StoredRecord, TornCheckpoint
from ioc.engine.store.keys import HEADER
from streams.kafka.log_reader import LogError
from streams.kafka.restore import StoredRecords, Superseded, read_checkpoint
from streams.process.memory import give_back_memory
from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import HOPELESS, CheckpointWriter, Fenced, OutcomeUnknown
from streams.worker.metrics import WorkerMetrics
from streams.worker.partition import Partition

log = logging.getLogger(__name__)

_RETRY_DELAY = 1.0
_AT_ONCE = 1
"""Partitions whose stored records are in memory at a time: those of all would take as much again as their states, and
two at a time are back no sooner, as all are taken back by one interpreter."""


class Restorer:
    """Restores partitions, as often as it takes."""

    def __init__(self, settings: Settings, plan: Plan, shard_type: type[Shard], metrics: WorkerMetrics) -> None:
        self._settings = settings
        self._plan = plan
        self._shard_type = shard_type
        self._metrics = metrics
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def restore(self, index: int, wanted: Callable[[], bool]) -> Partition:
        """The partition as its last checkpoint left it; its former writer is fenced.

        Raises:
            Superseded: `wanted` turned false.
            KafkaError: one that no second attempt mends.
        """
        while True:
            writer = CheckpointWriter(self._settings, index)
            try:
                # Opening first: it ends a transaction that a former owner left open, so that the log has an end.
                await writer.open()
                async with self._at_once:
                    stored = await read_checkpoint(self._settings, index, wanted, writer.written)
                    shard = await self._revive(index, stored, writer)
            except HOPELESS:
                await writer.close()
                raise
            except (Fenced, OutcomeUnknown, LogError, OSError) as error:
                await writer.close()
                log.warning("Partition %d could not be restored, trying again: %s", index, error)
                await asyncio.sleep(_RETRY_DELAY)
                if not wanted():
                    raise Superseded(f"partition {index}") from error
            except BaseException:
                await writer.close()
                raise
            else:
                # A changed catalogue leaves something to store, which must not wait for the next event.
                return Partition(index, shard, writer, dict(shard.positions), changed_at=time.monotonic())

    async def _revive(self, index: int, stored: StoredRecords, writer: CheckpointWriter) -> Shard:
        header = {key: value for key, value in stored.figures.items() if key == HEADER}
        state, figures = [*stored.state], [*stored.figures]
        try:
            # In a thread: it takes seconds where many entities are counted anew, and what is here goes on meanwhile.
            return await asyncio.to_thread(self._taken_back, index, stored)
        except TornCheckpoint as error:
            log.error("Partition %d: %s. Rebuilding it from the first offset of its topics", index, error)
            self._metrics.torn.inc()
            self._metrics.torn_at.set_to_current_time()
        shard, erased = self._shard_type.rebuilding(
            self._plan,
            index,
            self._settings.partitions,
            dict.fromkeys(state, b"").items(),
            (dict.fromkeys(figures, b"") | header).items(),
        )
        await writer.write(erased)
        return shard

    def _taken_back(self, index: int, stored: StoredRecords) -> Shard:
        """The shard of stored records, of which none is left."""
        records = _let_go(stored.state), _let_go(stored.figures)
        shard = self._shard_type.restore(self._plan, index, self._settings.partitions, *records)
        give_back_memory()
        return shard


def _let_go(records: dict[bytes, bytes]) -> Iterator[StoredRecord]:
    return ((key, records.pop(key)) for key in [*records])
