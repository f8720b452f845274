"""The header of a checkpoint: how far the sources are in it, and what must be found with it."""

from collections.abc import Iterable
from typing import Self

import msgspec

from ioc.engine.store.memory import Watermark
from ioc.time.instants import EpochMs


class Fates(msgspec.Struct):
    """Where a subsystem's events of one partition went.

    consumed = applied + duplicate + rejected, and consumed - sent_again + gaps is the position.
    """

    consumed: int = 0
    sent_again: int = 0
    """Of the consumed ones those that the operator sent again, which are in a topic of their own."""
    applied: int = 0
    late: int = 0
    """Of the applied ones those later than the allowed lateness."""
    duplicate: int = 0
    rejected: int = 0
    rejected_by_reason: dict[str, int] = msgspec.field(default_factory=dict)
    gaps: int = 0
    """Offsets that hold no record."""

    def reject(self, reason: str, count: int = 1) -> None:
        self.rejected += count
        self.rejected_by_reason[reason] = self.rejected_by_reason.get(reason, 0) + count

    def add(self, other: "Fates") -> None:
        """Take in those of another partition."""
        self.consumed += other.consumed
        self.sent_again += other.sent_again
        self.applied += other.applied
        self.late += other.late
        self.duplicate += other.duplicate
        self.rejected += other.rejected
        self.gaps += other.gaps
        for reason, count in other.rejected_by_reason.items():
            self.rejected_by_reason[reason] = self.rejected_by_reason.get(reason, 0) + count


class IdBucket(msgspec.Struct, array_like=True):
    """Ids of one feed that are remembered, and forgotten, together."""

    until: EpochMs
    """The append time that they are all before; from which on another bucket may begin."""
    oldest: EpochMs = EpochMs(0)
    """No event of theirs is older,"""
    newest: EpochMs = EpochMs(0)
    """and none newer."""


class FeedState(msgspec.Struct):
    """What one feed has said in one partition of its subsystem."""

    newest: EpochMs = EpochMs(0)
    """The newest event time; 0 where it was never heard."""
    heard: EpochMs = EpochMs(0)
    """The newest append time of an event that was not older then than the feed's may be late."""
    first: EpochMs = EpochMs(0)
    """The oldest event time."""
    applied: int = 0
    late: int = 0
    """Of the applied ones."""
    duplicate: int = 0
    conflicting: int = 0
    """Of the duplicates those that are known to say something else than the event whose id they have."""
    rejected_by_reason: dict[str, int] = msgspec.field(default_factory=dict)
    newest_of_ids: dict[int, EpochMs] = msgspec.field(default_factory=dict)
    """By bucket of a former program the newest event time when it was left."""
    ids: dict[int, IdBucket] = msgspec.field(default_factory=dict)
    """The buckets of ids remembered, by the minute of append time that each began in."""
    ids_dropped_from: EpochMs | None = None
    """The oldest event whose id may have been dropped because there were too many; None where none was."""
    ids_dropped_to: EpochMs = EpochMs(0)
    """The newest one."""

    def reject(self, reason: str, count: int = 1) -> None:
        self.rejected_by_reason[reason] = self.rejected_by_reason.get(reason, 0) + count

    def add(self, other: "FeedState") -> None:
        """Take in what the same feed has said in another partition; of ids nothing."""
        self.newest = max(self.newest, other.newest)
        self.heard = max(self.heard, other.heard)
        self.first = min(filter(None, (self.first, other.first)), default=EpochMs(0))
        self.applied += other.applied
        self.late += other.late
        self.duplicate += other.duplicate
        self.conflicting += other.conflicting
        for reason, count in other.rejected_by_reason.items():
            self.reject(reason, count)


UNKNOWN_FEED = ""
"""Where rejected records are counted whose type cannot be read."""


class Loss(msgspec.Struct):
    """What the broker had deleted by age before it was read."""

    offsets: int
    """How many: each a record, or the marker of a transaction."""
    before: EpochMs = EpochMs(0)
    """The append time of the first record read behind them: all that is lost was appended before. 0 while none was."""


class SourceState(msgspec.Struct):
    """How far one subsystem's partition is."""

    position: int
    """The next offset to consume."""
    newest: EpochMs
    """The newest event time."""
    appended: EpochMs
    """The newest append time."""
    fates: Fates
    orphans: dict[str, int]
    rejections_from: int = -1
    """The offset from which it is known which events were rejected; -1 where an older program wrote the header."""
    feeds: dict[str, FeedState] = msgspec.field(default_factory=dict)
    """What each feed has said."""
    negative_counts: int = 0
    """Counts below 0 that were stored, ever: each is a fault of the engine."""
    lost: Loss | None = None
    """What of the topic is not in the state; None where all is."""

    @classmethod
    def unread(cls) -> Self:
        """Of a subsystem of which nothing was consumed."""
        return cls(position=-1, newest=EpochMs(0), appended=EpochMs(0), fates=Fates(), orphans={}, rejections_from=0)

    def feed(self, slug: str) -> FeedState:
        """What a feed has said, begun where it said nothing."""
        return self.feeds.setdefault(slug, FeedState())

    def lose(self, offsets: int) -> None:
        """So many next offsets were deleted unread."""
        self.lost = Loss(offsets + (self.lost.offsets if self.lost else 0))

    def know_feeds(self, slugs: Iterable[str]) -> None:
        """Take over a state of a program that knew no feeds: each was heard when its subsystem was."""
        if not self.feeds and self.position >= 0:
            self.feeds = {slug: FeedState(self.newest, self.appended, self.newest) for slug in slugs}

    @property
    def watermark(self) -> Watermark:
        return Watermark(self.newest, self.appended)


class CheckpointHeader(msgspec.Struct):
    """The last record of every checkpoint."""

    sequence: int
    live: int
    """Live records of the log, the header aside."""
    digest: int
    sources: dict[str, SourceState]
    state_format: int
    rebuilt_to: dict[str, int] = msgspec.field(default_factory=dict)
    """While a torn state is made anew from the topics: by subsystem the offset that it had reached. Until then its
    figures are a part of what they were."""
    sent_again: int = -1
    """The next offset to consume of what the operator sent again; -1 where nothing of it was consumed."""
    nobodys: Fates = msgspec.field(default_factory=Fates)
    """What became of those records that the operator sent again and that are of no subsystem."""


def encode_header(header: CheckpointHeader) -> bytes:
    return msgspec.msgpack.encode(header)


def decode_header(value: bytes) -> CheckpointHeader:
    """Raises msgspec.MsgspecError."""
    return msgspec.msgpack.decode(value, type=CheckpointHeader)
