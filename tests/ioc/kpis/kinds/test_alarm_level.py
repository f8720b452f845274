"""Latest values against alarm levels."""

from hypothesis import given
from hypothesis import strategies as st

from ioc.time.windows import HOUR
from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of, plain


def test_alarm_level_counts_the_levels_reached() -> None:
    river = kpi_of("alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": [23.0, 24.5]})
    for value, reached in ((22.9, 0), (23.0, 1), (24.4, 1), (24.5, 2)):
        view = FixedView(newest={("bua",): (NOW, value), ("unknown",): (NOW, 99.0)})
        assert plain(river.values(view, (), "total")) == {("bua",): reached}


def test_gauge_that_fell_silent_has_no_level() -> None:
    river = kpi_of(
        "alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": [23.0]}, max_age="3h"
    )
    assert river.values(FixedView(newest={("bua",): (NOW - 4 * HOUR, 22.0)}), (), "total") == {}
    assert river.values(FixedView(newest={("bua",): (NOW - 2 * HOUR, 22.0)}), (), "total") != {}


@given(st.floats(0, 30), st.lists(st.floats(1, 30), min_size=1, max_size=3).map(sorted), st.integers(0, 6 * 3600))
def test_an_alarm_level_is_how_many_levels_a_fresh_value_reaches(value: float, levels: list[float], age: int) -> None:
    river = kpi_of(
        "alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": levels}, max_age="3h"
    )
    view = FixedView(newest={("bua",): (NOW - age, value)})
    reached = len([level for level in levels if level <= value])
    assert plain(river.values(view, (), "total")) == ({("bua",): reached} if age <= 3 * 3600 else {})
