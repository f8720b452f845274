"""Which partition indexes this worker owns, and how their state is restored, checkpointed, lost and taken back."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from faust.types import TP

from ioc.engine.plan import Plan
from ioc.engine.shard import Shard, TornCheckpoint
from ioc.events.records import Checkpoint, Record
from streams.kafka.log_reader import LogError
from streams.kafka.restore import StoredRecords, Superseded, read_checkpoint
from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import HOPELESS, CheckpointWriter, Fenced, OutcomeUnknown
from streams.worker.metrics import WorkerMetrics
from streams.worker.transport import RecordBatch

log = logging.getLogger(__name__)

_RETRY_DELAY = 1.0


class Host(Protocol):
    """The worker, as the partitions see it."""

    async def rewind(self, positions: Mapping[TP, int]) -> None:
        """Let the consumer continue at these offsets."""

    async def crash(self, error: BaseException) -> None:
        """End the worker: the failure has no remedy here."""


@dataclass(slots=True)
class Partition:
    """The state of one partition index over all source topics, and the one writer of its checkpoints."""

    index: int
    shard: Shard
    writer: CheckpointWriter
    checkpointed: dict[str, int]
    due: float = 0.0
    changed_at: float | None = None
    """Monotonic time of the first change that no checkpoint holds yet."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_CHECKPOINT_SHARE = 0.2
"""The most of its time that a worker spends on making checkpoints; under load their interval grows."""


