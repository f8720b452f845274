"""Which units are the worst."""

from typing import Literal

from ioc.notices.report.ranking import MOST_SHOWN, worst_units


def places(values: dict[str, float], best: Literal["most", "least"] = "least") -> list[tuple[str, int]] | None:
    found = worst_units(values, best)
    return None if found is None else [(each.unit, each.rank) for each in found.units]


def test_the_worst_stands_first_with_its_place_among_its_peers() -> None:
    assert places({"a": 0.1, "b": 0.3, "c": 0.2}) == [("b", 3), ("c", 2)]
    assert places({"a": 0.1, "b": 0.3, "c": 0.2}, "most") == [("a", 3), ("c", 2)]


def test_equals_share_the_rank_that_says_how_many_do_better() -> None:
    assert places({"a": 0.1, "b": 0.3, "c": 0.2, "d": 0.2}) == [("b", 4), ("c", 2), ("d", 2)]


def test_the_best_is_never_among_the_worst_and_neither_are_all_that_share_its_rank() -> None:
    assert places({"a": 0.0, "b": 0.0, "c": 0.5}) == [("c", 3)]


def test_nobody_is_the_worst_alone_of_none_or_where_all_are_equal() -> None:
    assert places({}) is None
    assert places({"a": 0.5}) is None
    assert places({"a": 0.5, "b": 0.5}) is None


def test_of_many_that_share_the_last_rank_some_are_named_and_the_others_counted() -> None:
    found = worst_units({"best": 0.0, **{f"u{number:03}": 0.5 for number in range(40)}}, "least")
    assert found is not None
    assert {each.rank for each in found.units} == {2}
    assert (len(found.units), found.unnamed, found.peers) == (MOST_SHOWN, 40 - MOST_SHOWN, 41)
