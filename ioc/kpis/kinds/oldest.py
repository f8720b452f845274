"""``oldest``: how long the oldest open entity has been open."""

from typing import Literal

from ioc.kpis import facts
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.standing import AFTER_ALL, BEFORE_ALL, StandsOpen
from ioc.kpis.view import KpiValue, KpiValues, Moment, View
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class Oldest(StandsOpen):
    """Seconds since the oldest open entity was opened; 0 when none is open."""

    kind: Literal["oldest"]

    only_unit = "seconds"

    def measure(self) -> Measure:
        return Measure(facts.OpenSince(self.entity), "buckets", bucket=facts.STAMP, where=self.conditions_with())

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return {
            labels: KpiValue(max(0, view.reached - int(min(minutes)) * 60) if minutes else 0)
            for labels, minutes in view.buckets(self.measure(), grouping, window).items()
        }

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        return BEFORE_ALL, AFTER_ALL

    def formula(self, say: Writer) -> str:
        oldest = say("thời gian từ khi mở lâu nhất trong", "time since the opening of the oldest open")
        return f"{oldest} {say.entity(self.entity)}{say(' đang mở', '')}{say.before(self.until)}"
