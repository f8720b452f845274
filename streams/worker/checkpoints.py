"""When partitions are checkpointed, and what follows from a checkpoint that failed."""

import asyncio
import logging
import time

from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import Fenced, OutcomeUnknown
from streams.worker.host import Host
from streams.worker.metrics import WorkerMetrics
from streams.worker.partition import Owned, Partition
from streams.worker.recoveries import Recoveries

log = logging.getLogger(__name__)

_SHARE = 0.2
"""The most of its time that a worker spends on making checkpoints; under load their interval grows."""


class Checkpoints:
    """Checkpoints the partitions that are here.

    One whose checkpoint failed is dropped with everything since its last finished checkpoint, and recovered.
    """

    def __init__(
        self, settings: Settings, owned: Owned, recoveries: Recoveries, metrics: WorkerMetrics, host: Host
    ) -> None:
        self._settings = settings
        self._owned = owned
        self._recoveries = recoveries
        self._metrics = metrics
        self._host = host
        self._tasks: set[asyncio.Task[None]] = set()

    def start_due(self) -> None:
        """Start a checkpoint of every partition that changed and whose time has come."""
        for partition in self._owned:
            if partition.changed_at is not None:
                self.start_if_due(partition)

    def start_if_due(self, partition: Partition) -> None:
        """Start a checkpoint of a partition if its time has come and none is under way."""
        now = time.monotonic()
        if now < partition.due or partition.lock.locked():
            return
        partition.due = now + self._settings.checkpoint_interval
        task = asyncio.create_task(self._checkpoint(partition), name=f"checkpoint-{partition.index}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def write_all(self) -> None:
        """Checkpoint all that changed."""
        await asyncio.gather(*(self._checkpoint(partition) for partition in self._owned))

    async def _checkpoint(self, partition: Partition) -> None:
        generation = self._owned.generation
        async with partition.lock:
            if partition not in self._owned:
                return
            try:
                await self._write(partition)
            except Fenced:
                log.warning("Partition %d belongs to another worker now; waiting for an assignment", partition.index)
                self._metrics.fenced.inc()
                await self._owned.drop(partition)
                # Should none come, the other one is gone and the partition is still ours.
                self._recoveries.start(partition.index, generation, 1.5 * self._settings.worker_session_timeout)
            except OutcomeUnknown as error:
                log.warning("Was the checkpoint written? Restoring from the log. %s", error)
                self._metrics.doubtful.inc()
                await self._owned.drop(partition)
                # By the next heartbeat a worker that was frozen knows whether it is still in the group.
                self._recoveries.start(partition.index, generation, self._settings.heartbeat_interval)
            except Exception as error:
                await self._owned.drop(partition)
                await self._host.crash(error)

    async def _write(self, partition: Partition) -> None:
        started = time.perf_counter()
        checkpoint = partition.take_changes()
        if checkpoint is None:
            return
        # A worker that catches up would else spend most of its time on checkpoints of a few events each.
        busy = (time.perf_counter() - started) * len(self._owned)
        partition.due = max(partition.due, time.monotonic() + busy * (1 / _SHARE - 1))
        await partition.write(checkpoint)
        self._metrics.checkpointed(checkpoint, time.perf_counter() - started)
