"""Bringing the state of a partition index here: from its checkpoints, or anew from its topics."""

import asyncio
import logging
import time
from collections.abc import Callable

from ioc.engine.plan import Plan
from ioc.engine.shard import Shard, TornCheckpoint
from streams.kafka.log_reader import LogError
from streams.kafka.restore import StoredRecords, Superseded, read_checkpoint
from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import HOPELESS, CheckpointWriter, Fenced, OutcomeUnknown
from streams.worker.metrics import WorkerMetrics
from streams.worker.partition import Partition

log = logging.getLogger(__name__)

_RETRY_DELAY = 1.0


class Restorer:
    """Restores partitions, as often as it takes."""

    def __init__(self, settings: Settings, plan: Plan, shard_type: type[Shard], metrics: WorkerMetrics) -> None:
        self._settings = settings
        self._plan = plan
        self._shard_type = shard_type
        self._metrics = metrics

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
                stored = await read_checkpoint(self._settings, index, wanted)
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
        try:
            # In a thread: it takes seconds where many entities are counted anew, and what is here goes on meanwhile.
            return await asyncio.to_thread(
                self._shard_type.restore,
                self._plan,
                index,
                self._settings.partitions,
                stored.state.items(),
                stored.figures.items(),
            )
        except TornCheckpoint as error:
            log.error("Partition %d: %s. Rebuilding it from the first offset of its topics", index, error)
            self._metrics.torn.inc()
            self._metrics.torn_at.set_to_current_time()
        shard, erased = self._shard_type.rebuilding(
            self._plan, index, self._settings.partitions, stored.state.items(), stored.figures.items()
        )
        await writer.write(erased)
        return shard
