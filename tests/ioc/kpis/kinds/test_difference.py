"""A signed sum of KPIs."""

from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


def test_difference_adds_and_takes_away() -> None:
    view = FixedView(
        kpis={
            ("received", "total"): {(): KpiValue(10), ("a",): KpiValue(4)},
            ("handled", "total"): {(): KpiValue(7)},
            ("withdrawn", "total"): {(): KpiValue(1), ("b",): KpiValue(2)},
        }
    )
    backlog = kpi_of("difference", of=["received", "-handled", "-withdrawn"])
    assert plain(backlog.values(view, (), "total")) == {(): 2, ("a",): 4, ("b",): -2}


def test_term_with_a_window_is_read_in_it() -> None:
    view = FixedView(kpis={("received", "total"): {(): KpiValue(10)}, ("received", "today"): {(): KpiValue(3)}})
    before_today = kpi_of("difference", of=["received@total", "-received@today"])
    assert plain(before_today.values(view, (), "30d")) == {(): 7}
