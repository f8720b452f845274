"""The recording rules of forecasts: when a river or rain that goes on to rise as before reaches its next limit.

A forecast is a straight line through what was measured, and says nothing where that bears none: a value that does not
rise, or not any more, or by leaps, or whose limit is further ahead than the time that the line rests on.
"""

from collections.abc import Iterator, Mapping

from dashboards.rules.exporters import of_unoutdated
from dashboards.rules.rule import Recording
from dashboards.rules.series import series_of
from dashboards.rules.units import shown_window
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.figures.label_text import quoted
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.kinds.alarm_level import AlarmLevel
from ioc.kpis.limits import effective_limits
from ioc.kpis.specs import ForecastSpec
from ioc.time.instants import Seconds

LIMIT = "limit"
"""The label with the limit that is reached next."""
INTERVAL = 60
_STEP, _STEP_SECONDS = "1m", 60
_LEAST_KNOWN = 0.9
"""The least share of the time in which there must have been a value."""
_LEAST_FIT = 0.8
"""The least share of a value's variance that the line must explain (the coefficient of determination, R²).

Three steps of an hourly logger give 0.89, a single leap 0.75.
"""


def forecast_recordings(catalogue: Catalogue) -> Iterator[Recording]:
    """Of each KPI with a forecast first its trend, then the time to the next limit."""
    for subsystem in catalogue.subsystems.values():
        for slug, kpi in subsystem.kpis.items():
            if kpi.forecast is not None:
                yield from _recordings(subsystem, slug, kpi, kpi.forecast)


def _recordings(subsystem: Subsystem, slug: str, kpi: Kpi, forecast: ForecastSpec) -> Iterator[Recording]:
    assert kpi.at_each is not None
    label, identity = subsystem.label(kpi.at_each), {"subsystem": subsystem.subsystem, "kpi": slug}
    value = _value(subsystem, slug, kpi, label)
    yield Recording(metric_names.TREND, _trend(value, label, forecast.over.seconds), identity)
    trend = f'{metric_names.TREND}{{subsystem="{subsystem.subsystem}",kpi="{slug}"}}'
    left = [
        f'label_replace(3600 * ({limit} - on ({label}) {value}) / on ({label}) {trend}, "{LIMIT}", "{name}", "", "")'
        for name, limit in _limits(subsystem, kpi, forecast, value, label).items()
    ]
    ahead = "\n  or\n".join(left)
    next_one = f"bottomk by ({label}) (1, ((\n{ahead}\n) > 0) <= {forecast.over.seconds})"
    yield Recording(metric_names.FORECAST, next_one, identity)


def _value(subsystem: Subsystem, slug: str, kpi: Kpi, label: str) -> str:
    metric = metric_names.metric_name(subsystem.subsystem, slug, kpi)
    return f"max by ({label}) {of_unoutdated(series_of(subsystem, kpi, metric, shown_window(kpi), label))}"


def _trend(value: str, label: str, seconds: Seconds) -> str:
    """The rise an hour, where it is steady, and in the last third of the time has neither ended nor become a fall."""
    over = f"[{seconds}s:{_STEP}]"
    slope, spread = f"deriv(({value}){over})", f"stddev_over_time(({value}){over})"
    spread_of_times = f"stddev_over_time(({value} * 0 + time()){over})"
    conditions = [
        f"({slope} * {spread_of_times} / {spread}) ^ 2 >= {_LEAST_FIT}",
        f"count_over_time(({value}){over}) >= {_LEAST_KNOWN * seconds / _STEP_SECONDS:g}",
        f"{value} > last_over_time(({value})[5m:{_STEP}] offset {seconds // 3}s)",
        f"{value} >= avg_over_time(({value})[{seconds // 3}s:{_STEP}])",
    ]
    return f"\n  and on ({label})\n".join([f"3600 * {slope} > 0", *conditions])


def _limits(subsystem: Subsystem, kpi: Kpi, forecast: ForecastSpec, value: str, label: str) -> Mapping[str, str]:
    """By name each limit as a vector with one value for each thing that has it."""
    if forecast.levels_of is None:
        limits = effective_limits(kpi)
        assert limits is not None
        return {
            severity.name.lower(): f"({value} * 0 + {level.raised:.12g})"
            for severity in limits.severities
            if (level := limits.level(severity))
        }
    alarms = subsystem.kpis[forecast.levels_of]
    assert isinstance(alarms, AlarmLevel)
    return {
        str(number + 1): "("
        + " or ".join(
            f'label_replace(vector({levels[number]:.12g}), "{label}", "{_as_it_is(thing)}", "", "")'
            for thing, levels in alarms.levels.items()
            if number < len(levels)
        )
        + ")"
        for number in range(max(map(len, alarms.levels.values())))
    }


def _as_it_is(thing: str) -> str:
    """An id as what takes the place of a match, where a dollar begins the name of a group."""
    return quoted(thing).replace("$", "$$")
