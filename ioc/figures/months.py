"""A subsystem's KPIs month by month over its whole history, each month as it stood at its end.

A month goes from midnight of its first day, which it has, to midnight of the next one's, which it has not: a case that
is closed at that very instant is open at the end of the month before, and is closed in the next. So what stood before,
what came and what went add up. What is counted over time is read in the month; what stands, such as what is open, is
read at the month's end. The month of the newest event is read there.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from ioc.catalogue.model import Subsystem
from ioc.engine.plan import Plan
from ioc.figures.family import Family
from ioc.figures.label_text import LabelPairs
from ioc.figures.replayed import PastEvent, Replayed, plan_of_one, wholes
from ioc.figures.view import SubsystemView
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.view import KpiValue
from ioc.time.instants import EpochSeconds, seconds_from_ms
from ioc.time.windows import DAY, Window, month_start, next_month


class Month(NamedTuple):
    """The KPIs of a subsystem in one calendar month; one without a value is left out."""

    start: EpochSeconds
    read_at: EpochSeconds
    """The last second of the month; in the newest one, that of the newest event."""
    values: Mapping[str, KpiValue]


class Months:
    """Replays one subsystem, month by month."""

    def __init__(self, plan: Plan, slug: str, partitions: int) -> None:
        own = plan.subsystems[slug].subsystem
        self.windows = {name: window_by_month(own, name) for name in own.kpis}
        """The window that each KPI is read in at the end of a month."""
        kpis = {name: _with_window(kpi, self.windows[name]) for name, kpi in wholes(own).items()}
        self._plan = plan_of_one(plan, slug, kpis)
        self._slug = slug
        self._partitions = partitions

    def of(self, events: Iterable[PastEvent]) -> Iterator[Month]:
        """The months of events in the order they happened, without a gap between the first and the last one."""
        replayed = Replayed(self._plan, self._slug, self._partitions)
        former: EpochSeconds | None = None
        for start, own in groupby(events, lambda event: month_start(seconds_from_ms(event.time))):
            while former is not None:
                end = next_month(former)
                yield self._read(replayed, former, EpochSeconds(end - 1))
                former = end if end < start else None
            replayed.apply(own)
            former = start
        if former is not None:
            newest = replayed.merged.newest(self._slug)
            end = EpochSeconds(next_month(former) - 1)
            yield self._read(replayed, former, end if newest is None else min(end, seconds_from_ms(newest)))

    def _read(self, replayed: Replayed, start: EpochSeconds, at: EpochSeconds) -> Month:
        view = SubsystemView(replayed.merged, self._slug, at, self._plan.calendar)
        values = {}
        for name, window in self.windows.items():
            if (value := view.kpi(name, (), window).get(())) is not None:
                values[name] = value
        return Month(start, at, values)

    def families(self, months: Iterable[Month], until: EpochSeconds) -> dict[EpochSeconds, list[Family]]:
        """What Prometheus stores of the months: at every midnight UTC of a month, but none after ``until``.

        So a chart whose steps are days or more shows the whole month's figure wherever it looks.
        """
        by_instant = {}
        for month in months:
            families = self._families_of(month)
            first = EpochSeconds(-(-month.start // DAY) * DAY)
            for instant in range(first, min(next_month(month.start), until + 1), DAY):
                by_instant[EpochSeconds(instant)] = families
        return by_instant

    def _families_of(self, month: Month) -> list[Family]:
        values, numerators, denominators = (
            Family(name, "gauge", f"A KPI of the calendar month, as it stood at its end{part}.")
            for name, part in (
                (metric_names.KPI_MONTH, ""),
                (metric_names.numerator_name(metric_names.KPI_MONTH), ": numerator"),
                (metric_names.denominator_name(metric_names.KPI_MONTH), ": denominator"),
            )
        )
        for name, (value, numerator, denominator, _) in month.values.items():
            labels: LabelPairs = (
                ("subsystem", self._slug),
                ("kpi", name),
                (metric_names.WINDOW_LABEL, self.windows[name]),
            )
            values.samples.append((labels, value))
            if numerator is not None:
                numerators.samples.append((labels, numerator))
            if denominator is not None:
                denominators.samples.append((labels, denominator))
        return [family for family in (values, numerators, denominators) if family.samples]


def window_by_month(subsystem: Subsystem, name: str) -> Window:
    """The window that a KPI is read in at the end of a month.

    The month, where the KPI is of a period; else how it stands then, since the beginning or in the longest of its
    windows.
    """
    kpi = subsystem.kpis[name]
    if "month" in kpi.windows or _is_of_a_period(subsystem, name):
        return "month"
    return "total" if "total" in kpi.windows else kpi.windows[-1]


def _is_of_a_period(subsystem: Subsystem, name: str) -> bool:
    """Whether a KPI can be read in a month, and is one of what happened in it rather than of what stands."""
    kpi = subsystem.kpis[name]
    if "month" not in kpi.only_windows:
        return False
    needed = kpi.model_copy(update={"windows": ["month"]}).needed()
    counted_over_time = all(window == "month" for _, _, window in needed)
    return (counted_over_time or kpi.windows != ["total"]) and all(
        each.window is not None or _is_of_a_period(subsystem, each.kpi) for each in kpi.inputs()
    )


def _with_window(kpi: Kpi, window: Window) -> Kpi:
    return kpi if window in kpi.windows else kpi.model_copy(update={"windows": [*kpi.windows, window]})
