"""What every picture of the whole shows, recorded once: how far the data goes, and which alerts are open."""

from collections.abc import Iterator

from dashboards.rules.broken import broken_recordings
from dashboards.rules.exporters import of_unoutdated
from dashboards.rules.inhibitions import inhibitions, open_alerts
from dashboards.rules.names import FEED_SILENT
from dashboards.rules.rule import Recording
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names

OFTEN = 3600
"""Seconds: how far the data goes is said of the feeds that are expected at least so often; a weekly report is not
old before its week is over."""


def wall_recordings(catalogue: Catalogue) -> Iterator[Recording]:
    """In the order they depend on each other."""
    yield Recording(metric_names.DATA_TIME, _data_time())
    yield Recording(metric_names.SUBSYSTEM_JUDGED, f"timestamp({metric_names.SUBSYSTEM_STATUS})")
    yield Recording(metric_names.ALERT_OPEN, f"({open_alerts(inhibitions(catalogue))})")
    for subsystem in catalogue.subsystems.values():
        yield from broken_recordings(subsystem)


KEPT = "6h"
"""For so long it is still shown how far the data went, and that it is simulated, after the exporter has gone."""
DATA_TIME_KEPT = f"max(last_over_time({metric_names.DATA_TIME}[{KEPT}]))"
SIMULATED_KEPT = f"max(last_over_time({metric_names.SIMULATED}[{KEPT}]))"


def _data_time() -> str:
    newest, interval, in_hours = (
        f"max by (subsystem, feed) {of_unoutdated(metric)}"
        for metric in (
            metric_names.FEED_EVENT_TIME,
            metric_names.FEED_EXPECTED_INTERVAL,
            metric_names.FEED_IN_HOURS,
        )
    )
    on = "on (subsystem, feed)"
    often = f"{interval} <= {OFTEN} and {on} {in_hours} == 1"
    # Where none is so often, as at night in a small installation, all that are watched.
    return f"min({newest}\n  and {on} ({often} or {FEED_SILENT} == 1))\nor on ()\nmin({newest}\n  and {on} {interval})"
