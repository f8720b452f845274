"""Dead letters sent again: which of them may pass, so that none counts twice however often it is sent.

A redriven event says in its headers where its first copy was rejected. Where one passed it is remembered, for
longer than dead letters are kept. And where an event was rejected is remembered too: after a rebuild from the topics
under a catalogue that reads more, the first copy may have passed by itself, and those sent again must not.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping

import xxhash

from ioc.engine.store.hashes import KnownHashes
from ioc.engine.store.keys import StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.store.number_log import NumberLog
from ioc.events.dead_letter import RecordPosition
from ioc.events.records import Record
from ioc.time.instants import EpochMs, Seconds, seconds_from_ms
from ioc.time.windows import DAY

REMEMBERED = Seconds(400 * DAY)
"""How long a place is remembered, in append time."""


class Redeliveries:
    """The places whose events passed in one partition of one subsystem: 64-bit hashes in days of append time."""

    def __init__(self, head: StoredKey) -> None:
        self._passed = KnownHashes()
        self._day = 0
        self._new: dict[int, array[int]] = {}
        self._log = NumberLog(head)
        self.owns = head.is_head_of

    def __contains__(self, place: RecordPosition) -> bool:
        return _digest(place) in self._passed

    def add(self, place: RecordPosition, appended: EpochMs) -> None:
        """Remember that the event passed; ``appended`` is when its copy was appended."""
        digest, day = _digest(place), seconds_from_ms(appended) // DAY
        if day != self._day:
            self._passed.turn_to(day)
            self._day = day
        if self._passed.add(digest):
            self._new.setdefault(day, array("Q")).append(digest)

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The days that have more, and tombstones of those past by append time."""
        appended = seconds_from_ms(watermark.append_time)
        for day, digests in self._new.items():
            yield from self._log.append(day, digests)
        self._new.clear()
        self._passed.compact()
        for day in [day for day in self._passed.buckets if (day + 1) * DAY + REMEMBERED <= appended]:
            self._passed.drop(day)
            yield from self._log.drop(day)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        self._passed.restore(self._log.restore(records))


class Rejected:
    """The offsets whose events were rejected in one partition of one subsystem: the newest hundred thousand or so.

    Args:
        head: that of the records' keys.
    """

    def __init__(self, head: StoredKey) -> None:
        self.known_from = 0
        """Below this offset nothing is known."""
        self._buckets: dict[int, array[int]] = {}
        self._new: dict[int, array[int]] = {}
        self._log = NumberLog(head)
        self._count = 0
        self.owns = head.is_head_of

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

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The offsets that are new, and tombstones of those that are too many."""
        for bucket, offsets in self._new.items():
            yield from self._log.append(bucket, offsets)
        self._new.clear()
        while len(self._buckets) > _BUCKETS:
            oldest = min(self._buckets)
            self.known_from = self._buckets.pop(oldest)[-1] + 1
            yield from self._log.drop(oldest)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        for bucket, offsets in self._log.restore(records):
            known = self._buckets.get(bucket, array("Q"))
            self._buckets[bucket] = array("Q", sorted({*known, *offsets}))
            self._count = max(self._count, bucket * _BUCKET + len(self._buckets[bucket]))


_BUCKET, _BUCKETS = 10_000, 10


def _digest(place: RecordPosition) -> int:
    return xxhash.xxh3_64_intdigest("{}\0{}\0{}".format(*place).encode())
