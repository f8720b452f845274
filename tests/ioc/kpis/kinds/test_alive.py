"""Things that give signs of life."""

from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of

MINUTE = NOW // 60
WEEK_AND_A_DAY = 8 * 1_440
ALIVE = kpi_of("alive", presence="camera", timeout="5m", unit="ratio")


def test_the_share_is_of_all_that_are_known() -> None:
    view = FixedView(bucket_counts={(): {MINUTE: 6, MINUTE - 60: 2}})
    assert ALIVE.values(view, (), "total") == {(): KpiValue(6 / 8, 6, 8, 8)}


def test_300_cameras_dead_for_8_days_stay_in_the_share() -> None:
    view = FixedView(bucket_counts={(): {MINUTE: 700, MINUTE - WEEK_AND_A_DAY: 300}})
    assert ALIVE.values(view, (), "total") == {(): KpiValue(0.7, 700, 1_000, 1_000)}


def test_of_a_declared_inventory_those_are_missed_that_were_never_heard_of() -> None:
    declared = kpi_of("alive", presence="camera", timeout="5m", unit="ratio", inventory=10)
    assert declared.values(FixedView(bucket_counts={(): {MINUTE: 6}}), (), "total") == {(): KpiValue(0.6, 6, 10, 10)}


def test_what_is_known_beyond_the_inventory_is_missed_too() -> None:
    declared = kpi_of("alive", presence="camera", timeout="5m", unit="ratio", inventory=10)
    view = FixedView(bucket_counts={(): {MINUTE: 10, MINUTE - 60: 10}})
    assert declared.values(view, (), "total") == {(): KpiValue(0.5, 10, 20, 20)}
