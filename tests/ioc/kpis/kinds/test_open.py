"""Entities that are open now."""

from ioc.kpis.facts import PHASE, Open, passed
from ioc.kpis.measures import Measure
from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


def test_open_counts_what_the_engine_says_is_open() -> None:
    assert plain(kpi_of("open", entity="case").values(FixedView(counts={("a",): 4}), ("unit",), "total")) == {("a",): 4}


def test_phase_and_milestone_narrow_what_is_counted() -> None:
    waiting = kpi_of("open", entity="case", phase="suspended", until="case.assigned")
    conditions = ((passed("case.assigned"), frozenset({False})), (PHASE, frozenset({"suspended"})))
    assert list(waiting.measures()) == [Measure(Open("case"), where=conditions)]
