"""Entities that have been open for long."""

from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of, plain


def test_only_those_open_for_longer_count() -> None:
    minute = NOW // 60
    view = FixedView(bucket_counts={(): {minute - 5: 1, minute - 30: 2, minute - 31: 4, minute - 600: 8}})
    assert plain(kpi_of("open_longer_than", entity="case", duration="30m").values(view, (), "total")) == {(): 12}
