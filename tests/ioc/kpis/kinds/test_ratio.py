"""One sum of KPIs over another."""

import pytest

from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import FixedView, kpi_of


def test_ratio_carries_numerator_denominator_and_sample() -> None:
    view = FixedView(kpis={("handled", "30d"): {(): KpiValue(40_695)}, ("received", "30d"): {(): KpiValue(57_679)}})
    ratio = kpi_of("ratio", numerator=["handled"], denominator=["received"], windows=["30d"])
    value = ratio.values(view, (), "30d")[()]
    assert value == KpiValue(40_695 / 57_679, 40_695, 57_679, 57_679)
    assert round(value.value, 4) == 0.7055


@pytest.mark.parametrize("denominator", [0, -1])
def test_ratio_of_nothing_has_no_value(denominator: float) -> None:
    view = FixedView(kpis={("a", "total"): {(): KpiValue(0)}, ("b", "total"): {(): KpiValue(denominator)}})
    assert kpi_of("ratio", numerator=["a"], denominator=["b"]).values(view, (), "total") == {}
