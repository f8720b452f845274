"""What happened, on every chart: alerts while they were open, and what people noted with `ioc grafana annotate`."""

from dashboards.grafana.panel import DATASOURCE, Json
from dashboards.grafana.status import BLUE, LOOKS
from dashboards.grafana.words import ALERTS, NOTES
from dashboards.rules.rule import selector
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.status import Status
from ioc.text.bilingual import Language
from ioc.text.wall import TAG

_OF_GRAFANA: Json = {"type": "grafana", "uid": "-- Grafana --"}


def annotations(catalogue: Catalogue, page: str, language: Language) -> list[Json]:
    """Those of a page: on a subsystem's its own alerts, on others all."""
    only = {"subsystem": page} if page in catalogue.subsystems else {}
    opened = selector(metric_names.ALERT_OPEN, **only) if only else metric_names.ALERT_OPEN
    return [
        {
            "name": ALERTS.titled(language),
            "datasource": DATASOURCE,
            "enable": True,
            "iconColor": LOOKS[Status.RED].colour,
            "expr": f"max by ({', '.join(platform_metrics.ALERT_LABELS)}) ({opened})",
            # Of how many seconds a gap in an alert is still the same one.
            "step": "60s",
            "titleFormat": "{{alertname}}",
            "textFormat": "{{subsystem}} {{kpi}}{{feed}}{{at}} {{severity}}",
            "tagKeys": "severity",
        },
        {
            "name": NOTES.titled(language),
            "datasource": _OF_GRAFANA,
            "enable": True,
            "iconColor": BLUE,
            "target": {"type": "tags", "tags": [TAG], "matchAny": True, "limit": 100},
        },
    ]
