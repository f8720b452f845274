"""Things that give signs of life."""

from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of


def test_alive_is_of_the_inventory_or_of_what_was_heard_within_7_days() -> None:
    minute = NOW // 60
    view = FixedView(bucket_counts={(): {minute: 6, minute - 60: 2, minute - 8 * 1_440: 12}})
    heard = kpi_of("alive", presence="camera", timeout="5m", unit="ratio")
    assert heard.values(view, (), "total") == {(): KpiValue(6 / 8, 6, 8, 8)}
    declared = kpi_of("alive", presence="camera", timeout="5m", unit="ratio", inventory=10)
    assert declared.values(view, (), "total") == {(): KpiValue(0.6, 6, 10, 10)}
