"""What all that a subsystem's state remembers has in common: how it is stored, and taken back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from ioc.engine.store.keys import StoredKey
from ioc.events.records import Record
from ioc.time.instants import EpochMs


class Watermark(NamedTuple):
    """How far one subsystem's partition has come."""

    event_time: EpochMs
    """The newest."""
    append_time: EpochMs
    """The newest."""


class Memory(Protocol):
    """Something remembered over checkpoints."""

    def owns(self, key: StoredKey) -> bool:
        """Whether a stored record belongs here."""
        ...

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The records that store what is new since the last call, and tombstones of what is past at ``watermark``.

        What is drained counts as stored, and does not come again.
        """
        ...

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """Take back all records that it owns; nothing was remembered before."""
        ...


class Memories:
    """The memories of one subsystem that are stored in one topic."""

    def __init__(self, memories: Sequence[Memory]) -> None:
        self._memories = memories
        self._gone: list[StoredKey] = []

    @property
    def outlived(self) -> bool:
        """Whether the topic holds records of things that the catalogue has no more."""
        return bool(self._gone)

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """Drain every memory; records that belong to none are deleted."""
        for memory in self._memories:
            yield from memory.drain(watermark)
        for key in self._gone:
            yield Record(key.encode(), None)
        self._gone.clear()

    def restore(self, records: dict[StoredKey, bytes]) -> None:
        """Give every memory back what it owns, in their order; none is left. Raises IncompatibleState."""
        for memory in self._memories:
            memory.restore({key: records.pop(key) for key in [*records] if memory.owns(key)})
        self._gone = list(records)
        records.clear()
