"""Kinds derived from other KPIs of the same subsystem."""

import math
from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from ioc.kpis.base import Kpi
from ioc.kpis.measures import Grouping, Labels
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.time.windows import WINDOWS, Window


class Term(NamedTuple):
    """A KPI added (``sign`` 1) or taken away (-1), read in its own window where one is given."""

    kpi: str
    sign: int = 1
    window: Window | None = None


def _term(text: object) -> Term:
    if isinstance(text, Term):
        return text
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no term; write the slug of a KPI, as in received, -handled or backlog@total")
    name, _, window = text.removeprefix("-").partition("@")
    if window and window not in WINDOWS:
        raise ValueError(f"{window!r} is no window; write one of {', '.join(WINDOWS)}")
    return Term(name, -1 if text.startswith("-") else 1, window or None)


TermSpec = Annotated[Term, BeforeValidator(_term)]


def total_of(terms: Iterable[Term], view: View, grouping: Grouping, window: Window) -> dict[Labels, float]:
    """The signed sum of KPIs per label set; a term without a value there counts as 0."""
    totals: dict[Labels, float] = {}
    for term in terms:
        for labels, value in view.kpi(term.kpi, grouping, term.window or window).items():
            totals[labels] = totals.get(labels, 0) + term.sign * value.value
    return totals


class Difference(Kpi):
    """A signed sum of KPIs."""

    kind: Literal["difference"]
    of: list[TermSpec] = Field(min_length=1)
    at_least: float | None = None
    """A smaller sum is shown as this, where counts that belong together arrive on different days."""

    def inputs(self) -> Iterable[tuple[str, Window | None]]:
        return [(term.kpi, term.window) for term in self.of]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        totals = total_of(self.of, view, grouping, window)
        least = -math.inf if self.at_least is None else self.at_least
        return {labels: KpiValue(max(total, least)) for labels, total in totals.items()}


class Ratio(Kpi):
    """Numerator over denominator; without a value where the denominator is 0."""

    kind: Literal["ratio"]
    numerator: list[TermSpec] = Field(min_length=1)
    denominator: list[TermSpec] = Field(min_length=1)

    ratio = True

    def inputs(self) -> Iterable[tuple[str, Window | None]]:
        return [(term.kpi, term.window) for term in (*self.numerator, *self.denominator)]

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


class Declared(Kpi):
    """A number that the province declares in the catalogue, such as an inventory."""

    kind: Literal["declared"]
    value: float

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return {(): KpiValue(self.value)} if grouping == () else {}
