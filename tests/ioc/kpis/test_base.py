"""What every kind of KPI has in common."""

from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import kpi_of


def test_worst_leaves_small_samples_aside_unless_all_are_small() -> None:
    limits = {"direction": "below", "warning": 0.9, "reason": "M", "minimum_sample": 20}
    ratio = kpi_of("ratio", numerator=["a"], denominator=["b"], unit="ratio", limits=limits)
    small, large = KpiValue(0.1, 1, 10, 10), KpiValue(0.5, 50, 100, 100)
    assert ratio.worst([small, large, KpiValue(0.9, 90, 100, 100)]) == large
    assert ratio.worst([small]) == small
    assert ratio.worst([]) is None


def test_ratio_asks_for_30_cases_unless_said_otherwise() -> None:
    limits = {"direction": "above", "warning": 0.9, "reason": "M"}
    assert kpi_of("ratio", numerator=["a"], denominator=["b"], limits=limits).minimum_sample == 30
    assert kpi_of("count", of=["a.b"], limits=limits).minimum_sample == 0
    assert kpi_of("count", of=["a.b"], limits=limits | {"minimum_sample": 5}).minimum_sample == 5


def test_the_whole_of_what_is_read_at_each_place_is_not_kept_but_its_breakdowns_are() -> None:
    fees = kpi_of("sum", of=["fee.taken"], field="fee", at_each="lot", by=["unit"])
    assert {needed.grouping for needed in fees.needed()} == {("lot",), ("unit",)}


def test_a_kind_that_is_read_at_each_place_only_has_no_other_breakdown() -> None:
    spec = {"of": "level.measured", "at_each": "station", "field": "value", "levels": {"bua": [1.0]}}
    assert [misuse.key for misuse in kpi_of("alarm_level", **spec, by=["unit"]).misuses()] == ["by"]
    assert list(kpi_of("alarm_level", **spec).misuses()) == []
