"""The header of a checkpoint: how far the sources are in it, and what must be found with it."""

from typing import Self

import msgspec

from ioc.engine.store.memory import Watermark
from ioc.time.instants import EpochMs


class Fates(msgspec.Struct):
    """Where a subsystem's events of one partition went.

    consumed = applied + duplicate + rejected, and consumed + gaps is the position.
    """

    consumed: int = 0
    applied: int = 0
    late: int = 0
    """Of the applied ones those later than the allowed lateness."""
    duplicate: int = 0
    rejected: int = 0
    rejected_by_reason: dict[str, int] = msgspec.field(default_factory=dict)
    gaps: int = 0
    """Offsets that hold no record."""


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

    @classmethod
    def unread(cls) -> Self:
        """Of a subsystem of which nothing was consumed."""
        return cls(position=-1, newest=EpochMs(0), appended=EpochMs(0), fates=Fates(), orphans={}, rejections_from=0)

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


def encode_header(header: CheckpointHeader) -> bytes:
    return msgspec.msgpack.encode(header)


def decode_header(value: bytes) -> CheckpointHeader:
    """Raises msgspec.MsgspecError."""
    return msgspec.msgpack.decode(value, type=CheckpointHeader)
