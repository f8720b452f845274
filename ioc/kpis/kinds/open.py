"""``open``: how many entities are open now."""

from typing import Literal

from ioc.kpis import facts
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.standing import AFTER_ALL, BEFORE_ALL, StandsOpen
from ioc.kpis.view import KpiValues, Moment, View, counted
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.windows import Window

_PHASES = {
    "any": Text("đang mở", "open"),
    "running": Text("đang mở, không tạm dừng", "open and not suspended"),
    "suspended": Text("đang tạm dừng", "suspended"),
}


class Open(StandsOpen):
    """How many entities are open now."""

    kind: Literal["open"]
    phase: Literal["any"] | facts.Phase = "any"

    def measure(self) -> Measure:
        phase = [] if self.phase == "any" else [(facts.PHASE, frozenset({self.phase}))]
        return Measure(facts.Open(self.entity), where=self.conditions_with(*phase))

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return counted(view.sums(self.measure(), grouping, window))

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        return BEFORE_ALL, AFTER_ALL

    def formula(self, say: Writer) -> str:
        phase = say.text(_PHASES[self.phase])
        return f"{say('số', 'number of')} {say.entity(self.entity)} {phase}{say.before(self.until)}"
