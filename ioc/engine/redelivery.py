"""Dead letters sent again: which of them may pass, so that none counts twice however often it is sent.

A redriven event says in its headers where its first copy was rejected. Where one passed it is remembered, for
longer than dead letters are kept. And where an event was rejected is remembered too: after a rebuild from the topics
under a catalogue that reads more, the first copy may have passed by itself, and those sent again must not.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

import xxhash

from ioc.engine.store.number_log import NumberLog
from ioc.events.dead_letter import RecordPosition
from ioc.events.records import Record
from ioc.time.windows import DAY

REMEMBERED = 400 * DAY
"""Seconds of append time for which a place is remembered."""


class Redeliveries:
    """The places whose events passed in one partition of one subsystem: 64-bit hashes in days of append time."""

    def __init__(self, name: str) -> None:
        self._days: dict[int, set[int]] = {}
        self._new: dict[int, array[int]] = {}
        self._log = NumberLog(name)

    def __contains__(self, place: RecordPosition) -> bool:
        digest = _digest(place)
        return any(digest in passed for passed in self._days.values())

    def add(self, place: RecordPosition, appended: int) -> None:
        """Remember that the event passed; ``appended`` is when its copy was appended, s since the epoch."""
        digest, day = _digest(place), appended // DAY
        self._days.setdefault(day, set()).add(digest)
        self._new.setdefault(day, array("Q")).append(digest)

    def changed(self, appended: int) -> Iterator[Record]:
        """Records of what is new since the last call, and tombstones of what is past; by the newest append time."""
        for day, digests in self._new.items():
            yield from self._log.append(day, digests)
        self._new.clear()
        for day in [day for day in self._days if (day + 1) * DAY + REMEMBERED <= appended]:
            del self._days[day]
            yield from self._log.drop(day)

    def restore(self, name: str, value: bytes) -> None:
        """Take a stored record back; ``name`` is its key after the log's own name."""
        day, digests = self._log.restore(name, value)
        self._days.setdefault(day, set()).update(digests)


class Rejected:
    """The offsets whose events were rejected in one partition of one subsystem: the newest hundred thousand or so.

    Args:
        name: the head of the records' keys.
        known_from: below this offset nothing is known.
    """

    def __init__(self, name: str, known_from: int = 0) -> None:
        self.known_from = known_from
        self._buckets: dict[int, array[int]] = {}
        self._new: dict[int, array[int]] = {}
        self._log = NumberLog(name)
        self._count = 0

    def __contains__(self, offset: int) -> bool:
        return any(
            place < len(offsets) and offsets[place] == offset
            for offsets in self._buckets.values()
            for place in (bisect_left(offsets, offset),)
        )

    def add(self, offset: int) -> None:
        """Remember an offset, greater than all before."""
        bucket = self._count // _BUCKET
        self._count += 1
        self._buckets.setdefault(bucket, array("Q")).append(offset)
        self._new.setdefault(bucket, array("Q")).append(offset)

    def changed(self) -> Iterator[Record]:
        """Records of what is new since the last call, and tombstones of what is too much."""
        for bucket, offsets in self._new.items():
            yield from self._log.append(bucket, offsets)
        self._new.clear()
        while len(self._buckets) > _BUCKETS:
            oldest = min(self._buckets)
            self.known_from = self._buckets.pop(oldest)[-1] + 1
            yield from self._log.drop(oldest)

    def restore(self, name: str, value: bytes) -> None:
        """Take a stored record back; ``name`` is its key after the log's own name."""
        bucket, offsets = self._log.restore(name, value)
        known = self._buckets.get(bucket, array("Q"))
        self._buckets[bucket] = array("Q", sorted({*known, *offsets}))
        self._count = max(self._count, bucket * _BUCKET + len(self._buckets[bucket]))


_BUCKET, _BUCKETS = 10_000, 10


def _digest(place: RecordPosition) -> int:
    return xxhash.xxh3_64_intdigest("{}\0{}\0{}".format(*place).encode())
