"""Surges: the last hour against what is usual at that hour."""

from collections.abc import Iterable
from statistics import median
from typing import Literal

from ioc.kpis import facts
from ioc.kpis.base import Kpi, WhereSpec
from ioc.kpis.measures import Grouping, Labels, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.time.instants import EpochSeconds
from ioc.time.windows import DAY, HOUR, Window, pane_start

DAYS = 28
LEAST_DAYS = 7
"""With fewer days of history there is no telling what is usual."""


class Surge(Kpi):
    """For each value of a field: events of the last complete hour over the median of the same hour of 28 days.

    A day without any event of the kind is not part of the history; a median below 1 counts as 1.
    """

    kind: Literal["surge"]
    of: str
    at_each: str
    where: WhereSpec = ()

    def measure(self) -> Measure:
        return Measure(facts.Happened(self.of), where=self.where)

    def needed(self) -> Iterable[Needed]:
        self.needs_windows("1h")
        return [Needed(self.measure(), (self.at_each,), "24h")]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        hour = pane_start(HOUR, view.now) - HOUR
        hours = [EpochSeconds(hour - day * DAY) for day in range(DAYS + 1)]
        days = [view.pane_sums(self.measure(), (self.at_each,), HOUR, start) for start in hours]
        history = [day for day in days[1:] if any(day.values())]
        values: dict[Labels, KpiValue] = {}
        if len(history) >= LEAST_DAYS:
            for labels, count in days[0].items():
                usual = max(1.0, median(day.get(labels, 0) for day in history))
                values[labels] = KpiValue(count / usual, sample=count)
        return values
