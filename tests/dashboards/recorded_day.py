"""A day and the end of the one before, as Prometheus recorded them: what the leaders' report is read from.

Public services and health are told in full; health's hospitals were silent for two hours; the environment's stations
are silent at the end; of the other subsystems nothing is there.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from dashboards.openmetrics import OpenMetricsFile
from dashboards.rules.names import FEED_SILENT
from ioc.catalogue import Catalogue
from ioc.figures.family import Family
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty, GreyReason, Status
from ioc.notices.report.period import Period, Span
from ioc.time.instants import EpochSeconds

DAY = Period(Span.DAY, date(2025, 10, 31), date(2025, 10, 31))
STEP = 240
"""Seconds between samples: less than Prometheus looks back."""
SILENT_FROM, SILENT_UNTIL = DAY.start + 9 * 3600, DAY.start + 11 * 3600
OVERDUE = ("public_services", "overdue_share")
UNITS = {
    # Of its communes one is the worst, two are equal behind it, and one has too few dossiers to be ranked.
    "8716": (30.0, 300.0),
    "7894": (12.0, 300.0),
    "7897": (12.0, 300.0),
    "7900": (3.0, 300.0),
    "7903": (9.0, 10.0),
}
BELOW_SAMPLE = "7903"


def write_day(catalogue: Catalogue, file: Path) -> None:
    with OpenMetricsFile(file) as written:
        for instant in range(DAY.start - 3 * STEP, DAY.end, STEP):
            written.add(EpochSeconds(instant), _families(catalogue, instant))
        written.write()


def _families(catalogue: Catalogue, instant: int) -> list[Family]:
    found: dict[str, Family] = {}
    for name, labels, value in _samples(catalogue, instant):
        found.setdefault(name, Family(name, "gauge", "Recorded.")).samples.append((tuple(labels.items()), float(value)))
    return list(found.values())


def _samples(catalogue: Catalogue, instant: int) -> Iterator[tuple[str, dict[str, str], float]]:
    yield metric_names.SIMULATED, {}, 1.0
    yield metric_names.DATA_TIME, {}, float(instant - 60)
    yield from _overdue(catalogue, instant)
    for slug, silent in (("health", SILENT_FROM <= instant < SILENT_UNTIL), ("environment", instant >= SILENT_UNTIL)):
        yield from _whole(catalogue, slug, silent=silent)


def _overdue(catalogue: Catalogue, instant: int) -> Iterator[tuple[str, dict[str, str], float]]:
    slug, name = OVERDUE
    kpi = catalogue.subsystems[slug].kpis[name]
    metric = metric_names.metric_name(slug, name, kpi)
    overdue = 153.0 if instant >= DAY.start else 130.0
    rows: list[tuple[dict[str, str], float, float]] = [({}, overdue, 21543.0)]
    rows += [({"unit": unit}, numerator, denominator) for unit, (numerator, denominator) in UNITS.items()]
    for labels, numerator, denominator in rows:
        where = {"window": "total", **labels}
        yield metric, where, numerator / denominator
        yield metric_names.numerator_name(metric), where, numerator
        yield metric_names.denominator_name(metric), where, denominator
        if labels and labels["unit"] != BELOW_SAMPLE:
            of_unit = {"subsystem": slug, "kpi": name, "level": "commune", "best": "least", **where}
            yield metric_names.UNIT_KPI, of_unit, numerator / denominator
    identity = {"subsystem": slug, "kpi": name}
    yield metric_names.KPI_STATUS, {**identity, "window": "total"}, Status.GREEN
    yield metric_names.KPI_KNOWLEDGE, identity, Certainty.KNOWN
    yield metric_names.SUBSYSTEM_STATUS, {"subsystem": slug}, Status.YELLOW


def _whole(catalogue: Catalogue, slug: str, *, silent: bool) -> Iterator[tuple[str, dict[str, str], float]]:
    """A subsystem's headline; its feeds are silent or speak."""
    subsystem = catalogue.subsystems[slug]
    kpi = subsystem.kpis[subsystem.headline]
    assert kpi.limits is not None
    window = kpi.limits.window or kpi.windows[0]
    metric = metric_names.metric_name(slug, subsystem.headline, kpi)
    identity = {"subsystem": slug, "kpi": subsystem.headline}
    yield metric, {"window": window}, 0.925
    if kpi.ratio:
        yield metric_names.numerator_name(metric), {"window": window}, 1850.0
        yield metric_names.denominator_name(metric), {"window": window}, 2000.0
    yield metric_names.KPI_STATUS, {**identity, "window": window}, Status.GREY if silent else Status.GREEN
    yield metric_names.KPI_KNOWLEDGE, identity, Certainty.UNKNOWN if silent else Certainty.KNOWN
    if silent:
        yield metric_names.KPI_GREY_REASON, {**identity, "window": window}, GreyReason.FEED_SILENT
    yield metric_names.SUBSYSTEM_STATUS, {"subsystem": slug}, Status.GREY if silent else Status.GREEN
    for feed in subsystem.feeds:
        yield FEED_SILENT, {"subsystem": slug, "feed": feed}, float(silent)
