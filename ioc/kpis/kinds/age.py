"""``age``: how long ago an event was last heard."""

from typing import ClassVar, Literal

from ioc.kpis import facts
from ioc.kpis.latest import LatestOfThings
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.windows import Window


class Age(LatestOfThings):
    """Seconds since an event was last heard, of the thing heard longest ago (or most recently)."""

    kind: Literal["age"]

    of_zero: ClassVar[Text | None] = Text("sự kiện vừa đến ngay lúc này", "the event came at this very moment")

    combine: Literal["oldest", "newest"] = "oldest"

    only_unit = "seconds"

    def measure(self) -> Measure:
        return Measure(facts.Happened(self.of), "latest", amount=facts.TIME, where=self.where)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        choose = min if self.combine == "oldest" else max
        return {
            labels: KpiValue(max(0, view.reached - choose(instant for instant, _ in things)))
            for labels, things in self.latest(view, grouping).items()
        }

    def formula(self, say: Writer) -> str:
        since = say("thời gian từ lần cuối có", "time since the last")
        return f"{since} {say.events([self.of])}{say.of_each(self.per)}"
