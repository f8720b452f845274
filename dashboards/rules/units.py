"""The recording rules of what the page of a unit and its ranks read: each KPI of each unit, once a minute.

Fewer cases than the minimum sample make no rank, so nothing is recorded for them.
"""

from collections.abc import Iterator

from dashboards.rules.exporters import of_fresh
from dashboards.rules.rule import Recording
from dashboards.rules.series import series_of
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.limits import effective_limits
from ioc.time.windows import Window

UNIT = "unit"
"""The label under which every subsystem exports the unit that answers for a case."""
INTERVAL = 60


def unit_recordings(catalogue: Catalogue) -> Iterator[Recording]:
    """A rule for every KPI that is broken down by unit."""
    for slug, subsystem in catalogue.subsystems.items():
        for name, kpi in subsystem.kpis.items():
            if by_unit(subsystem, kpi):
                best = {"best": kpi.ranked} if kpi.ranked else {}
                labels = {"subsystem": slug, "kpi": name, "measured_in": kpi.unit, **best}
                yield Recording(metric_names.UNIT_KPI, _of_units(subsystem, name, kpi), labels)


def by_unit(subsystem: Subsystem, kpi: Kpi) -> bool:
    """Whether the KPI is broken down by the unit alone."""
    return any([subsystem.label(field) for field in grouping] == [UNIT] for grouping in kpi.groupings)


def shown_window(kpi: Kpi) -> Window:
    """The window a KPI is shown in where there is room for one: that of its limits, else the running one."""
    limits = effective_limits(kpi)
    if limits is not None:
        return limits.window
    return "total" if "total" in kpi.windows else kpi.windows[0]


def with_enough(subsystem: Subsystem, name: str, kpi: Kpi, window: str) -> str:
    """The KPI of each unit that has the minimum sample."""
    metric = metric_names.metric_name(subsystem.subsystem, name, kpi)
    value = of_each_unit(subsystem, kpi, metric, window)
    if not kpi.minimum_sample_of_ranks:
        return value
    sample = metric_names.denominator_name(metric) if kpi.ratio else metric_names.sample_name(metric)
    return (
        f"{value}\n  and on ({UNIT})\n{of_each_unit(subsystem, kpi, sample, window)} >= {kpi.minimum_sample_of_ranks}"
    )


def _of_units(subsystem: Subsystem, name: str, kpi: Kpi) -> str:
    enough = with_enough(subsystem, name, kpi, shown_window(kpi))
    return f"({enough})\n* on ({UNIT}) group_left (level)\nmax by ({UNIT}, level) ({metric_names.UNIT_INFO})"


def of_each_unit(subsystem: Subsystem, kpi: Kpi, metric: str, window: str, ago: str = "") -> str:
    """A metric of the KPI for each unit; ``ago`` is an offset of PromQL."""
    series = series_of(subsystem, kpi, metric, window, UNIT)
    # Which exporter was the fresher one then is not asked of the past, which may have been imported.
    counted = f"{series}{ago}" if ago else of_fresh(series)
    return f"max by ({metric_names.WINDOW_LABEL}, {UNIT}) ({counted})"
