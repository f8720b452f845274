"""Ranks of units: exported once, so that a table of all of them can show them."""

from ioc.figures.unit_ranks import unit_ranks
from ioc.figures.view import Breakdown
from ioc.kpis.view import KpiValue
from ioc.time.windows import Window
from tests.packaged import packaged_catalogue

SERVICES = packaged_catalogue().subsystems["public_services"]
LEVELS = {unit.code: unit.level for unit in packaged_catalogue().province.units}
COMMUNES = [code for code, level in LEVELS.items() if level == "commune"]
AGENCIES = [code for code, level in LEVELS.items() if level == "province"]


def ranked(kpi: str, values: dict[str, tuple[float, float]], window: Window = "total") -> dict[str, float]:
    """The ranks of units with numerators and denominators."""
    shares = {(unit,): KpiValue(part / whole, part, whole) for unit, (part, whole) in values.items()}
    ranks = list(unit_ranks(SERVICES, [Breakdown(kpi, ("unit",), window, shares)], LEVELS))
    assert {dict(labels)["window"] for labels, _ in ranks} <= {window}
    return {dict(labels)["unit"]: rank for labels, rank in ranks}


def test_a_rank_is_one_more_than_the_number_of_peers_that_do_better() -> None:
    parts = [3, 0, 9, 3, 0, 1]
    values = {unit: (float(part), 100.0) for unit, part in zip(COMMUNES, parts, strict=False)}
    expected = {unit: 1 + sum(other < part for other in parts) for unit, part in zip(COMMUNES, parts, strict=False)}
    assert ranked("overdue_share", values) == expected
    assert sorted(expected.values()) == [1, 1, 3, 4, 4, 6]


def test_where_more_is_better_the_most_is_first() -> None:
    values = {unit: (part, 100.0) for unit, part in zip(COMMUNES, (40.0, 90.0, 70.0), strict=False)}
    assert [ranked("handled_ratio", values, "7d")[unit] for unit in COMMUNES[:3]] == [3, 1, 2]


def test_a_unit_below_the_minimum_sample_has_no_rank_and_takes_none_from_others() -> None:
    values = {COMMUNES[0]: (0.0, 29.0), COMMUNES[1]: (1.0, 30.0), COMMUNES[2]: (2.0, 30.0)}
    assert ranked("overdue_share", values) == {COMMUNES[1]: 1, COMMUNES[2]: 2}


def test_agencies_are_no_peers_of_communes_and_nobody_is_ranked_alone() -> None:
    values = {AGENCIES[0]: (0.0, 100.0), COMMUNES[0]: (5.0, 100.0), COMMUNES[1]: (6.0, 100.0)}
    assert ranked("overdue_share", values) == {COMMUNES[0]: 1, COMMUNES[1]: 2}


def test_what_has_no_good_end_is_no_share_or_in_no_running_window_has_no_ranks() -> None:
    values = dict.fromkeys(COMMUNES[:3], (1.0, 100.0))
    assert ranked("overdue", values) == {}
    assert ranked("handled_ratio", values, "month") == {}
    assert ranked("overdue_share", {COMMUNES[0]: (1.0, 100.0)}) == {}
