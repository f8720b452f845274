"""Which events were seen before: 64-bit hashes of source and id, in buckets of event time.

An event is a duplicate when an event of the same source, id and bucket came before it in its partition, and the
bucket is not yet past the horizon. That is a function of the log, not of when anybody looks.
"""

from array import array
from collections.abc import Iterator, Mapping

from xxhash import xxh3_64_intdigest as _digest

from ioc.engine.store.keys import StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.store.number_log import NumberLog
from ioc.events.records import Record
from ioc.time.instants import EpochMs, Seconds, in_milliseconds

BUCKETS = 8
"""Buckets to a horizon: hashes live for the horizon and at most an eighth more."""


class Duplicates:
    """The hashes of one subsystem in one partition; a ``horizon`` of 0 keeps none."""

    def __init__(self, head: StoredKey, horizon: Seconds) -> None:
        self._width = in_milliseconds(Seconds(max(60, horizon // BUCKETS)))
        self._horizon = in_milliseconds(horizon)
        self._seen: dict[int, set[int]] = {}
        self._new: dict[int, array[int]] = {}
        self._log = NumberLog(head)
        self.owns = head.is_head_of
        self._turn_to(EpochMs(0))

    def remember(self, source: str, event_id: str, time: EpochMs, newest: EpochMs) -> bool:
        """Remember an event at ``time``; whether it is the first of its kind. ``newest`` is as of before it."""
        if not self._begin <= time < self._end:
            self._turn_to(time)
        if self._expires <= newest:
            return True
        digest = _digest(f"{source}\0{event_id}".encode())
        seen = self._current
        if digest in seen:
            return False
        seen.add(digest)
        self._current_new.append(digest)
        return True

    def _turn_to(self, time: EpochMs) -> None:
        """Have the bucket of ``time`` at hand: the next events most likely belong to it, too."""
        bucket = time // self._width
        self._begin, self._end = bucket * self._width, (bucket + 1) * self._width
        self._expires = self._end + self._horizon if self._horizon else 0
        self._current = self._seen.setdefault(bucket, set())
        self._current_new = self._new.setdefault(bucket, array("Q"))

    def forget(self, source: str, event_id: str, time: EpochMs) -> None:
        """Take back the event that was asked about last: it did not pass after all."""
        bucket = time // self._width
        if new := self._new.get(bucket):
            digest = _digest(f"{source}\0{event_id}".encode())
            if new[-1] == digest:
                new.pop()
                self._seen[bucket].discard(digest)

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The hashes that are new, and tombstones of expired buckets."""
        newest = watermark.event_time
        for bucket, hashes in self._new.items():
            if hashes and not self._expired(bucket, newest):
                yield from self._log.append(bucket, hashes)
        self._new.clear()
        for bucket in [bucket for bucket in self._seen if self._expired(bucket, newest)]:
            del self._seen[bucket]
            yield from self._log.drop(bucket)
        self._turn_to(newest)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        for bucket, hashes in self._log.restore(records):
            self._seen.setdefault(bucket, set()).update(hashes)

    def _expired(self, bucket: int, newest: EpochMs) -> bool:
        return (bucket + 1) * self._width + self._horizon <= newest
