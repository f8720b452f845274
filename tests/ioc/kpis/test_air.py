"""Hourly means of concentrations."""

from ioc.kpis.air import mean_of


def test_mean_of_nothing_is_none() -> None:
    assert mean_of([]) is None
    assert mean_of([None, None]) is None
