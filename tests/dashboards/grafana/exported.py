"""Every metric that the product exports or records, with its labels, derived from the program itself."""

from prometheus_client.registry import Collector

from dashboards.rules.forecasts import LIMIT as FORECAST_LIMIT
from dashboards.rules.names import EXPORTER_FRESH, FEED_SILENT, KPI_JUDGED
from ioc.catalogue.model import Catalogue
from ioc.engine.plan import compile_plan
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from ioc.kpis import metric_names, platform_metrics
from streams.worker.gauges import PartitionCollector
from streams.worker.metrics import WorkerMetrics

_ALERT = {"alertname", "alertstate", "subsystem", "kpi", "feed", "severity", "class", "layer"}
_OF_PROMETHEUS: dict[str, set[str]] = {
    "up": set(),
    "scrape_duration_seconds": set(),
    "node_filesystem_avail_bytes": {"device", "mountpoint", "fstype"},
    "node_filesystem_size_bytes": {"device", "mountpoint", "fstype"},
    "ALERTS": _ALERT,
    "ALERTS_FOR_STATE": _ALERT - {"alertstate"},
}
_OF_THE_RELAY = (
    platform_metrics.RELAY_ALERT_ACKNOWLEDGED,
    platform_metrics.RELAY_SILENCE_ENDS,
    platform_metrics.RELAY_SILENCES,
    platform_metrics.RELAY_OPEN_ALERTS,
)
_OF_FEEDS = {"subsystem", "feed", "kpi", "window", "fate", "reason", "entity", "instance"}


def exported_metrics(catalogue: Catalogue) -> dict[str, set[str]]:
    """Names with the labels they may carry, without those of targets."""
    found = dict(_OF_PROMETHEUS)
    plan = compile_plan(catalogue)
    for family in Exposition(plan, Clock("wall"), simulated=False).families(MergedFigures(plan), Backlog(), 0.0)[""]:
        found[family.name] = _OF_FEEDS.union(*(dict(labels) for labels, _ in family.samples))
    recorded = {"subsystem", "kpi", "window"}
    for slug, subsystem in catalogue.subsystems.items():
        for name, kpi in subsystem.kpis.items():
            labels = {subsystem.label(field) for grouping in kpi.groupings for field in grouping}
            metric = metric_names.metric_name(slug, name, kpi)
            parts = [metric]
            parts += [metric_names.numerator_name(metric), metric_names.denominator_name(metric)] if kpi.ratio else []
            found |= dict.fromkeys(parts, labels | {"window"})
            recorded |= labels
    found |= dict.fromkeys([metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON, KPI_JUDGED], recorded)
    for own in _OF_THE_RELAY:
        found[own.name] = {*own.labels}
    found[metric_names.DATA_TIME] = set()
    found[metric_names.ALERT_OPEN] = _ALERT | {"at"}
    found[metric_names.SUBSYSTEM_BROKEN] = found[metric_names.KPI_RED_PLACES] = {"subsystem", "kpi"}
    found[metric_names.KPI_WORST_PLACE] = {"subsystem", "kpi", "place"}
    found[EXPORTER_FRESH] = {"instance"}
    found[FEED_SILENT] = {"subsystem", "feed"}
    found[platform_metrics.EXPORTER_CHECKPOINT.name] = set()
    found[metric_names.SUBSYSTEM_STATUS] = {"subsystem"}
    found[metric_names.KPI_MONTH] = {"subsystem", "kpi", "window"}
    found[metric_names.UNIT_RANK] = {"subsystem", "kpi", "window", "unit"}
    found[metric_names.TREND] = recorded - {"window"}
    found[metric_names.FORECAST] = recorded - {"window"} | {FORECAST_LIMIT}
    found[metric_names.UNIT_KPI] = {"subsystem", "kpi", "window", "unit", "level", "measured_in", "best"}
    return found | _of_collector(WorkerMetrics().registry) | _of_collector(PartitionCollector([], lambda *_: None))


def _of_collector(collector: Collector) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for family in collector.collect():
        # What a family without samples is called is told by its type.
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        labels = set(getattr(family, "_labelnames", ())) | {label for s in family.samples for label in s.labels}
        found |= {family.name + suffix: labels | {"subsystem"} for suffix in suffixes}
    return found
