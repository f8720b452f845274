"""Entities as bytes, and the log of segments in which they are stored.

A checkpoint appends the changed entities as new segments, never one record per entity. When more than half of
what the log holds is stale, the oldest segments are emptied: what still lives in them moves into the new one.
A restore therefore reads at most about twice what lives, and writing costs at most about twice what changed.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ioc.engine.store.keys import StoredKey
from ioc.events.records import Record
from ioc.time.instants import EpochSeconds
from ioc.time.windows import DAY

SEGMENT_ENTITIES = 1_000
"""Entities in a segment at the most, so that a record stays far below a broker's limit."""
SLACK = 1_000
"""Stale entries that are never worth cleaning."""

_HEADER = 8

NEVER = EpochSeconds(0)
"""When an entity is forgotten that is kept."""
AT_ONCE = EpochSeconds(1)
"""When one is that was only to be overwritten."""

_Row = tuple[str, EpochSeconds, bytes]
"""An entity's key, and its `Entity`."""


class Entity(NamedTuple):
    """A stored entity: the event time from which it is forgotten, perhaps `NEVER`, and its content."""

    forgotten_from: EpochSeconds
    content: bytes


class EntityLog:
    """The entities of one type in one partition; ``head`` is that of the records' keys."""

    def __init__(self, head: StoredKey) -> None:
        self.head = head
        self._live: dict[str, bytes] = {}
        self._changed: dict[str, Entity] = {}
        self._forgettable: dict[int, list[str]] = {}
        self._segments: deque[tuple[int, list[str]]] = deque()
        self._stored = 0
        self._next = 0

    def __len__(self) -> int:
        return len(self._live) + sum(key not in self._live for key in self._changed)

    def __contains__(self, key: str) -> bool:
        return key in self._changed or key in self._live

    def get(self, key: str, newest: EpochSeconds) -> Entity | None:
        """An entity as last put; None where it is forgotten at event time ``newest``."""
        entity = self._changed.get(key)
        if entity is None:
            stored = self._live.get(key)
            if stored is None:
                return None
            entity = _unpack(stored)
        return None if 0 < entity.forgotten_from <= newest else entity

    def put(self, key: str, entity: Entity) -> None:
        """Keep an entity; it is stored at the next checkpoint."""
        self._changed[key] = entity

    def items(self) -> Iterator[tuple[str, Entity]]:
        """All entities."""
        for key, stored in self._live.items():
            if key not in self._changed:
                yield key, _unpack(stored)
        yield from self._changed.items()

    def drain(self, newest: EpochSeconds) -> Iterator[Record]:
        """The records that store what changed since the last call, at event time ``newest``."""
        self._forget(newest)
        emptied = self._clean()
        rows = [(key, entity.forgotten_from, entity.content) for key, entity in self._changed.items()]
        for first in range(0, len(rows), SEGMENT_ENTITIES):
            yield self._append(rows[first : first + SEGMENT_ENTITIES])
        self._changed.clear()
        for number in emptied:
            yield Record(self.head.of(number), None)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """Take stored segments back."""
        for number, value in sorted((int(key.record), value) for key, value in records.items()):
            self._keep(number, _decoder.decode(value))

    def _append(self, rows: Sequence[_Row]) -> Record:
        number = self._next
        self._keep(number, rows)
        return Record(self.head.of(number), _encoder.encode(rows))

    def _keep(self, number: int, rows: Sequence[_Row]) -> None:
        """Hold the entities of a segment, the newest one."""
        for key, forgotten_from, content in rows:
            self._live[key] = _pack(forgotten_from, number, content)
            if forgotten_from:
                self._forgettable.setdefault(forgotten_from // DAY, []).append(key)
        self._segments.append((number, [row[0] for row in rows]))
        self._stored += len(rows)
        self._next = number + 1

    def _clean(self) -> list[int]:
        """Empty the oldest segments while most of the log is stale; what lives in them counts as changed."""
        emptied = []
        while self._segments and self._stored + len(self._changed) > 2 * len(self) + SLACK:
            number, keys = self._segments.popleft()
            self._stored -= len(keys)
            emptied.append(number)
            for key in keys:
                stored = self._live.get(key)
                if stored is not None and _segment(stored) == number and key not in self._changed:
                    self._changed[key] = _unpack(stored)
        return emptied

    def _forget(self, newest: EpochSeconds) -> None:
        """Drop what is forgotten, a day at a time; its stored segments are emptied in their turn."""
        for day in [day for day in self._forgettable if (day + 1) * DAY <= newest]:
            for key in self._forgettable.pop(day):
                stored = self._live.get(key)
                if stored is not None and key not in self._changed and 0 < _unpack(stored).forgotten_from <= newest:
                    del self._live[key]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[_Row])


def segment_rows(value: bytes) -> Iterator[tuple[str, Entity]]:
    """The entities of a stored segment."""
    for key, forgotten_from, content in _decoder.decode(value):
        yield key, Entity(forgotten_from, content)


def _pack(forgotten_from: EpochSeconds, number: int, content: bytes) -> bytes:
    return forgotten_from.to_bytes(4, "big") + (number & 0xFFFF_FFFF).to_bytes(4, "big") + content


def _unpack(stored: bytes) -> Entity:
    return Entity(EpochSeconds(int.from_bytes(stored[:4], "big")), stored[_HEADER:])


def _segment(stored: bytes) -> int:
    return int.from_bytes(stored[4:_HEADER], "big")
