"""The open alerts as every picture counts them: each once, with since when and when it was taken, by no name."""

from dataclasses import dataclass
from datetime import datetime

from dashboards.prometheus_api import Prometheus, RuleAlert
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.platform_metrics import alert_named
from ioc.notices.alert import DIGEST
from ioc.text.bilingual import Text

_BY = ", ".join(platform_metrics.ALERT_LABELS)
_OF_OPEN = f"and on ({_BY}) {metric_names.ALERT_OPEN}"


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """One alert that fires and that no other one makes superfluous."""

    name: str
    subsystem: str
    kpi: str
    """Empty where it is of a feed or of the platform."""
    feed: str
    severity: str
    at: str
    """The machine or disk it is of; empty where it is of none."""
    pages: bool
    """Whether it wakes somebody."""
    since: float | None
    """When its limit was broken, seconds since the epoch."""
    taken_at: float | None
    """When somebody took it, seconds since the epoch."""
    summary: Text
    """What its rule says of it, with the figures of this moment."""

    @property
    def key(self) -> str:
        """Tells it from all others that are open, and from itself at another time."""
        return "/".join(
            (self.name, self.subsystem, self.kpi, self.feed, self.severity, self.at, f"{self.since or 0:.0f}")
        )


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """All of them; the worst and oldest first."""

    alerts: list[OpenAlert]
    evaluated: bool
    """Whether alerts are evaluated at all: else that there is none says nothing."""
    relay_answers: bool
    """Whether somebody knows who took which."""

    @property
    def untaken(self) -> list[OpenAlert]:
        """Those that nobody took, as far as anybody knows."""
        return [alert for alert in self.alerts if alert.taken_at is None]


def open_alerts(prometheus: Prometheus) -> OpenAlerts:
    """Those of this moment. Raises PrometheusError."""
    found = prometheus.query(f"max by ({_BY}, class) ({metric_names.ALERT_OPEN})")
    rules = {alert_named(alert.labels): alert for alert in prometheus.alerts() if alert.state == "firing"}
    acknowledged = f"max by ({_BY}) ({platform_metrics.RELAY_ALERT_ACKNOWLEDGED}) {_OF_OPEN}"
    taken = {alert_named(sample.labels): sample.value for sample in prometheus.query(acknowledged)}
    alerts = [
        _alert(named, rules.get(named), taken.get(named), pages=alert_class != DIGEST)
        for named, alert_class in ((alert_named(each.labels), each.labels.get("class")) for each in found)
    ]
    alerts.sort(key=lambda alert: (alert.taken_at is not None, not alert.pages, alert.severity, alert.since or 0.0))
    return OpenAlerts(
        alerts,
        evaluated=bool(prometheus.query('ALERTS{class="heartbeat"}')),
        relay_answers=bool(prometheus.query(str(platform_metrics.RELAY_OPEN_ALERTS))),
    )


def _alert(named: tuple[str, ...], rule: RuleAlert | None, taken_at: float | None, *, pages: bool) -> OpenAlert:
    """``rule`` is what Prometheus' rules say of it; None where it ended between two questions."""
    name, subsystem, kpi, feed, severity, at = named
    since = None if rule is None else datetime.fromisoformat(rule.active_at).timestamp()
    said = {} if rule is None else rule.annotations
    vi, en = (said.get(f"summary_{language}", name) for language in ("vi", "en"))
    return OpenAlert(
        name, subsystem, kpi, feed, severity, at, pages=pages, since=since, taken_at=taken_at, summary=Text(vi, en)
    )
