"""Histograms of durations."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.histogram import bucket_finder, duration_bucket, quantile


@given(st.floats(0.001, 1e8))
def test_bucket_holds_its_duration(seconds: float) -> None:
    bucket = duration_bucket(seconds)
    assert seconds <= 2 ** (bucket / 8) * (1 + 1e-9)
    if bucket:
        assert 2 ** ((bucket - 1) / 8) <= seconds * (1 + 1e-9)


@given(st.lists(st.floats(1.1, 1e6), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.99]))
def test_quantile_is_within_9_per_cent_of_the_true_one(durations: list[float], q: float) -> None:
    histogram: dict[int, int] = {}
    for duration in durations:
        histogram[duration_bucket(duration)] = histogram.get(duration_bucket(duration), 0) + 1
    rank = q * len(durations)
    true = next(value for number, value in enumerate(sorted(durations), 1) if number >= rank)
    assert quantile(histogram, q) == pytest.approx(true, rel=0.0906)


def test_quantile_is_linear_within_its_bucket() -> None:
    """Bucket 8 spans 2 ** (7/8) to 2 seconds; half of its four cases lie in its lower half."""
    low = 2 ** (7 / 8)
    assert quantile({8: 4}, 0.5) == pytest.approx(low + (2 - low) / 2)
    assert quantile({0: 4}, 0.5) == pytest.approx(0.5)


EDGES = (1_140_000, 1_200_000, 1_740_000, 1_800_000)
"""A limit of 20 minutes that is clear below 19, and one of 30 that is clear below 29."""


def p90(*durations: float, edges: tuple[int, ...] = EDGES) -> float:
    """What is read of durations in seconds."""
    return quantile(Counter(map(bucket_finder(edges), (round(each * 1000) for each in durations))), 0.9, edges)


def test_a_second_below_a_limit_is_below_it_and_the_limit_itself_is_on_it() -> None:
    assert p90(*[1_199] * 50) < 1_200 <= p90(*[1_200] * 50)
    assert p90(*[1_140] * 50) < 1_200 <= p90(*[1_208] * 50)
    assert p90(*[1_199.999] * 3) < 1_200


def test_one_case_in_ten_over_the_limit_decides_by_its_rank() -> None:
    assert p90(*[1_000] * 88, *[1_870] * 12) >= 1_800
    assert p90(*[1_000] * 90, *[1_870] * 10) < 1_140


@given(
    st.lists(st.integers(0, 10_000_000), min_size=1, max_size=80),
    st.lists(st.integers(1, 5_000_000), min_size=1, max_size=4, unique=True),
    st.sampled_from(["0.5", "0.9", "0.99"]),
)
def test_a_quantile_is_on_the_side_of_every_edge_on_which_the_true_one_is(
    durations: list[int], own: list[int], q: str
) -> None:
    edges = tuple(sorted(own))
    durations = sorted([*durations, *own])
    true = next(each for number, each in enumerate(durations, 1) if number >= Fraction(q) * len(durations))
    read = quantile(Counter(map(bucket_finder(edges), durations)), float(q), edges)
    assert [read >= edge / 1000 for edge in edges] == [true >= edge for edge in edges]
