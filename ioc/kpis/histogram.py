"""Histograms of durations, by which quantiles are kept in few numbers.

Buckets are known by the duration they begin at, in whole milliseconds. They begin at each eighth of a doubling, which
keeps a quantile within 9 % of the true one, and at edges of their own: of what begins there, and of what ends there,
it is certain on which side it is.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

BUCKETS_PER_DOUBLING = 8
LONGEST_DOUBLINGS = 30
"""Of a second: 34 years. What takes longer is in the last bucket."""


@lru_cache
def edges_of(own: tuple[int, ...] = ()) -> Sequence[int]:
    """Where the buckets of a histogram begin, in ms: with its own edges those of all."""
    eighths = (
        math.ceil(1000 * 2 ** (i / BUCKETS_PER_DOUBLING)) for i in range(BUCKETS_PER_DOUBLING * LONGEST_DOUBLINGS)
    )
    return sorted({0, *eighths, *own})


def bucket_finder(own: tuple[int, ...]) -> Callable[[int], int]:
    """How the bucket of a duration (ms) is found: the edge that it begins at."""
    edges = edges_of(own)

    def bucket_of(duration: int) -> int:
        return edges[bisect_right(edges, duration) - 1]

    return bucket_of


def duration_bucket(seconds: float) -> int:
    """The bucket of a duration in a histogram that has no edges of its own and counts its buckets.

    Bucket ``i`` ends at ``2 ** (i / 8)`` seconds, bucket 0 at one second.
    """
    return 0 if seconds <= 1 else math.ceil(round(math.log2(seconds) * BUCKETS_PER_DOUBLING, 9))


def quantile(histogram: Mapping[int, int], q: float, own: tuple[int, ...] = ()) -> float:
    """The ``q`` quantile in seconds, linear within its bucket, as Prometheus' histogram_quantile does it.

    In a histogram with edges of its own (ms) the value is in the bucket of the true quantile (the least duration that
    so many do not exceed), so that it is never on another side of such an edge.

    Raises ValueError for an empty histogram.
    """
    # Rounded, since 0.9 of 70 is no 63 in binary.
    rank = round(q * sum(histogram.values()), 9)
    below = 0
    for bucket in sorted(histogram):
        count = histogram[bucket]
        if below + count >= rank:
            lower, upper = _edges(bucket, own)
            return min(lower + (upper - lower) * (rank - below) / count, upper if not own else math.nextafter(upper, 0))
        below += count
    raise ValueError("a quantile needs at least one duration")


def _edges(bucket: int, own: tuple[int, ...]) -> tuple[float, float]:
    """Where a bucket begins and ends, in seconds."""
    if not own:
        lower = 0.0 if bucket == 0 else 2 ** ((bucket - 1) / BUCKETS_PER_DOUBLING)
        return lower, 2 ** (bucket / BUCKETS_PER_DOUBLING)
    edges = edges_of(own)
    place = bisect_right(edges, bucket)
    return bucket / 1000, (edges[place] if place < len(edges) else 2 * bucket) / 1000
