"""Entities past a deadline."""

from tests.ioc.kpis.fixed_view import NOW, FixedView, kpi_of, plain


def test_overdue_counts_deadlines_that_have_passed() -> None:
    minute = NOW // 60
    view = FixedView(
        bucket_counts={(): {minute - 1: 2, minute: 4, minute + 30: 8, minute + 90: 16, minute - 2_000: 32}}
    )
    overdue = kpi_of("overdue", entity="dossier", windows=["today", "total"])
    assert plain(overdue.values(view, (), "total")) == {(): 34}
    assert plain(overdue.values(view, (), "today")) == {(): 2}
    soon = kpi_of("overdue", entity="dossier", within="1h")
    assert plain(soon.values(view, (), "total")) == {(): 12}
