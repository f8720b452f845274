"""What goes into the engine and what comes out of it, as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ioc.time.instants import EpochMs

Header = tuple[str, bytes]

SENT_AGAIN = "sent-again"
"""Stands, where a subsystem would, for the one topic of what the operator sends again; no subsystem is called so."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one source partition, column by column.

    All sequences have the same length. ``append_times`` are the broker's
    LogAppendTime. A batch without records says
    that offsets below its ``end`` hold none.
    """

    subsystem: str
    partition: int
    offsets: Sequence[int]
    append_times: Sequence[EpochMs]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[Sequence[Header]]
    end: int = -1
    """The next offset that may hold a record, where markers of transactions follow the last one; else left out."""
    topic: str = ""
    """The full name of the source topic, which only says what a redriven event refers to."""
    begins: int = 0
    """The first offset that the broker still has, where it was found to have deleted records before they were read."""
    sent_again: bool = False
    """Whether these are rejected events that the operator sent again: ``topic`` is where the subsystem's events are."""

    def __len__(self) -> int:
        return len(self.offsets)


@dataclass(frozen=True, slots=True)
class Record:
    """One record to write; a ``value`` of None is a tombstone."""

    key: bytes
    value: bytes | None
    headers: Sequence[Header] = ()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything that one Kafka transaction of one partition index must hold.

    ``positions`` maps each subsystem, and `SENT_AGAIN`, to the next offset to consume.
    """

    sequence: int
    positions: dict[str, int]
    state: list[Record] = field(default_factory=list)
    figures: list[Record] = field(default_factory=list)
    dead_letters: list[Record] = field(default_factory=list)
