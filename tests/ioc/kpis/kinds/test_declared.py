"""A number of the catalogue itself."""

from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


def test_declared_number_is_of_the_whole_only() -> None:
    declared = kpi_of("declared", value=148)
    assert plain(declared.values(FixedView(), (), "total")) == {(): 148}
    assert declared.values(FixedView(), ("unit",), "total") == {}
