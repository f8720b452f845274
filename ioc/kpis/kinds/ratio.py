"""``ratio``: one sum of KPIs over another."""

from typing import Literal

from pydantic import Field

from ioc.kpis.base import Input, Kpi
from ioc.kpis.measures import Grouping
from ioc.kpis.terms import Term, TermSpec, added, inputs_of, terms_in_words, total_of
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class Ratio(Kpi):
    """Numerator over denominator; without a value where the denominator is 0."""

    kind: Literal["ratio"]
    numerator: list[TermSpec] = Field(min_length=1)
    denominator: list[TermSpec] = Field(min_length=1)

    ratio = True

    def inputs(self) -> list[Input]:
        return [*inputs_of(self.numerator), *inputs_of(self.denominator, -1)]

    def behind(self) -> list[Input]:
        """What is counted; of a ratio that is broken below its limit, what keeps it from being greater."""
        if self.limits is None or self.limits.direction == "above":
            return inputs_of(added(self.numerator))
        counted = {term.kpi for term in added(self.numerator)}
        return inputs_of(term for term in added(self.denominator) if term.kpi not in counted)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        numerators = total_of(self.numerator, view, grouping, window)
        denominators = total_of(self.denominator, view, grouping, window)
        return {
            labels: KpiValue(
                numerators.get(labels, 0) / denominator, numerators.get(labels, 0), denominator, denominator
            )
            for labels, denominator in denominators.items()
            if denominator > 0
        }

    def formula(self, say: Writer) -> str:
        return f"{_bracketed(self.numerator, say)} / {_bracketed(self.denominator, say)}"


def _bracketed(terms: list[Term], say: Writer) -> str:
    words = terms_in_words(terms, say)
    return words if len(terms) == 1 else f"({words})"
