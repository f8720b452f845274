"""The oldest open entity."""

from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of, plain


def test_oldest_is_zero_when_none_is_open() -> None:
    oldest = kpi_of("oldest", entity="alert", unit="seconds")
    assert plain(oldest.values(FixedView(bucket_counts={(): {}}), (), "total")) == {(): 0}
    minute = NOW // 60
    view = FixedView(bucket_counts={(): {minute - 5: 1, minute - 30: 1}})
    assert plain(oldest.values(view, (), "total")) == {(): 1_800}
