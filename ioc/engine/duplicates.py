"""Which events were seen before: 64-bit hashes of source and id, in buckets of append time.

An event is a duplicate when an event of the same feed, source and id came before it in its partition, whatever time
either bears; where it is known to say something else than that one, it is counted as such. Ids are forgotten by the
log, not by when anybody looks, and only where they are many: what is then unknown of a time whose ids were dropped may
have counted already, and is undecidable.
"""

from array import array
from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
from xxhash import xxh3_64_intdigest as _digest

from ioc.engine.store.checkpoint_header import FeedState, IdBucket
from ioc.engine.store.hashes import KnownHashes
from ioc.engine.store.keys import StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.store.number_log import NumberLog
from ioc.events.decoding import Event, Rejection
from ioc.events.records import Record
from ioc.time.instants import EpochMs, Seconds, in_milliseconds

ALWAYS_KEPT = 250_000
"""Ids of a feed in a partition that are kept however old they are, some 3 MB: most feeds never forget any."""
MOST = 3 * ALWAYS_KEPT
"""Ids beyond which the oldest leave whether they are past the horizon or not: no feed takes more than some 8 MB, and
two workers of 1 GiB have room for 10,000 events/s of all feeds."""
_BUCKETS = 2
"""Buckets to the ids that are always kept: the most that leave together."""
_CONTENTS = 4096
"""Events whose contents are remembered: some of the newest, in 32 kB."""
_PLACE = _CONTENTS - 1
"""The bits of an id that say which place among them is its own."""
_CONTENT = 0xFFFF
"""The bits that are remembered of one."""
_LOOK = 60_000
"""Milliseconds of append time after which a bucket may be left."""


