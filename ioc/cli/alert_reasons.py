"""Why an alert fires: its rule as generated, what the rule reads now, and the last hour of it."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from dashboards.prometheus_api import Prometheus
from dashboards.rules import subsystem_rules
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import KPI_JUDGED
from dashboards.rules.platform import platform_alerts
from dashboards.rules.rule import AlertRule, selector
from ioc.catalogue import Catalogue
from ioc.kpis import metric_names
from ioc.text import formats
from ioc.time.windows import HOUR

_STEP = 300
_SHOWN = 20
"""Series of one input that are shown, at most."""


def reasons(alert: Mapping[str, Any], catalogue: Catalogue, prometheus: Prometheus) -> Iterator[RenderableType]:
    """Parts to print, of an open alert as the relay tells it. Raises PrometheusError."""
    labels, told = alert["labels"], alert["vi"]
    yield Text(f"{told['status']}: {told['title']} ({told['subsystem']})", style="bold")
    rule = _rule(catalogue, labels)
    if rule is None:
        yield Text(f"Today's catalogue has no rule of {labels.get('alertname')}.", style="red")
        return
    yield Text(f"\nalert: {rule.alert}, for {formats.duration(rule.hold, language='en')}")
    yield Syntax(rule.expr, "promql", word_wrap=True)
    kpi = _kpi(catalogue, labels)
    inputs = {"rule": rule.expr} if kpi is None else _inputs(kpi)
    yield _now(inputs, prometheus)
    yield _last_hour(inputs, prometheus)


def _rule(catalogue: Catalogue, labels: Mapping[str, str]) -> AlertRule | None:
    subsystem = catalogue.subsystems.get(labels.get("subsystem", ""))
    rules = [*(subsystem_rules(subsystem) if subsystem else ()), *platform_alerts()]
    return next(
        (
            rule
            for rule in rules
            if isinstance(rule, AlertRule)
            and rule.alert == labels.get("alertname")
            and rule.labels.get("severity") == labels.get("severity")
        ),
        None,
    )


def _kpi(catalogue: Catalogue, labels: Mapping[str, str]) -> LimitedKpi | None:
    subsystem = catalogue.subsystems.get(labels.get("subsystem", ""))
    if subsystem is None:
        return None
    return next((kpi for kpi in limited_kpis(subsystem) if kpi.slug == labels.get("kpi")), None)


def _inputs(kpi: LimitedKpi) -> dict[str, str]:
    """What stands behind a KPI's status: expressions by name."""
    window = {metric_names.WINDOW_LABEL: kpi.limits.window}
    whole = {**window, **dict.fromkeys(kpi.labels, "")}
    inputs = {"value": selector(kpi.metric, **whole)}
    if kpi.kpi.ratio:
        inputs["numerator"] = selector(metric_names.numerator_name(kpi.metric), **whole)
        inputs["denominator"] = selector(metric_names.denominator_name(kpi.metric), **whole)
    inputs["judged"] = selector(KPI_JUDGED, **kpi.identity, **dict.fromkeys(kpi.labels, ""))
    inputs["over the limit"] = f"{selector(metric_names.KPI_STATUS, **kpi.identity)} >= 2"
    inputs["feed silence, s"] = selector(metric_names.FEED_SILENCE, subsystem=kpi.subsystem.subsystem)
    return inputs


def _now(inputs: Mapping[str, str], prometheus: Prometheus) -> Table:
    table = Table("Input", "Labels", "Now", title="Now")
    for name, expression in inputs.items():
        samples = prometheus.query(expression)
        for sample in samples[:_SHOWN]:
            labels = ", ".join(f"{label}={value}" for label, value in sorted(sample.labels.items()) if value)
            table.add_row(name, labels, f"{sample.value:.10g}")
        if len(samples) > _SHOWN:
            table.add_row(name, f"and {len(samples) - _SHOWN} more", "")
        if not samples:
            table.add_row(name, "", "no series")
    return table


def _last_hour(inputs: Mapping[str, str], prometheus: Prometheus) -> Table:
    """Each input every five minutes, as maximum over its series."""
    now = time.time()
    found = {
        name: dict(series[0].points)
        for name, expression in inputs.items()
        if (series := prometheus.query_range(f"max({expression})", now - HOUR, now, _STEP))
    }
    table = Table("Time", *found, title="Last hour")
    for moment in sorted({moment for points in found.values() for moment in points}):
        shown = (f"{points[moment]:.6g}" if moment in points else "-" for points in found.values())
        table.add_row(f"{formats.local_time(moment):%H:%M}", *shown)
    return table
