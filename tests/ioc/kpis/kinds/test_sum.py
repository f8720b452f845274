"""Sums of a field."""

from ioc.kpis.measures import SCALE
from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


def test_rain_of_a_gauge_that_measured_nothing_is_unknown_and_not_none() -> None:
    rain = kpi_of("sum", of=["rain.measured"], field="rain", at_each="station", unit="mm")
    view = FixedView(
        amounts={("dry",): 0, ("wet",): 12 * SCALE, ("silent",): 0}, counts={("dry",): 18, ("wet",): 18, ("silent",): 0}
    )
    assert plain(rain.values(view, ("station",), "total")) == {("dry",): 0.0, ("wet",): 12.0}


def test_sum_over_no_events_is_zero_where_events_are_what_is_counted() -> None:
    visitors = kpi_of("sum", of=["visitors.entered"], field="count")
    assert plain(visitors.values(FixedView(amounts={(): 0}), (), "total")) == {(): 0.0}


def test_sum_is_converted_from_thousandths() -> None:
    view = FixedView(amounts={(): 1_500})
    assert plain(kpi_of("sum", of=["fee.taken"], field="fee").values(view, (), "total")) == {(): 1.5}
