"""The mean of a field."""

from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import FixedView, kpi_of


def test_mean_is_converted_from_thousandths_and_tells_its_sample() -> None:
    view = FixedView(amounts={(): 1_500}, counts={(): 2})
    assert kpi_of("mean", of="fee.taken", field="fee").values(view, (), "total") == {(): KpiValue(0.75, sample=2)}


def test_mean_of_no_events_has_no_value() -> None:
    view = FixedView(amounts={("a",): 0}, counts={("a",): 0})
    assert kpi_of("mean", of="fee.taken", field="fee").values(view, ("unit",), "total") == {}
