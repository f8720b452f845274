"""``share_below``: of the things that another KPI is read at, the share with a low value."""

from typing import Literal

from ioc.kpis.base import Input, Kpi
from ioc.kpis.measures import Grouping
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class ShareBelow(Kpi):
    """Of the things that another KPI is read at, the share whose value there is below ``below``."""

    kind: Literal["share_below"]
    of: str
    across: str
    """The field that tells the things apart: the other KPI's ``at_each`` or one of its breakdowns."""
    below: float

    ratio = True

    def inputs(self) -> list[Input]:
        return [Input(self.of, grouping=(self.across,))]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        things = view.kpi(self.of, (self.across,), window) if grouping == () else {}
        if not things:
            return {}
        below = sum(thing.value < self.below for thing in things.values())
        return {(): KpiValue(below / len(things), below, len(things), len(things))}

    def formula(self, say: Writer) -> str:
        below = f"{say('số có giá trị dưới', 'those whose value is below')} {self.below:g}"
        return f"{say.field(self.across)}: {below} / {say('tất cả', 'all')}; {say.kpi(self.of)}"
