"""Signed sums of other KPIs, as in ``received, -handled, backlog@total``."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator

from ioc.kpis.base import Input
from ioc.kpis.measures import Grouping, Labels
from ioc.kpis.view import View
from ioc.kpis.wording import Writer
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


def inputs_of(terms: Iterable[Term], sign: int = 1) -> list[Input]:
    """What the terms are read from; ``sign`` is -1 where their sum is what is divided by."""
    return [Input(term.kpi, term.window, moves=1 if term.sign * sign > 0 else -1) for term in terms]


def added(terms: Iterable[Term]) -> list[Term]:
    """The terms that are not taken away."""
    return [term for term in terms if term.sign > 0]


def total_of(terms: Iterable[Term], view: View, grouping: Grouping, window: Window) -> dict[Labels, float]:
    """The signed sum of KPIs per label set; a term without a value there counts as 0."""
    totals: dict[Labels, float] = {}
    for term in terms:
        for labels, value in view.kpi(term.kpi, grouping, term.window or window).items():
            totals[labels] = totals.get(labels, 0) + term.sign * value.value
    return totals


def terms_in_words(terms: Sequence[Term], say: Writer) -> str:
    """``«received» - «handled»``, a window of its own behind ``@``."""
    written = ""
    for place, term in enumerate(terms):
        sign = "- " if term.sign < 0 else "+ " if place else ""
        window = f"@{term.window}" if term.window else ""
        written += f"{' ' if place else ''}{sign}{say.kpi(term.kpi)}{window}"
    return written
