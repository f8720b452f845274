"""What the relay asks Prometheus when it tells somebody of an alert on a KPI."""

import logging
import time
from collections.abc import Mapping, Sequence

from dashboards.alert_figures import alert_figures
from dashboards.prometheus_api import Prometheus, PrometheusError
from dashboards.rules.limited import limited_kpis
from ioc.catalogue import Catalogue
from ioc.kpis.limits import Severity
from ioc.notices.alert import Alert
from ioc.notices.figures import AlertFigures
from streams.relay.background import in_thread

PATIENCE = 4.0
"""Seconds that a message waits for its figures: without them it says what the alert itself says."""
_log = logging.getLogger(__name__)


class PrometheusFigures:
    """The figures of a catalogue's alerts, as Prometheus knows them."""

    def __init__(self, catalogue: Catalogue, prometheus: Prometheus) -> None:
        """The client's time-out is to be shorter than PATIENCE."""
        self._prometheus = prometheus
        self._kpis = {
            (subsystem.subsystem, kpi.slug): kpi
            for subsystem in catalogue.subsystems.values()
            for kpi in limited_kpis(subsystem)
        }

    async def of(self, alerts: Sequence[Alert]) -> Mapping[str, AlertFigures]:
        return await in_thread(lambda: self._asked(alerts))

    def _asked(self, alerts: Sequence[Alert]) -> dict[str, AlertFigures]:
        found: dict[str, AlertFigures] = {}
        until = time.monotonic() + PATIENCE
        for alert in alerts:
            kpi = self._kpis.get((alert.subsystem, alert.kpi or ""))
            if kpi is None or alert.severity not in set(kpi.limits.severities):
                continue
            if time.monotonic() > until:
                _log.warning("Prometheus is too slow: some alerts are told without their figures")
                break
            try:
                found[alert.key] = alert_figures(kpi, Severity(alert.severity), self._prometheus)
            except PrometheusError as error:
                _log.warning("alerts are told without their figures: %s", error)
                break
        return found
