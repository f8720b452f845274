"""The platform metrics of one worker: how much goes through it, how far behind it is, how its checkpoints fare."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ioc.events.records import Batch, Checkpoint
from ioc.kpis import platform_metrics

_DURATIONS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 10, 100, 1_000, 10_000, 100_000)


class WorkerMetrics:
    """Counters and histograms that the worker moves."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._records = Counter(*platform_metrics.WORKER_RECORDS, registry=registry)
        self._bytes = Counter(*platform_metrics.WORKER_BYTES, registry=registry)
        self._busy = Counter(*platform_metrics.WORKER_APPLY_SECONDS, registry=registry)
        self.skipped = Counter(*platform_metrics.WORKER_SKIPPED_OFFSETS, registry=registry)
        self._checkpoint_seconds = Histogram(
            *platform_metrics.WORKER_CHECKPOINT_SECONDS, buckets=_DURATIONS, registry=registry
        )
        self._checkpoint_records = Histogram(
            *platform_metrics.WORKER_CHECKPOINT_RECORDS, buckets=_SIZES, registry=registry
        )
        self._dead_letters = Counter(*platform_metrics.WORKER_DEAD_LETTERS, registry=registry)
        self._restore = Gauge(*platform_metrics.WORKER_RESTORE_SECONDS, registry=registry)
        self.rebalances = Counter(*platform_metrics.WORKER_REBALANCES, registry=registry)
        self.torn = Counter(*platform_metrics.WORKER_TORN_CHECKPOINTS, registry=registry)
        self.torn_at = Gauge(*platform_metrics.WORKER_TORN_AT, registry=registry)
        self.fenced = Counter(*platform_metrics.WORKER_FENCED, registry=registry)
        self.doubtful = Counter(*platform_metrics.WORKER_DOUBTFUL_CHECKPOINTS, registry=registry)

    def applied(self, batch: Batch, seconds: float) -> None:
        """Count a batch that took `seconds` to apply."""
        self._records.labels(batch.subsystem).inc(len(batch))
        self._bytes.labels(batch.subsystem).inc(sum(map(len, filter(None, batch.values))))
        self._busy.labels(batch.subsystem).inc(seconds)

    def checkpointed(self, checkpoint: Checkpoint, seconds: float) -> None:
        """Count a finished checkpoint."""
        self._checkpoint_seconds.observe(seconds)
        self._checkpoint_records.observe(len(checkpoint.state) + len(checkpoint.figures) + len(checkpoint.dead_letters))
        self._dead_letters.inc(len(checkpoint.dead_letters))

    def restored(self, seconds: float) -> None:
        """Note how long it took to restore what an assignment brought."""
        self._restore.set(seconds)


class HealthCollector(Collector):
    """What /healthz and /readyz say, as gauges for alerts."""

    def __init__(self, stuck: Callable[[], list[str]], unready: Callable[[], list[str]]) -> None:
        self._checks = {platform_metrics.WORKER_STUCK: stuck, platform_metrics.WORKER_UNREADY: unready}

    def collect(self) -> Iterator[Metric]:
        for metric, reasons in self._checks.items():
            yield GaugeMetricFamily(metric.name, metric.documentation, value=float(bool(reasons())))
