"""Recording and alert rules of Prometheus, generated from the catalogue: a file per subsystem, one for the platform."""

from collections.abc import Iterator

from dashboards.rules.alerts import feed_alerts, kpi_alerts
from dashboards.rules.limited import limited_kpis
from dashboards.rules.platform import platform_alerts
from dashboards.rules.rule import AlertRule, Recording, rule_file
from dashboards.rules.statuses import feed_recording, kpi_recordings, subsystem_recording
from dashboards.rules.units import INTERVAL, unit_recordings
from ioc.catalogue.model import Catalogue, Subsystem

__all__ = ["rule_files"]


def rule_files(catalogue: Catalogue) -> dict[str, str]:
    """Every rule file by its name."""
    files = {f"{slug}.yml": rule_file(slug, subsystem_rules(each)) for slug, each in catalogue.subsystems.items()}
    return {
        **files,
        "units.yml": rule_file("units", unit_recordings(catalogue), INTERVAL),
        "platform.yml": rule_file("platform", platform_alerts()),
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
