"""Which events were seen before: 64-bit hashes of source and id, in buckets of append time.

An event is a duplicate when an event of the same feed, source and id came before it in its partition, whatever time
either bears. Ids are forgotten by the log, not by when anybody looks: with the first record of a new bucket those
buckets leave whose end the append times have passed by the horizon, and the event times, too, what was newest when the
bucket was left. A history of years that is sent within an hour is all remembered.
"""

from array import array
from collections.abc import Iterator, Mapping

from xxhash import xxh3_64_intdigest as _digest

from ioc.engine.store.checkpoint_header import FeedState
from ioc.engine.store.keys import StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.store.number_log import NumberLog
from ioc.events.records import Record
from ioc.time.instants import EpochMs, Seconds, in_milliseconds

BUCKETS = 8
"""Buckets to a horizon: hashes live for the horizon and at most an eighth more."""


class Duplicates:
    """The hashes of one feed's events in one partition; a ``horizon`` of 0 keeps none."""

    def __init__(self, head: StoredKey, horizon: Seconds, feed: FeedState, former: "FormerDuplicates") -> None:
        self._width = in_milliseconds(Seconds(max(60, horizon // BUCKETS)))
        self._horizon = in_milliseconds(horizon)
        self._feed = feed
        self._former = former.hashes
        self._known: set[int] = set()
        self._buckets: dict[int, array[int]] = {}
        self._new: dict[int, array[int]] = {}
        self._gone: list[int] = []
        self._log = NumberLog(head)
        self.owns = head.is_head_of
        self._have_at_hand(max(feed.newest_of_ids, default=0))

    def remember(self, source: str, event_id: str, appended: EpochMs) -> bool:
        """Remember an event that was appended then; whether it is the first of its kind."""
        if not self._begin <= appended < self._end:
            self._turn_to(appended)
        digest = _digest(f"{source}\0{event_id}".encode())
        if digest in self._known or (self._former and digest in self._former):
            return False
        if self._horizon:
            self._known.add(digest)
            self._current.append(digest)
        return True

    def forget_last(self) -> None:
        """Take back the event that was new last: it did not pass after all."""
        if self._horizon:
            self._known.discard(self._current.pop())

    def _turn_to(self, appended: EpochMs) -> None:
        """Leave the bucket at hand for that of an append time, and forget what is past."""
        self._note_newest()
        self._have_at_hand(appended // self._width)
        for bucket in [bucket for bucket in {**self._buckets, **self._new} if self._is_past(bucket, appended)]:
            for hashes in (self._buckets.pop(bucket, ()), self._new.pop(bucket, ())):
                self._known.difference_update(hashes)
            self._feed.newest_of_ids.pop(bucket, None)
            self._gone.append(bucket)

    def _is_past(self, bucket: int, appended: EpochMs) -> bool:
        end, newest = (bucket + 1) * self._width, self._feed.newest_of_ids.get(bucket, self._feed.newest)
        return end + self._horizon <= appended and newest + self._horizon <= self._feed.newest

    def _have_at_hand(self, bucket: int) -> None:
        """The next events most likely belong to it, too."""
        self._bucket = bucket
        self._begin, self._end = EpochMs(bucket * self._width), EpochMs((bucket + 1) * self._width)
        self._current = self._new.setdefault(bucket, array("Q"))

    def _note_newest(self) -> None:
        """Nothing in the bucket at hand is newer than its feed is now."""
        if self._feed.newest:
            self._feed.newest_of_ids[self._bucket] = self._feed.newest

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The hashes that are new, and tombstones of what was forgotten."""
        self._note_newest()
        for bucket, hashes in self._new.items():
            if hashes:
                self._buckets.setdefault(bucket, array("Q")).extend(hashes)
                yield from self._log.append(bucket, hashes)
        self._new.clear()
        self._current = self._new.setdefault(self._bucket, array("Q"))
        for bucket in self._gone:
            yield from self._log.drop(bucket)
        self._gone.clear()

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        for bucket, hashes in self._log.restore(records):
            self._buckets.setdefault(bucket, array("Q")).extend(hashes)
            self._known.update(hashes)


class FormerDuplicates:
    """The hashes that a program kept which knew no feeds, in buckets of event time: looked up until they expire."""

    def __init__(self, head: StoredKey) -> None:
        self.hashes: set[int] = set()
        self._horizon = Seconds(0)
        self._buckets: dict[int, array[int]] = {}
        self._log = NumberLog(head)
        self.owns = head.is_head_of

    def expire_after(self, horizon: Seconds) -> None:
        """Say which horizon they were kept for."""
        self._horizon = horizon

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """Tombstones of expired buckets."""
        width = in_milliseconds(Seconds(max(60, self._horizon // BUCKETS)))
        oldest = watermark.event_time - in_milliseconds(self._horizon)
        for bucket in [bucket for bucket in self._buckets if (bucket + 1) * width <= oldest]:
            self.hashes.difference_update(self._buckets.pop(bucket))
            yield from self._log.drop(bucket)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        for bucket, hashes in self._log.restore(records):
            self._buckets.setdefault(bucket, array("Q")).extend(hashes)
            self.hashes.update(hashes)
