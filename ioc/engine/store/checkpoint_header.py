"""The header of a checkpoint: how far the sources are in it, and what must be found with it."""

import msgspec

KEY = b"mark"


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
    newest: int
    """The newest event time, ms since the epoch."""
    appended: int
    """The newest append time, ms since the epoch."""
    fates: Fates
    orphans: dict[str, int]
    rejections_from: int = -1
    """The offset from which it is known which events were rejected; -1 where an older program wrote the header."""


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
