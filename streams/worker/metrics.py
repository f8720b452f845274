"""The platform metrics of one worker: how much goes through it, how far behind it is, how its checkpoints fare."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ioc.events.records import Batch, Checkpoint

_DURATIONS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 10, 100, 1_000, 10_000, 100_000)


class WorkerMetrics:
    """Counters and histograms that the worker moves. Names begin with ``ioc_worker_``."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._records = Counter("ioc_worker_records", "Records consumed", ["subsystem"], registry=registry)
        self._bytes = Counter("ioc_worker_bytes", "Bytes of values consumed", ["subsystem"], registry=registry)
        self._busy = Counter("ioc_worker_apply_seconds", "Time spent in the engine", ["subsystem"], registry=registry)
        self.skipped = Counter(
            "ioc_worker_skipped_offsets",
            "Offsets passed over because the broker no longer has them, aborted records and markers included",
            ["subsystem"],
            registry=registry,
        )
        self._checkpoint_seconds = Histogram(
            "ioc_worker_checkpoint_seconds", "Time a checkpoint took", buckets=_DURATIONS, registry=registry
        )
        self._checkpoint_records = Histogram(
            "ioc_worker_checkpoint_records", "Records written per checkpoint", buckets=_SIZES, registry=registry
        )
        self._dead_letters = Counter("ioc_worker_dead_letters", "Rejected records kept aside", registry=registry)
        self._restore = Gauge("ioc_worker_restore_seconds", "Time the last restore took", registry=registry)
        self.rebalances = Counter("ioc_worker_rebalances", "Assignments received", registry=registry)
        self.torn = Counter("ioc_worker_torn_checkpoints", "Partitions rebuilt from their topics", registry=registry)
        self.torn_at = Gauge(
            "ioc_worker_torn_checkpoint_timestamp_seconds",
            "When a torn checkpoint was last noticed; 0 for never",
            registry=registry,
        )
        self.fenced = Counter("ioc_worker_fenced", "Checkpoints refused as another worker's", registry=registry)
        self.doubtful = Counter(
            "ioc_worker_doubtful_checkpoints",
            "Checkpoints whose outcome only the log could tell",
            registry=registry,
        )

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
        self._checks = {
            "ioc_worker_stuck": ("1 while records wait and none is applied", stuck),
            "ioc_worker_unready": ("1 while stuck or without the state of an assigned partition", unready),
        }

    def collect(self) -> Iterator[Metric]:
        for name, (documentation, reasons) in self._checks.items():
            yield GaugeMetricFamily(name, documentation, value=float(bool(reasons())))
