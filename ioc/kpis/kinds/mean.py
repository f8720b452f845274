"""``mean``: the mean of a field over events."""

from typing import Literal

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.measures import SCALE, Grouping, Measure
from ioc.kpis.specs import FactorsSpec, factors_of
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class Mean(Filtered):
    """The mean of a field over the events that carry it."""

    kind: Literal["mean"]
    of: str
    field: str
    factors: FactorsSpec | None = None

    sampled = True
    divides = True

    def measures(self) -> tuple[Measure, Measure]:
        """The amounts, and how many they are."""
        fact = facts.Happened(self.of)
        amounts = Measure(fact, amount=self.field, where=self.where, factors=factors_of(self.factors))
        return amounts, Measure(fact, where=self.where)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        amounts, counts = (view.sums(measure, grouping, window) for measure in self.measures())
        return {
            labels: KpiValue(amounts.get(labels, 0) / SCALE / count, sample=count)
            for labels, count in counts.items()
            if count > 0
        }

    def formula(self, say: Writer) -> str:
        return f"{say('trung bình', 'mean of')} {say.field(self.field)} {say.in_events([self.of])}"