class Duplicates:
    """The ids of one feed's events in one partition.

    A bucket is left at the first record of another minute of append time, if it is full by then. Then the oldest
    buckets leave for as long as there are more ids than ``always_kept`` and both append time and event time have
    passed theirs by the horizon; or there are more than ``most``.
    """

    def __init__(
        self,
        head: StoredKey,
        horizon: Seconds,
        feed: FeedState,
        former: "FormerDuplicates",
        *,
        always_kept: int = ALWAYS_KEPT,
        most: int = MOST,
    ) -> None:
        self.owns = head.is_head_of
        self._horizon = in_milliseconds(horizon)
        self._feed = feed
        self._former = former
        self._always_kept = always_kept
        self._most = most
        self._full = max(1, always_kept // _BUCKETS)
        self._known = KnownHashes()
        self._is_new = self._known.add
        self._new: dict[int, array[int]] = {}
        self._gone: list[int] = []
        self._log = NumberLog(head)
        self._contents = array("Q", bytes(8 * _CONTENTS))
        self._contents_view = np.frombuffer(self._contents, np.uint64)
        self._have_at_hand(max(feed.ids, default=_NONE))

    def remember(self, source: str, event_id: str, appended: EpochMs, time: EpochMs, data: Hashable) -> bool:
        """Remember an event of a time that was appended then; whether it is the first of its kind.

        ``data`` are the declared fields of its type as they were read: with its time all that it says, however it was
        written. Equal ones have equal hashes in this process.

        Raises Rejection where that is not known any more.
        """
        if appended >= self._until:
            self._look(appended)
        digest = _digest(f"{source}\0{event_id}".encode())
        if (self._former.any and digest in self._former) or not self._is_new(digest):
            self._feed.conflicting += self._is_another(digest, hash(data) ^ time)
            return False
        if self._dropped_from <= time <= self._dropped_to:
            self._known.discard_newest(digest)
            raise Rejection("undecidable", "the ids of that time were dropped: it may have counted already", "time")
        self._current.append(digest)
        self._contents[digest & _PLACE] = digest & ~_CONTENT | (hash(data) ^ time) & _CONTENT
        return True

    def remember_first(
        self, events: Sequence[Event], times: Sequence[EpochMs], appended: Sequence[EpochMs], datas: Sequence[Hashable]
    ) -> int:
        """Remember the first of some events, up to one that must be judged by itself; how many they are."""
        if appended[0] >= self._until:
            self._look(appended[0])
        is_undecided = self._dropped_from <= max(times) and min(times) <= self._dropped_to
        if max(appended) >= self._until or is_undecided or self._former.any:
            return 0
        digests = array("Q", [_digest(f"{event.source}\0{event.id}".encode()) for event in events])
        hashes = np.frombuffer(digests, np.uint64)
        said = (np.fromiter(map(hash, datas), np.int64, len(datas)) ^ np.array(times, np.int64)).view(np.uint64)
        places = (hashes & np.uint64(_PLACE)).astype(np.intp)
        contents = hashes & ~np.uint64(_CONTENT) | said & np.uint64(_CONTENT)
        # From here on nothing may fail: what is known and not told of would be a duplicate when it is applied.
        new = self._known.add_first(digests)
        self._current.extend(digests[:new])
        self._contents_view[places[:new]] = contents[:new]
        return new

    def _is_another(self, digest: int, content: int) -> bool:
        """Whether an event is known to say something else than the one whose id it has."""
        known = self._contents[digest & _PLACE]
        return (known ^ digest) <= _CONTENT and (known ^ content) & _CONTENT != 0

    def forget_last(self, count: int = 1) -> None:
        """Take back the events that were new last: they did not pass after all."""
        for _ in range(count):
            self._known.discard_newest(self._current.pop())

    def _look(self, appended: EpochMs) -> None:
        """With the first record of another minute: leave the bucket at hand if it is full, and forget what is past."""
        self._note()
        minute = appended // _LOOK
        until = EpochMs((minute + 1) * _LOOK)
        ids = self._feed.ids.get(self._bucket)
        if ids is not None and self._known.count(self._bucket) < self._full:
            ids.until = self._until = until
            return
        self._feed.ids[minute] = IdBucket(until)
        self._known.turn_to(minute)
        self._have_at_hand(minute)
        while self._is_one_too_many(oldest := min(self._feed.ids), appended):
            self._drop(oldest)

    def _is_one_too_many(self, bucket: int, appended: EpochMs) -> bool:
        count, ids = len(self._known), self._feed.ids[bucket]
        if bucket == self._bucket or count <= self._always_kept:
            return False
        # Nothing that is within the lateness, which is no longer than the horizon, is as old as what it has.
        is_past = ids.until + self._horizon <= appended and ids.newest + self._horizon < self._feed.newest
        return is_past or count > self._most

    def _drop(self, bucket: int) -> None:
        feed, ids = self._feed, self._feed.ids.pop(bucket)
        first = feed.ids_dropped_from
        feed.ids_dropped_from = ids.oldest if first is None else min(first, ids.oldest)
        feed.ids_dropped_to = max(feed.ids_dropped_to, ids.newest)
        self._known.drop(bucket)
        self._new.pop(bucket, None)
        self._gone.append(bucket)
        self._know_what_was_dropped()

    def _have_at_hand(self, bucket: int) -> None:
        """The next events belong to it."""
        self._bucket = bucket
        self._until = self._feed.ids[bucket].until if bucket in self._feed.ids else EpochMs(0)
        self._current = self._new.setdefault(bucket, array("Q"))
        self._know_what_was_dropped()

    def _know_what_was_dropped(self) -> None:
        first = self._feed.ids_dropped_from
        self._dropped_from = _NEVER if first is None else first
        self._dropped_to = self._feed.ids_dropped_to

    def _note(self) -> None:
        """Nothing in the bucket at hand is older or newer than what its feed has said by now."""
        if (ids := self._feed.ids.get(self._bucket)) is not None:
            ids.oldest, ids.newest = self._feed.first, self._feed.newest

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The hashes that are new, and tombstones of what was forgotten."""
        self._note()
        for bucket, hashes in self._new.items():
            if hashes:
                yield from self._log.append(bucket, hashes)
        self._new.clear()
        self._current = self._new.setdefault(self._bucket, array("Q"))
        for bucket in self._gone:
            yield from self._log.drop(bucket)
        self._gone.clear()
        self._known.compact()

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        self._known.restore(self._log.restore(records))
        feed = self._feed
        for bucket in self._known.buckets:
            # A former program's buckets were eighths of the horizon, and known by their newest event alone.
            if bucket not in feed.ids:
                end = EpochMs((bucket + 1) * max(_LOOK, self._horizon // 8))
                feed.ids[bucket] = IdBucket(end, feed.first, feed.newest_of_ids.get(bucket, feed.newest))
        feed.newest_of_ids.clear()
        newest = max(feed.ids, default=_NONE)
        self._known.turn_to(newest)
        self._have_at_hand(newest)


_NONE = -1
"""The bucket at hand before the first record."""
_NEVER = EpochMs(2**62)


class FormerDuplicates:
    """The hashes that a program kept which knew no feeds, in buckets of event time: looked up until they expire."""

    def __init__(self, head: StoredKey) -> None:
        self.any = False
        """Whether there are some."""
        self._hashes = KnownHashes()
        self._horizon = Seconds(0)
        self._log = NumberLog(head)
        self.owns = head.is_head_of

    def __contains__(self, digest: int) -> bool:
        return digest in self._hashes

    def expire_after(self, horizon: Seconds) -> None:
        """Say which horizon they were kept for."""
        self._horizon = horizon

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """Tombstones of expired buckets."""
        width = max(_LOOK, in_milliseconds(self._horizon) // 8)
        oldest = watermark.event_time - in_milliseconds(self._horizon)
        for bucket in [bucket for bucket in self._hashes.buckets if (bucket + 1) * width <= oldest]:
            self._hashes.drop(bucket)
            yield from self._log.drop(bucket)
        self.any = bool(self._hashes.buckets)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        self._hashes.restore(self._log.restore(records))
        self.any = bool(self._hashes.buckets)
