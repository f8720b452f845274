"""Histograms of durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.histogram import duration_bucket, quantile


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
