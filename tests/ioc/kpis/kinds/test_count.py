"""How many events."""

from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


def test_events_of_several_types_are_counted_together() -> None:
    view = FixedView(counts={(): 3, ("a",): 2})
    assert plain(kpi_of("count", of=["x.opened", "x.imported"]).values(view, (), "total")) == {(): 6, ("a",): 4}
