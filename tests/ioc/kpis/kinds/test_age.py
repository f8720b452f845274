"""How long ago an event was last heard."""

import pytest

from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of, plain


@pytest.mark.parametrize(("combine", "seconds"), [("oldest", 90), ("newest", 30)])
def test_age_is_that_of_the_thing_heard_longest_ago_or_most_recently(combine: str, seconds: int) -> None:
    view = FixedView(newest={("a",): (NOW - 90, 0.0), ("b",): (NOW - 30, 0.0)})
    age = kpi_of("age", of="x.heard", per=["station"], combine=combine, unit="seconds")
    assert plain(age.values(view, (), "total")) == {(): seconds}


def test_what_was_heard_after_now_is_not_younger_than_now() -> None:
    view = FixedView(newest={(): (NOW + 60, 0.0)})
    assert plain(kpi_of("age", of="x.heard", unit="seconds").values(view, (), "total")) == {(): 0}
