"""Histograms of durations, by which quantiles are kept in few numbers."""

import math
from collections.abc import Mapping

BUCKETS_PER_DOUBLING = 8


def duration_bucket(seconds: float) -> int:
    """The histogram bucket of a duration: bucket ``i`` ends at ``2 ** (i / 8)`` seconds, bucket 0 at one second.

    Eight buckets to a doubling keep a quantile within 9 % of the true one.
    """
    return 0 if seconds <= 1 else math.ceil(round(math.log2(seconds) * BUCKETS_PER_DOUBLING, 9))


def quantile(histogram: Mapping[int, int], q: float) -> float:
    """The ``q`` quantile in seconds, linear within its bucket, as Prometheus' histogram_quantile does it.

    Raises ValueError for an empty histogram.
    """
    rank = q * sum(histogram.values())
    below = 0
    for bucket in sorted(histogram):
        count = histogram[bucket]
        if below + count >= rank:
            upper = 2 ** (bucket / BUCKETS_PER_DOUBLING)
            lower = 0.0 if bucket == 0 else 2 ** ((bucket - 1) / BUCKETS_PER_DOUBLING)
            return lower + (upper - lower) * (rank - below) / count
        below += count
    raise ValueError("a quantile needs at least one duration")
