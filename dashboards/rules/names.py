"""What the rules record for themselves, jobs, names of alerts; ``ioc.kpis.metric_names`` names what others read."""

KPI_JUDGED = "ioc_kpi_judged"
"""A KPI's value where it may be judged: from a feed that speaks, when due, with the minimum sample."""
FEED_SILENT = "ioc_feed_silent"
"""1 while a feed has said nothing for longer than it expects; absent where it was never heard."""

EXPORTER_FRESH = "ioc_exporter_fresh"
"""1 for an exporter whose figures count, 0 for one whose figures are older than another's. Label: instance."""

EXPORTER_JOB = "ioc-exporter"
WORKER_JOB = "ioc-worker"
RELAY_JOB = "ioc-relay"
GATEWAY_JOB = "ioc-gateway"
NODE_JOB = "node"
"""Prometheus' node exporter, one on every machine."""
PROMETHEUS_JOB = "prometheus"
ALERTMANAGER_JOB = "alertmanager"


def kpi_alert(subsystem: str, kpi: str) -> str:
    """The alert of a KPI, the same for both severities; its runbook has this name."""
    return f"Ioc{_camel(subsystem)}{_camel(kpi)}"


def feed_alert(subsystem: str) -> str:
    return f"Ioc{_camel(subsystem)}FeedSilent"


def _camel(slug: str) -> str:
    return "".join(part.capitalize() for part in slug.split("_"))
