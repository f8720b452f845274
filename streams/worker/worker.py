"""The worker process: Faust brings batches and assignments, the partitions do the rest."""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import faust
from faust.exceptions import ConsumerNotStarted
from faust.types import TP, StreamT

from ioc.engine.plan import Plan
from ioc.engine.shard import Shard
from streams.kafka.fetching import prepare_fetching
from streams.kafka.log_noise import quieten_clients
from streams.process import ending
from streams.settings.settings import Settings
from streams.worker.carrying import ensure_topics
from streams.worker.faust_app import create_app, source_topic
from streams.worker.gauges import PartitionCollector
from streams.worker.health import Health
from streams.worker.http import serve
from streams.worker.metrics import HealthCollector, WorkerMetrics
from streams.worker.partitions import Partitions
from streams.worker.transport import BatchConsumer, RecordBatch

log = logging.getLogger(__name__)


def run_worker(settings: Settings, plan: Plan, shard_type: type[Shard] = Shard) -> None:
    """Run a worker in this process until it is told to stop (SIGINT, SIGTERM), then exit.

    Raises:
        streams.topics.TopicError: no broker answers, or topics have another partition count than the settings.
        SystemExit: always at the end; its code is 0 after a clean stop.
    """
    quieten_clients()
    prepare_fetching()
    ensure_topics(settings, plan)
    with tempfile.TemporaryDirectory(prefix="ioc-worker-") as folder:
        worker = Worker(settings, plan, shard_type, Path(folder))
        with worker.serve_metrics():
            process = _Process(worker.app, override_logging=False, redirect_stdouts=False)
            process.spinner = None  # it would write into the log
            process.execute_from_commandline()


class _Process(faust.Worker):
    """Faust's process, which ends when it must."""

    def install_signal_handlers(self) -> None:
        super().install_signal_handlers()
        ending.heed_signals(self._on_sigterm)

    def _crash(self, reason: BaseException) -> None:
        # Told of every crash of any of its services.
        ending.begin(repr(reason))
        super()._crash(reason)


class Worker:
    """Binds the partitions to a Faust app: one agent over all source topics, a timer, and the rebalance signals."""

    def __init__(self, settings: Settings, plan: Plan, shard_type: type[Shard], folder: Path) -> None:
        self._settings = settings
        self._names = settings.names
        self.metrics = WorkerMetrics()
        for slug in plan.subsystems:
            # A counter that does not exist until it counts shows as no data.
            self.metrics.skipped.labels(slug)
        self.partitions = Partitions(settings, plan, shard_type, self.metrics, host=self)
        self.health = Health(self.partitions, self._end_offset)
        self.app = create_app(settings, self.partitions, folder)
        self.app.agent(
            source_topic(self.app, [*self._names.sources(plan.subsystems), self._names.sent_again]), name="fold"
        )(self._fold)
        self.app.timer(settings.checkpoint_interval / 2, name="checkpoint")(self._checkpoint)
        self.app.on_partitions_revoked.connect(self._on_revoked, weak=False)
        self.app.on_rebalance_complete.connect(self._on_rebalanced, weak=False)
        self.app.on_before_shutdown.connect(self._on_shutdown, weak=False)

    @contextmanager
    def serve_metrics(self) -> Iterator[None]:
        """Serve the platform metrics for Prometheus, and whether all is well."""
        registry, health = self.metrics.registry, self.health
        registry.register(PartitionCollector(self.partitions, self._end_offset))
        registry.register(HealthCollector(health.stuck, health.unready))
        with serve(self._settings.worker_metrics, registry, health.stuck, health.unready) as address:
            log.info("Platform metrics at %s", address)
            yield

    async def rewind(self, positions: Mapping[TP, int]) -> None:
        """Let the consumer continue at these offsets."""
        await self._consumer.rewind(positions)

    async def crash(self, error: BaseException) -> None:
        """End the worker with this error."""
        await self.app.crash(error)

    @property
    def _consumer(self) -> BatchConsumer:
        return cast(BatchConsumer, self.app.consumer)

    async def _fold(self, stream: StreamT) -> None:
        async for event in stream.events():
            try:
                await self.partitions.apply(event.message.tp, cast(RecordBatch, event.message.value))
            except Exception as error:
                # Faust would start the agent again, beside a state that is half changed.
                await self.crash(error)
                raise

    async def _checkpoint(self, app: faust.App) -> None:
        self.partitions.checkpoint_due()
        self.health.look()

    async def _on_revoked(self, *_: Any, **__: Any) -> None:
        await self.partitions.revoke()

    async def _on_rebalanced(self, *_: Any, **__: Any) -> None:
        app = self.app
        generation = app.consumer_generation_id
        assigned = self._consumer.assignment()
        self.metrics.rebalances.inc()
        await self.partitions.assign(assigned, generation, wanted=lambda: app.consumer_generation_id == generation)

    async def _on_shutdown(self, *_: Any, **__: Any) -> None:
        await (self.partitions.abandon() if self.app.crashed else self.partitions.close())

    def _end_offset(self, subsystem: str, partition: int) -> int | None:
        try:
            return self._consumer.end_offset(TP(self._names.events(subsystem), partition))
        except ConsumerNotStarted:
            return None
