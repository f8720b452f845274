"""Which partition indexes this worker owns, and what consumer, agent and rebalances do with them."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping

from faust.types import TP

from ioc.engine.plan import Plan
from ioc.engine.shard import Shard
from streams.kafka.restore import Superseded
from streams.settings.settings import Settings
from streams.worker.checkpoints import Checkpoints
from streams.worker.host import Host
from streams.worker.metrics import WorkerMetrics
from streams.worker.partition import Owned, Partition
from streams.worker.recoveries import Recoveries
from streams.worker.restorer import Restorer
from streams.worker.sources import Sources
from streams.worker.transport import RecordBatch

log = logging.getLogger(__name__)


_CLOSE_LIMIT = 3.0
"""Seconds that the last checkpoints may take."""


class Partitions:
    """The partition indexes of this worker.

    State is kept over a rebalance until the new assignment says whose it is.
    """

    def __init__(
        self, settings: Settings, plan: Plan, shard_type: type[Shard], metrics: WorkerMetrics, host: Host
    ) -> None:
        self._metrics = metrics
        self._host = host
        self._sources = Sources(settings.names, plan.subsystems)
        self._owned = Owned()
        self._restorer = Restorer(settings, plan, shard_type, metrics)
        self._recoveries = Recoveries(self._owned, self._restorer, self._sources, host)
        self._checkpoints = Checkpoints(settings, self._owned, self._recoveries, metrics, host)
        self.assigned: frozenset[int] | None = None
        """The indexes of the newest assignment, with or without their state; None before the first."""

    def __iter__(self) -> Iterator[Partition]:
        return iter(self._owned)

    # What the consumer asks

    def positions(self) -> dict[TP, int]:
        """The next offset to consume of every source partition whose state is here."""
        return self._by_source(lambda partition: partition.shard.positions)

    def checkpointed(self) -> dict[TP, int]:
        """The same, as covered by the last finished checkpoint."""
        return self._by_source(lambda partition: partition.checkpointed)

    def skipped(self, tp: TP, records: int) -> None:
        """Count offsets that the broker no longer has."""
        self._metrics.skipped.labels(self._sources.subsystem(tp)).inc(records)

    # What the agent brings

    async def apply(self, tp: TP, records: RecordBatch) -> None:
        """Fold a batch into its partition; batches of partitions that are not here are left to their owner."""
        partition = self._owned.get(tp.partition)
        if partition is None:
            return
        subsystem = self._sources.subsystem(tp)
        position = partition.shard.positions.get(subsystem, 0)
        if records.follows > position:
            # A batch before this one was dropped between consumer and agent.
            await self._host.rewind({tp: position})
            return
        if records.end <= position:
            return
        batch = records.columns(subsystem, tp)
        started = time.perf_counter()
        try:
            partition.apply(batch)
        except Exception:
            # Its state is half changed, and must never be in a checkpoint.
            await self._owned.drop(partition)
            raise
        self._metrics.applied(batch, time.perf_counter() - started)
        self._checkpoints.start_if_due(partition)

    def checkpoint_due(self) -> None:
        """Start a checkpoint of every partition that changed and whose time has come."""
        self._checkpoints.start_due()

    # What a rebalance brings

    async def revoke(self) -> None:
        """Checkpoint all that changed. The state stays: only the next assignment says whose it is."""
        await self._recoveries.stop()
        await self._checkpoints.write_all()

    async def assign(self, partitions: Collection[TP], generation: int, wanted: Callable[[], bool]) -> None:
        """Own exactly these, as generation `generation` of the group assigned them.

        Partitions that stay need no restore. That holds only if no generation was missed: in a missed one another
        worker may have gone on with them.

        Raises:
            SplitAssignment: an index came without the topic of some subsystem.
        """
        await self._recoveries.stop()
        indexes = self._sources.indexes(partitions)
        self.assigned = frozenset(indexes)
        kept = indexes if generation - self._owned.generation in (0, 1) else ()
        self._owned.generation = generation
        for partition in self._owned:
            if partition.index not in kept:
                async with partition.lock:
                    await self._owned.drop(partition)
        await self._take_all([index for index in indexes if self._owned.get(index) is None], wanted)

    async def close(self) -> None:
        """Checkpoint everything, if Kafka takes it in time, and let go of it."""
        try:
            await asyncio.wait_for(self.revoke(), _CLOSE_LIMIT)
        except TimeoutError:
            log.warning("Not everything was checkpointed within %g s: what was not is replayed", _CLOSE_LIMIT)
            await self.abandon()
        # Those that are left stay known: Faust still tells the group how far they are.
        await asyncio.gather(*(partition.writer.close() for partition in self._owned))

    async def abandon(self) -> None:
        """Let go of everything: what no checkpoint holds is replayed."""
        await self._recoveries.stop()
        await asyncio.gather(*(self._owned.drop(partition) for partition in self._owned))

    async def _take_all(self, missing: Collection[int], wanted: Callable[[], bool]) -> None:
        started = time.perf_counter()
        outcomes = await asyncio.gather(*(self._take(index, wanted) for index in missing), return_exceptions=True)
        failures = [outcome for outcome in outcomes if outcome is not None]
        if hopeless := [failure for failure in failures if not isinstance(failure, Superseded)]:
            raise hopeless[0]
        if failures:
            log.info("Rebalancing again: what was being restored waits for the next assignment")
        elif missing:
            self._metrics.restored(time.perf_counter() - started)
            log.info("Restored partitions %s in %.2f s", sorted(missing), time.perf_counter() - started)

    async def _take(self, index: int, wanted: Callable[[], bool]) -> None:
        self._owned.add(await self._restorer.restore(index, wanted))

    def _by_source(self, offsets: Callable[[Partition], Mapping[str, int]]) -> dict[TP, int]:
        by_source: dict[TP, int] = {}
        for partition in self._owned:
            by_source |= self._sources.offsets(partition.index, offsets(partition))
        return by_source
