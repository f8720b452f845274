"""Closings by their deadline."""

from ioc.kpis.facts import TIMELINESS, Happened
from ioc.kpis.measures import Measure
from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


def test_on_time_are_the_early_ones_and_those_of_the_day_unless_said() -> None:
    assert [dict(measure.where) for measure in kpi_of("on_time", of=["x.closed"]).measures()] == [
        {TIMELINESS: {"early", "on_time"}}
    ]
    late = kpi_of("on_time", of=["x.closed"], outcomes=["late"], where={"paid": True})
    conditions = ((TIMELINESS, frozenset({"late"})), ("paid", frozenset({True})))
    assert list(late.measures()) == [Measure(Happened("x.closed"), where=conditions)]


def test_on_time_counts_the_closings_of_all_its_events() -> None:
    on_time = kpi_of("on_time", of=["x.closed", "x.withdrawn"])
    assert plain(on_time.values(FixedView(counts={(): 5}), (), "total")) == {(): 10}
