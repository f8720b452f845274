"""Kinds derived from other KPIs of the same subsystem."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from ioc.kinds.base import Grouping, Kpi, Labels, Value, Values, View
from ioc.panes import UTC_OFFSET, WINDOWS, Window


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
    return Term(name, -1 if text.startswith("-") else 1, window or None)  # type: ignore[arg-type]


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

    def inputs(self) -> Iterable[tuple[str, Window | None]]:
        return [(term.kpi, term.window) for term in self.of]

    def values(self, view: View, grouping: Grouping, window: Window) -> Values:
        return {labels: Value(total) for labels, total in total_of(self.of, view, grouping, window).items()}


class Ratio(Kpi):
    """Numerator over denominator; without a value where the denominator is 0."""

    kind: Literal["ratio"]
    numerator: list[TermSpec] = Field(min_length=1)
    denominator: list[TermSpec] = Field(min_length=1)

    ratio = True

    def inputs(self) -> Iterable[tuple[str, Window | None]]:
        return [(term.kpi, term.window) for term in (*self.numerator, *self.denominator)]

    def values(self, view: View, grouping: Grouping, window: Window) -> Values:
        numerators = total_of(self.numerator, view, grouping, window)
        denominators = total_of(self.denominator, view, grouping, window)
        return {
            labels: Value(numerators.get(labels, 0) / denominator, numerators.get(labels, 0), denominator, denominator)
            for labels, denominator in denominators.items()
            if denominator > 0
        }


class Declared(Kpi):
    """A number that the province declares in the catalogue, such as an inventory."""

    kind: Literal["declared"]
    value: float

    def values(self, view: View, grouping: Grouping, window: Window) -> Values:
        return {(): Value(self.value)} if grouping == () else {}


class Progress(Kpi):
    """How far ``actual`` over ``plan`` is behind the milestone of the date, in points of share (0.05 is five points).

    Milestones are shares to be reached by the ends of quarters, KPIs of the same subsystem; between them the
    expected share moves in a straight line, from 0 on 1 January. Ahead of the milestone is negative.
    """

    kind: Literal["progress"]
    actual: str
    plan: str
    milestones: list[str] = Field(min_length=4, max_length=4)
    """The KPIs that hold the shares to be reached by 31/3, 30/6, 30/9 and 31/12."""

    def inputs(self) -> Iterable[tuple[str, Window | None]]:
        return [(slug, None) for slug in (self.actual, self.plan, *self.milestones)]

    def values(self, view: View, grouping: Grouping, window: Window) -> Values:
        values: dict[Labels, Value] = {}
        actual = view.kpi(self.actual, grouping, window)
        shares = [view.kpi(slug, grouping, window) for slug in self.milestones]
        for labels, plan in view.kpi(self.plan, grouping, window).items():
            if plan.value > 0 and labels in actual and all(labels in share for share in shares):
                expected = expected_share(view.now, [share[labels].value for share in shares])
                values[labels] = Value(expected - actual[labels].value / plan.value)
        return values


def expected_share(now: int, quarter_ends: list[float]) -> float:
    """The share expected at an instant, linear between the ends of quarters."""
    today = datetime.fromtimestamp(now + UTC_OFFSET, UTC).date()
    ends = [date(today.year - 1, 12, 31), *(date(today.year, month + 1, 1) - timedelta(days=1) for month in (3, 6, 9))]
    points = list(zip([*ends, date(today.year, 12, 31)], [0.0, *quarter_ends], strict=True))
    for (start, low), (end, high) in pairwise(points):
        if today <= end:
            return low + (high - low) * (today - start).days / (end - start).days
    raise AssertionError("every day of a year is at most its 31 December")
