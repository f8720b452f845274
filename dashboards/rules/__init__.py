"""Recording and alert rules of Prometheus, generated from the catalogue: a file per subsystem, one for the platform."""

from collections.abc import Iterator

from dashboards.rules.alerts import feed_alerts, kpi_alerts
from dashboards.rules.exporters import fresh_recording
from dashboards.rules.forecasts import INTERVAL as FORECAST_INTERVAL
from dashboards.rules.forecasts import forecast_recordings
from dashboards.rules.limited import limited_kpis
from dashboards.rules.platform import platform_alerts
from dashboards.rules.rule import AlertRule, Recording, rule_file
from dashboards.rules.statuses import feed_recording, kpi_recordings, subsystem_recording
from dashboards.rules.units import INTERVAL, unit_recordings
from dashboards.rules.wall import wall_recordings
from ioc.catalogue.model import Catalogue, Subsystem

__all__ = ["RUNBOOKS", "rule_files"]

RUNBOOKS = "http://127.0.0.1:9095/runbooks"
"""Where a relay on this machine shows them."""


def rule_files(catalogue: Catalogue, runbooks: str = RUNBOOKS) -> dict[str, str]:
    """Every rule file by its name; alerts link their runbooks below an address."""
    groups = {slug: subsystem_rules(each) for slug, each in catalogue.subsystems.items()}
    return {
        **{f"{slug}.yml": rule_file(slug, rules, runbooks) for slug, rules in groups.items()},
        "exporters.yml": rule_file("exporters", [fresh_recording()], runbooks),
        "wall.yml": rule_file("wall", wall_recordings(catalogue), runbooks),
        "units.yml": rule_file("units", unit_recordings(catalogue), runbooks, INTERVAL),
        "forecasts.yml": rule_file("forecasts", forecast_recordings(catalogue), runbooks, FORECAST_INTERVAL),
        "platform.yml": rule_file("platform", platform_alerts(), runbooks),
    }


def subsystem_rules(subsystem: Subsystem) -> Iterator[Recording | AlertRule]:
    """The rules of one subsystem in the order they depend on each other: feed, statuses, worst status, alerts."""
    kpis = list(limited_kpis(subsystem))
    yield feed_recording(subsystem)
    for kpi in kpis:
        yield from kpi_recordings(kpi)
    if kpis:
        yield subsystem_recording(kpis)
    yield from feed_alerts(subsystem)
    for kpi in kpis:
        yield from kpi_alerts(kpi)
