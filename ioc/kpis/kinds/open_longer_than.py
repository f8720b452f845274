"""``open_longer_than``: how many entities have been open for longer than a time."""

from typing import Literal

from ioc.kpis import facts
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.standing import BEFORE_ALL, StandsOpen
from ioc.kpis.view import KpiValue, KpiValues, Moment, View
from ioc.kpis.wording import Writer
from ioc.time.durations import Elapsed
from ioc.time.windows import Window


class OpenLongerThan(StandsOpen):
    """How many entities have been open for longer than a time."""

    kind: Literal["open_longer_than"]
    duration: Elapsed

    def measure(self) -> Measure:
        return Measure(facts.OpenSince(self.entity), "buckets", bucket=facts.STAMP, where=self.conditions_with())

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        _, newest = self.cases_between(view, window)
        return {
            labels: KpiValue(sum(count for minute, count in minutes.items() if int(minute) * 60 < newest))
            for labels, minutes in view.buckets(self.measure(), grouping, window).items()
        }

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        return BEFORE_ALL, moment.reached - self.duration.seconds

    def formula(self, say: Writer) -> str:
        longer = say("đang mở lâu hơn", "open for longer than")
        return f"{say('số', 'number of')} {say.entity(self.entity)} {longer} {self.duration}{say.before(self.until)}"
