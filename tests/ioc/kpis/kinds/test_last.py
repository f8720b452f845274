"""Latest values."""

import pytest

from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


@pytest.mark.parametrize(
    ("combine", "expected"), [("sum", 9), ("max", 5), ("min", 1), ("mean", 3), ("newest", 3), ("count", 3)]
)
def test_latest_values_of_several_things_are_combined(combine: str, expected: float) -> None:
    view = FixedView(newest={("a",): (10, 5.0), ("b",): (20, 1.0), ("c",): (30, 3.0)})
    last = kpi_of("last", of="beds.reported", field="beds", per=["hospital"], combine=combine)
    assert plain(last.values(view, (), "total")) == {(): expected}
