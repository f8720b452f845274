"""64-bit hashes known, in buckets that leave as a whole: 8 bytes each, and 1 to 2 more in a filter.

In a set of Python a hash takes some 90 bytes. Here only the newest few thousand are in one; from there they move into
sorted arrays, a few to each bucket, which are searched by bisection. A filter of bits knows better than 96 of 100 times
that a hash is in none of them, so that what is new need not be searched for.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_Hashes = NDArray[np.uint64]

_FEW, _SHARE = 1024, 64
"""The set is sorted once it holds more than a few and its share (one in so many) of all."""
_RUNS = 4
"""Sorted arrays of a bucket before they become one."""
_FILTER_BITS = 8
"""Bits of the filter to a hash at the least: three are set. With 12 a worker of six partitions with all ids took 50 MB
more, and a new hash up to 1.1 µs less, on a machine too busy to say."""
_AT_ONCE = 8192
"""Hashes whose bits are worked out together, in the processor's cache."""


class KnownHashes:
    """Hashes in buckets; what is added belongs to the bucket at hand."""

    def __init__(self) -> None:
        self._bucket = 0
        self._recent: set[int] = set()
        self._runs: dict[int, list[array[int]]] = {}
        self._searched: list[array[int]] = []
        """All runs, the newest first."""
        self._clear_filter(0)

    def add(self, digest: int) -> bool:
        """Add a hash to the bucket at hand; whether it was in none."""
        if digest in self._recent or (
            # This runs for every event, and here it ends for most: one bit of the filter is not set.
            self._filter[place := digest >> self._shift] >> (digest & 7) & 1
            and self._filter[place ^ (digest >> 3 & 7)] >> (digest >> 6 & 7) & 1
            and self._filter[place ^ (digest >> 9 & 7)] >> (digest >> 12 & 7) & 1
            and self._is_in_runs(digest)
        ):
            return False
        self._recent.add(digest)
        return True

    def add_first(self, digests: "array[int]") -> int:
        """Add the first of some hashes to the bucket at hand, up to one that was in any; returns how many they are."""
        words, bits = self._bits(_view(digests))
        suspects = np.flatnonzero(np.frombuffer(self._filter, "<u8")[words] & bits == bits).tolist()
        count = next((place for place in suspects if self._is_in_runs(digests[place])), len(digests))
        new = set(digests[:count])
        if len(new) < count or not new.isdisjoint(self._recent):
            new = set()
            for place, digest in enumerate(digests[:count]):
                if digest in new or digest in self._recent:
                    count = place
                    break
                new.add(digest)
        self._recent |= new
        return count

    def __contains__(self, digest: int) -> bool:
        return digest in self._recent or self._is_in_runs(digest)

    def __len__(self) -> int:
        return len(self._recent) + sum(map(len, self._searched))

    def count(self, bucket: int) -> int:
        """How many a bucket holds."""
        recent = len(self._recent) if bucket == self._bucket else 0
        return recent + sum(map(len, self._runs.get(bucket, ())))

    @property
    def buckets(self) -> list[int]:
        """Those that hold any."""
        return sorted({*self._runs, self._bucket} if self._recent else self._runs)

    def discard_newest(self, digest: int) -> None:
        """Take back the last that was added."""
        self._recent.discard(digest)

    def turn_to(self, bucket: int) -> None:
        """Leave the bucket at hand for another one."""
        self._sort_recent()
        self._merge(self._bucket)
        self._bucket = bucket

    def compact(self) -> None:
        """Let those that came lately take less room, once they are many."""
        if len(self._recent) >= max(_FEW, len(self) // _SHARE):
            self._sort_recent()

    def drop(self, bucket: int) -> None:
        """Forget all of a bucket."""
        if bucket == self._bucket:
            self._recent = set()
        # Their bits stay until the filter is made anew: it is then wrong somewhat more often.
        self._runs.pop(bucket, None)
        self._list_runs()

    def restore(self, hashes: Iterable[tuple[int, "array[int]"]]) -> None:
        """Take hashes in by their buckets."""
        by_bucket: dict[int, array[int]] = {}
        for bucket, own in hashes:
            by_bucket.setdefault(bucket, array("Q")).extend(own)
        for bucket in sorted(by_bucket):
            self._runs[bucket] = [_as_array(np.sort(_view(by_bucket.pop(bucket))))]
        self._list_runs()
        self._refilter()

    def _is_in_runs(self, digest: int) -> bool:
        for run in self._searched:
            place = bisect_left(run, digest)
            if place < len(run) and run[place] == digest:
                return True
        return False

    def _sort_recent(self) -> None:
        """Make a sorted array of the set."""
        if not self._recent:
            return
        hashes = np.fromiter(self._recent, np.uint64, len(self._recent))
        hashes.sort()
        self._recent = set()
        own = self._runs.setdefault(self._bucket, [])
        own.append(_as_array(hashes))
        if len(own) == _RUNS:
            self._merge(self._bucket)
        self._list_runs()
        if self._room < len(hashes):
            self._refilter()
        else:
            self._enter(hashes)

    def _merge(self, bucket: int) -> None:
        """Make one of the sorted arrays of a bucket."""
        own = self._runs.get(bucket, [])
        if len(own) > 1:
            merged = np.concatenate([_view(run) for run in own])
            merged.sort(kind="stable")  # which merges runs
            own[:] = [_as_array(merged)]
            self._list_runs()

    def _list_runs(self) -> None:
        self._searched = [run for own in reversed(self._runs.values()) for run in reversed(own)]

    def _refilter(self) -> None:
        self._clear_filter(sum(map(len, self._searched)))
        for run in self._searched:
            self._enter(_view(run))

    def _clear_filter(self, count: int) -> None:
        """An empty filter with room for so many, and some more."""
        words = 1 << (count * _FILTER_BITS // 64).bit_length()
        self._filter = bytearray(8 * words)
        self._shift = 64 - (len(self._filter).bit_length() - 1)
        self._room = words * 64 // _FILTER_BITS

    def _enter(self, hashes: _Hashes) -> None:
        """Set their bits: three each, all in one word of eight bytes."""
        words = np.frombuffer(self._filter, "<u8")
        for first in range(0, len(hashes), _AT_ONCE):
            places, bits = self._bits(hashes[first : first + _AT_ONCE])
            np.bitwise_or.at(words, places, bits)
        self._room -= len(hashes)

    def _bits(self, hashes: _Hashes) -> tuple[NDArray[np.intp], _Hashes]:
        """The words of the filter that hashes are in, and their three bits there."""
        byte = hashes >> np.uint64(self._shift)
        bits = _bit(byte, hashes)
        bits |= _bit(byte ^ (hashes >> np.uint64(3)), hashes >> np.uint64(6))
        bits |= _bit(byte ^ (hashes >> np.uint64(9)), hashes >> np.uint64(12))
        return (byte >> np.uint64(3)).astype(np.intp), bits


def _bit(byte: _Hashes, bit: _Hashes) -> _Hashes:
    """The bit of a byte, within its word."""
    return np.uint64(1) << ((byte & np.uint64(7)) << np.uint64(3) | bit & np.uint64(7))


def _view(hashes: "array[int]") -> _Hashes:
    return np.frombuffer(hashes, np.uint64)


def _as_array(hashes: _Hashes) -> "array[int]":
    copied = array("Q")
    copied.frombytes(hashes.view(np.uint8).data)
    return copied
