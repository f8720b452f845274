"""``difference``: a signed sum of KPIs."""

import math
from typing import ClassVar, Literal

from pydantic import Field

from ioc.kpis.base import Input, Kpi
from ioc.kpis.measures import Grouping
from ioc.kpis.terms import TermSpec, added, inputs_of, terms_in_words, total_of
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.windows import Window


class Difference(Kpi):
    """A signed sum of KPIs."""

    kind: Literal["difference"]

    of_zero: ClassVar[Text | None] = Text("hai vế bằng nhau", "both sides are equal")

    of: list[TermSpec] = Field(min_length=1)
    at_least: float | None = None
    """A smaller sum is shown as this, where counts that belong together arrive on different days."""

    def inputs(self) -> list[Input]:
        return inputs_of(self.of)

    def behind(self) -> list[Input]:
        return inputs_of(added(self.of))

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        least = -math.inf if self.at_least is None else self.at_least
        totals = total_of(self.of, view, grouping, window)
        return {labels: KpiValue(max(total, least)) for labels, total in totals.items()}

    def formula(self, say: Writer) -> str:
        least = "" if self.at_least is None else f", {say('ít nhất là', 'at least')} {self.at_least:g}"
        return terms_in_words(self.of, say) + least
