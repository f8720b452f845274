"""Latest values against alarm levels."""

from hypothesis import given
from hypothesis import strategies as st

from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of, plain


def test_alarm_level_counts_the_levels_reached() -> None:
    river = kpi_of("alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": [23.0, 24.5]})
    for value, reached in ((22.9, 0), (23.0, 1), (24.4, 1), (24.5, 2)):
        view = FixedView(newest={("bua",): (NOW, value), ("unknown",): (NOW, 99.0)})
        assert plain(river.values(view, (), "total")) == {("bua",): reached}


@given(st.floats(0, 30), st.lists(st.floats(1, 30), min_size=1, max_size=3, unique=True).map(sorted))
def test_an_alarm_level_is_how_many_levels_the_value_reaches(value: float, levels: list[float]) -> None:
    river = kpi_of("alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": levels})
    reached = len([level for level in levels if level <= value])
    assert plain(river.values(FixedView(newest={("bua",): (NOW, value)}), (), "total")) == {("bua",): reached}