class Partitions:
    """The partition indexes of this worker.

    State is kept over a rebalance until the new assignment says whose it is. A partition whose checkpoint failed is
    dropped with everything since its last finished checkpoint, and restored from the log.
    """

    def __init__(
        self, settings: Settings, plan: Plan, shard_type: type[Shard], metrics: WorkerMetrics, host: Host
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._shard_type = shard_type
        self._metrics = metrics
        self._host = host
        self._names = settings.names
        self._owned: dict[int, Partition] = {}
        self._generation = -1
        self._recoveries: dict[int, asyncio.Task[None]] = {}
        self._checkpoints: set[asyncio.Task[None]] = set()
        self.assigned: frozenset[int] | None = None
        """The indexes of the newest assignment, with or without their state; None before the first."""

    def __iter__(self) -> Iterator[Partition]:
        return iter(list(self._owned.values()))

    # What the consumer asks

    def positions(self) -> dict[TP, int]:
        """The next offset to consume of every source partition whose state is here."""
        return self._by_source(lambda partition: partition.shard.positions)

    def checkpointed(self) -> dict[TP, int]:
        """The same, as covered by the last finished checkpoint."""
        return self._by_source(lambda partition: partition.checkpointed)

    def skipped(self, tp: TP, records: int) -> None:
        """Count offsets that the broker no longer has."""
        self._metrics.skipped.labels(self._names.subsystem(tp.topic)).inc(records)

    # What the agent brings

    async def apply(self, tp: TP, records: RecordBatch) -> None:
        """Fold a batch into its partition; batches of partitions that are not here are left to their owner."""
        partition = self._owned.get(tp.partition)
        if partition is None:
            return
        subsystem = self._names.subsystem(tp.topic)
        position = partition.shard.positions.get(subsystem, 0)
        if records.follows > position:
            # A batch before this one was dropped between consumer and agent.
            await self._host.rewind({tp: position})
            return
        if records.end <= position:
            return
        batch = records.columns(subsystem, tp)
        started = time.perf_counter()
        partition.shard.apply(batch)
        self._metrics.applied(batch, time.perf_counter() - started)
        if partition.changed_at is None:
            partition.changed_at = time.monotonic()
        if time.monotonic() >= partition.due:
            self._start_checkpoint(partition)

    def checkpoint_due(self) -> None:
        """Start a checkpoint of every partition that changed and whose time has come."""
        now = time.monotonic()
        for partition in self._owned.values():
            if partition.changed_at is not None and now >= partition.due:
                self._start_checkpoint(partition)

    # What a rebalance brings

    async def revoke(self) -> None:
        """Checkpoint all that changed. The state stays: only the next assignment says whose it is."""
        await self._stop_recoveries()
        await asyncio.gather(*(self._checkpoint(partition) for partition in self))

    async def assign(self, indexes: Collection[int], generation: int, wanted: Callable[[], bool]) -> None:
        """Own exactly these indexes, as generation `generation` of the group assigned them.

        Partitions that stay need no restore. That holds only if no generation was missed: in a missed one another
        worker may have gone on with them.
        """
        await self._stop_recoveries()
        self.assigned = frozenset(indexes)
        kept = indexes if generation - self._generation in (0, 1) else ()
        self._generation = generation
        for partition in [partition for index, partition in self._owned.items() if index not in kept]:
            async with partition.lock:
                await self._drop(partition)
        missing = [index for index in indexes if index not in self._owned]
        started = time.perf_counter()
        outcomes = await asyncio.gather(*(self._restore(index, wanted) for index in missing), return_exceptions=True)
        failures = [outcome for outcome in outcomes if outcome is not None]
        if hopeless := [failure for failure in failures if not isinstance(failure, Superseded)]:
            raise hopeless[0]
        if failures:
            log.info("Rebalancing again: what was being restored waits for the next assignment")
        elif missing:
            self._metrics.restored(time.perf_counter() - started)
            log.info("Restored partitions %s in %.2f s", sorted(missing), time.perf_counter() - started)

    async def close(self) -> None:
        """Checkpoint everything and let go of it."""
        await self.revoke()
        await asyncio.gather(*(partition.writer.close() for partition in self))

    async def _restore(self, index: int, wanted: Callable[[], bool]) -> None:
        while True:
            writer = CheckpointWriter(self._settings, index)
            try:
                # Opening first: it ends a transaction that a former owner left open, so that the log has an end.
                await writer.open()
                live = await read_checkpoint(self._settings, index, wanted)
                shard = await self._revive(index, live, writer)
            except HOPELESS:
                await writer.close()
                raise
            except (Fenced, OutcomeUnknown, LogError) as error:
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
                changed_at = time.monotonic()
                self._owned[index] = Partition(index, shard, writer, dict(shard.positions), changed_at=changed_at)
                return

    async def _revive(self, index: int, live: StoredRecords, writer: CheckpointWriter) -> Shard:
        try:
            return self._shard_type.restore(
                self._plan, index, self._settings.partitions, live.state.items(), live.figures.items()
            )
        except TornCheckpoint as error:
            log.error("Partition %d: %s. Rebuilding it from the first offset of its topics", index, error)
            self._metrics.torn.inc()
            self._metrics.torn_at.set_to_current_time()
        erased = Checkpoint(
            sequence=0,
            positions={},
            state=[Record(key, None) for key in live.state],
            figures=[Record(key, None) for key in live.figures],
        )
        await writer.write(erased)
        return self._shard_type(self._plan, index, self._settings.partitions)

    # Checkpoints and their failures

    def _start_checkpoint(self, partition: Partition) -> None:
        if partition.lock.locked():
            return
        partition.due = time.monotonic() + self._settings.checkpoint_interval
        task = asyncio.create_task(self._checkpoint(partition), name=f"checkpoint-{partition.index}")
        self._checkpoints.add(task)
        task.add_done_callback(self._checkpoints.discard)

    async def _checkpoint(self, partition: Partition) -> None:
        generation = self._generation
        async with partition.lock:
            if self._owned.get(partition.index) is not partition:
                return
            try:
                await self._write(partition)
            except Fenced:
                log.warning("Partition %d belongs to another worker now; waiting for an assignment", partition.index)
                self._metrics.fenced.inc()
                await self._drop(partition)
                # Should none come, the other one is gone and the partition is still ours.
                self._start_recovery(partition.index, generation, 1.5 * self._settings.worker_session_timeout)
            except OutcomeUnknown as error:
                log.warning("Was the checkpoint written? Restoring from the log. %s", error)
                self._metrics.doubtful.inc()
                await self._drop(partition)
                # By the next heartbeat a worker that was frozen knows whether it is still in the group.
                self._start_recovery(partition.index, generation, self._settings.heartbeat_interval)
            except Exception as error:
                await self._drop(partition)
                await self._host.crash(error)

    async def _write(self, partition: Partition) -> None:
        partition.changed_at = None
        started = time.perf_counter()
        checkpoint = partition.shard.checkpoint()
        if checkpoint is None:
            return
        # A worker that catches up would else spend most of its time on checkpoints of a few events each.
        busy = (time.perf_counter() - started) * len(self._owned)
        partition.due = max(partition.due, time.monotonic() + busy * (1 / _CHECKPOINT_SHARE - 1))
        await partition.writer.write(checkpoint)
        partition.checkpointed = dict(checkpoint.positions)
        self._metrics.checkpointed(checkpoint, time.perf_counter() - started)

    async def _drop(self, partition: Partition) -> None:
        if self._owned.get(partition.index) is partition:
            del self._owned[partition.index]
            await partition.writer.close()

    def _start_recovery(self, index: int, generation: int, delay: float) -> None:
        if generation == self._generation:
            task = asyncio.create_task(self._recover(index, generation, delay), name=f"recover-{index}")
            self._recoveries[index] = task

    async def _recover(self, index: int, generation: int, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            await self._restore(index, lambda: self._generation == generation)
            await self._host.rewind({tp: offset for tp, offset in self.positions().items() if tp.partition == index})
        except Superseded:
            pass
        except Exception as error:
            await self._host.crash(error)

    async def _stop_recoveries(self) -> None:
        tasks = list(self._recoveries.values())
        self._recoveries.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _by_source(self, offsets: Callable[[Partition], Mapping[str, int]]) -> dict[TP, int]:
        by_source: dict[TP, int] = {}
        for partition in self:
            known = offsets(partition)
            for subsystem in self._plan.subsystems:
                by_source[TP(self._names.events(subsystem), partition.index)] = known.get(subsystem, 0)
        return by_source
