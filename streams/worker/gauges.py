"""Gauges of one worker's partitions: lag, watermark, fates, age of the oldest change without a checkpoint."""

import time
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ioc.kpis import platform_metrics
from ioc.time.instants import float_from_ms
from streams.worker.partition import Partition


class PartitionCollector(Collector):
    """Gauges of the partitions that are here now, read when scraped: a partition that leaves takes them along."""

    def __init__(self, partitions: Iterable[Partition], end_offset: Callable[[str, int], int | None]) -> None:
        """`end_offset` gives the next offset of a subsystem's partition on the broker, None if not known yet."""
        self._partitions = partitions
        self._end_offset = end_offset

    def collect(self) -> Iterator[Metric]:
        lag, behind, watermark, fates, age = (
            GaugeMetricFamily(metric.name, metric.documentation, labels=metric.labels)
            for metric in (
                platform_metrics.WORKER_LAG_RECORDS,
                platform_metrics.WORKER_LAG_SECONDS,
                platform_metrics.WORKER_WATERMARK,
                platform_metrics.WORKER_FATES,
                platform_metrics.WORKER_CHECKPOINT_AGE,
            )
        )
        for partition in self._partitions:
            index = str(partition.index)
            changed_at = partition.changed_at
            age.add_metric([index], 0.0 if changed_at is None else time.monotonic() - changed_at)
            for subsystem, state in partition.shard.sources.items():
                labels = [subsystem, index]
                end = self._end_offset(subsystem, partition.index)
                if end is not None:
                    waiting = max(0, end - max(0, state.position))
                    lag.add_metric(labels, waiting)
                    behind.add_metric(
                        labels, time.time() - float_from_ms(state.appended) if waiting and state.appended else 0.0
                    )
                if state.newest:
                    watermark.add_metric(labels, float_from_ms(state.newest))
                for fate in ("applied", "late", "duplicate", "rejected"):
                    fates.add_metric([*labels, fate], getattr(state.fates, fate))
        yield from (lag, behind, watermark, fates, age)
