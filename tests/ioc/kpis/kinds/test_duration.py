"""How long entities take to an event."""

from tests.ioc.kpis.fixed_view import FixedView, kpi_of


def test_duration_tells_how_many_cases_stand_behind_it() -> None:
    view = FixedView(bucket_counts={(): {8: 3, 16: 1, 24: 0}, ("a",): {8: 0}})
    values = kpi_of("duration", to="x.closed", quantile=0.9, unit="seconds").values(view, (), "total")
    assert values.keys() == {()}
    assert values[()].sample == 4
    assert 2 < values[()].value <= 4
