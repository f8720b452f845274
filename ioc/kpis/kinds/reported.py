"""``reported``: the share of those who should that reported in time."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Filtered, Input
from ioc.kpis.measures import Grouping, Labels, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.time.instants import EpochSeconds
from ioc.time.windows import DAY, HOUR, Window, pane_start


class Reported(Filtered):
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

    ratio = True
    only_windows = ("24h",)
    looks_back = DAY

    def measures(self) -> tuple[Measure]:
        return (Measure(facts.Happened(self.of), where=self.where),)

    def needed(self) -> Iterable[Needed]:
        (reports,) = self.measures()
        return [Needed(reports, self._kept(grouping), "24h") for grouping in self.groupings]

    def inputs(self) -> list[Input]:
        return [Input(self.inventory, "total", moves=-1)]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        (reports,) = self.measures()
        deadline = last_deadline(view.reached, self.deadline)
        reported: dict[Labels, set[str]] = {}
        for age in range(1, 25):
            pane = view.pane_sums(reports, self._kept(grouping), HOUR, EpochSeconds(deadline - age * HOUR))
            for labels, count in pane.items():
                if count > 0:
                    reported.setdefault(labels[:-1], set()).add(labels[-1])
        values = {}
        for labels, due in view.kpi(self.inventory, grouping, "total").items():
            if due.value > 0:
                timely = len(reported.get(labels, ()))
                values[labels] = KpiValue(timely / due.value, timely, due.value, due.value)
        return values

    def formula(self, say: Writer) -> str:
        timely = say("khác nhau báo cáo trong 24 giờ trước", "that reported in the 24 hours before")
        return f"{say.field(self.field)} {timely} {self.deadline:02d}:00 / {say.kpi(self.inventory)}"

    def _kept(self, grouping: Grouping) -> Grouping:
        return (*grouping, self.field)


def last_deadline(instant: EpochSeconds, hour: int) -> EpochSeconds:
    """When it was last ``hour`` o'clock in local time before an instant."""
    today = pane_start(DAY, instant) + hour * HOUR
    return EpochSeconds(today if today <= instant else today - DAY)
