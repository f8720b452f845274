"""What must hold so that a forecast has a limit to look at."""

from collections.abc import Iterator

from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.structure import Draft
from ioc.kpis.base import Kpi
from ioc.kpis.kinds.alarm_level import AlarmLevel
from ioc.time.windows import DAY

SHORTEST, LONGEST = 15 * 60, 2 * DAY
"""Seconds that a trend may rest on: within less are too few values, one a minute, to tell a line from noise; and all of
them are asked of Prometheus every minute."""


def forecast_faults(draft: Draft) -> Iterator[Fault]:
    """The faults of the forecasts of KPIs."""
    for slug, kpi in draft.subsystem.kpis.items():
        if kpi.forecast is not None:
            yield from _faults(draft, slug, kpi, kpi.forecast.levels_of)
            if not SHORTEST <= kpi.forecast.over.seconds <= LONGEST:
                place: YamlPath = ("kpis", slug, "forecast", "over")
                message = f"no trend can rest on {kpi.forecast.over}"
                yield draft.fault(place, message, "write a time from 15m to 48h")


def _faults(draft: Draft, slug: str, kpi: Kpi, levels_of: str | None) -> Iterator[Fault]:
    place: YamlPath = ("kpis", slug, "forecast")
    if kpi.at_each is None:
        yield draft.fault(place, "it is read at no single thing, so nothing has a trend", "add `at_each:`, or drop it")
    elif levels_of is None:
        if kpi.limits is None or kpi.limits.direction != "above":
            message = "the KPI has no limits that a rising value would reach"
            yield draft.fault(place, message, "name a KPI of kind alarm_level in `levels_of:`, or drop it")
    else:
        place = (*place, "levels_of")
        levels = {name: each for name, each in draft.subsystem.kpis.items() if isinstance(each, AlarmLevel)}
        if levels_of not in levels:
            fix = nearest(levels_of, levels, "name a KPI of kind alarm_level")
            yield draft.fault(place, f"`{levels_of}` is no KPI with alarm levels", fix)
        elif levels[levels_of].at_each != kpi.at_each:
            message = f"`{levels_of}` has levels of each `{levels[levels_of].at_each}`, and not of each `{kpi.at_each}`"
            yield draft.fault(place, message, f"read both `at_each: {kpi.at_each}`")
