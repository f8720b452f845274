"""``sum``: the sum of a field over events."""

from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.measures import SCALE, Grouping, Measure
from ioc.kpis.specs import FactorsSpec, factors_of
from ioc.kpis.view import KpiValue, KpiValues, View, total
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class Sum(Filtered):
    """The sum of a field.

    At each of several things only those have one that were heard of in the window: a silent rain gauge knows of no
    drought.
    """

    kind: Literal["sum"]
    of: list[str] = Field(min_length=1)
    field: str
    factors: FactorsSpec | None = None

    def measures(self) -> list[Measure]:
        return [*self._amounts(), *self._heard()]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        sums = total(view.sums(measure, grouping, window) for measure in self._amounts())
        heard = total(view.sums(measure, grouping, window) for measure in self._heard())
        return {
            labels: KpiValue(amount / SCALE)
            for labels, amount in sums.items()
            if self.at_each is None or heard.get(labels, 0) > 0
        }

    def formula(self, say: Writer) -> str:
        return f"{say('tổng', 'sum of')} {say.field(self.field)} {say.in_events(self.of)}"

    def _amounts(self) -> list[Measure]:
        factors = factors_of(self.factors)
        return [
            Measure(facts.Happened(event), amount=self.field, where=self.where, factors=factors) for event in self.of
        ]

    def _heard(self) -> list[Measure]:
        return [Measure(facts.Happened(event), where=self.where) for event in self.of] if self.at_each else []
