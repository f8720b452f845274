"""Reports that are due at an hour of the day."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Kpi, WhereSpec
from ioc.kpis.measures import Grouping, Labels, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.time.instants import EpochSeconds
from ioc.time.windows import DAY, HOUR, Window, pane_start


class Reported(Kpi):
    """The share of an inventory that reported in time for the deadline that passed last.

    In time is a report in the 24 hours before the deadline. Between two deadlines the value stands: a report that
    comes after the deadline counts for the next one.
    """

    kind: Literal["reported"]
    of: str
    """The event that is a report."""
    field: str
    """The field that names who reports."""
    inventory: str
    """The KPI, of the same subsystem, that says how many should; read at ``total``."""
    deadline: int = Field(ge=0, le=24)
    """The local hour of the day that reports are due by."""
    where: WhereSpec = ()

    ratio = True

    def measure(self) -> Measure:
        return Measure(facts.Happened(self.of), where=self.where)

    def needed(self) -> Iterable[Needed]:
        if self.windows != ["24h"]:
            raise ValueError("reports are counted in the 24 hours before their deadline: write windows: [24h]")
        return [Needed(self.measure(), self._stored(grouping), "24h") for grouping in self.groupings]

    def inputs(self) -> Iterable[tuple[str, Window | None]]:
        return [(self.inventory, "total")]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        deadline = last_deadline(view.now, self.deadline)
        reported: dict[Labels, set[str]] = {}
        for age in range(1, 25):
            start = EpochSeconds(deadline - age * HOUR)
            pane = view.pane_sums(self.measure(), self._stored(grouping), HOUR, start)
            for labels, count in pane.items():
                if count > 0:
                    reported.setdefault(labels[:-1], set()).add(labels[-1])
        values = {}
        for labels, due in view.kpi(self.inventory, grouping, "total").items():
            if due.value > 0:
                timely = len(reported.get(labels, ()))
                values[labels] = KpiValue(timely / due.value, timely, due.value, due.value)
        return values

    def _stored(self, grouping: Grouping) -> Grouping:
        return (*grouping, self.field)


def last_deadline(now: EpochSeconds, hour: int) -> EpochSeconds:
    """The instant at which it was last ``hour`` o'clock in local time."""
    today = pane_start(DAY, now) + hour * HOUR
    return EpochSeconds(today if today <= now else today - DAY)
