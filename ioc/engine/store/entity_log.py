"""Entities as bytes, and the log of segments in which they are stored.

A checkpoint appends the changed entities as new segments, never one record per entity. When more than half of
what the log holds is stale, the oldest segments are emptied: what still lives in them moves into the new one.
A restore therefore reads at most about twice what lives, and writing costs at most about twice what changed.

What may be forgotten is so by the log: when both its event times and its append times have passed. A history of years
that is sent within an hour is all there, in every order.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import NamedTuple

import msgspec

from ioc.engine.store.keys import StoredKey
from ioc.engine.store.memory import Watermark
from ioc.events.records import Record
from ioc.time.instants import EpochSeconds, seconds_from_ms
from ioc.time.windows import DAY

SEGMENT_ENTITIES = 1_000
"""Entities in a segment at the most: so many are read to empty one."""
SEGMENT_BYTES = 256 * 1024
"""Bytes of entities in a segment, unless a single one has more: a record stays far below what a broker takes."""
SLACK = 1_000
"""Stale entries that are never worth cleaning."""

_HEADER = Struct(">III")
"""Before the content of an entity held: when it is forgotten, until when it is kept, and its segment's number."""

NEVER = EpochSeconds(0)
"""When an entity is forgotten that is kept."""
AT_ONCE = EpochSeconds(1)
"""When one is that was only to be overwritten."""
ANY_TIME = EpochSeconds(0)
"""When one was appended that is kept for its event time only."""


class _Row(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """An entity as segments hold it; those of a former program end with the content."""

    key: str
    forgotten_from: EpochSeconds
    content: bytes
    kept_until: EpochSeconds = ANY_TIME

    @property
    def entity(self) -> "Entity":
        return Entity(self.forgotten_from, self.content, self.kept_until)


class Entity(NamedTuple):
    """A stored entity: its content, and until when it is remembered."""

    forgotten_from: EpochSeconds
    """The event time from which it may be forgotten, perhaps `NEVER`."""
    content: bytes
    kept_until: EpochSeconds = ANY_TIME
    """The append time until which it is kept all the same."""

    def is_past(self, watermark: Watermark) -> bool:
        """Whether it counts as forgotten, dropped or not yet."""
        return 0 < self.forgotten_from <= seconds_from_ms(watermark.event_time) and self.kept_until <= seconds_from_ms(
            watermark.append_time
        )


class EntityLog:
    """The entities of one type in one partition; ``head`` is that of the records' keys."""

    def __init__(self, head: StoredKey) -> None:
        self.head = head
        self._live: dict[str, bytes] = {}
        self._changed: dict[str, Entity] = {}
        self._forgettable: dict[int, dict[int, list[str]]] = {}
        """By the day of append time until which they are kept, and that of event time from which they are not."""
        self._segments: deque[tuple[int, list[str]]] = deque()
        self._stored = 0
        self._next = 0

    def __len__(self) -> int:
        return len(self._live) + sum(key not in self._live for key in self._changed)

    def __contains__(self, key: str) -> bool:
        return key in self._changed or key in self._live

    def get(self, key: str) -> Entity | None:
        """An entity as last put; None where it was never put, or was forgotten."""
        entity = self._changed.get(key)
        if entity is None:
            stored = self._live.get(key)
            return None if stored is None else _unpack(stored)
        return entity

    def put(self, key: str, entity: Entity) -> None:
        """Keep an entity; it is stored at the next checkpoint."""
        self._changed[key] = entity

    def items(self) -> Iterator[tuple[str, Entity]]:
        """All entities."""
        for key, stored in self._live.items():
            if key not in self._changed:
                yield key, _unpack(stored)
        yield from self._changed.items()

    def drain(self) -> Iterator[Record]:
        """The records that store what changed since the last call."""
        emptied = self._clean()
        rows = [_Row(key, *entity) for key, entity in self._changed.items()]
        for segment in _segments(rows):
            yield self._append(segment)
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
        for row in rows:
            self._live[row.key] = _pack(row, number)
            if row.forgotten_from:
                by_event_day = self._forgettable.setdefault(row.kept_until // DAY, {})
                by_event_day.setdefault(row.forgotten_from // DAY, []).append(row.key)
        self._segments.append((number, [row.key for row in rows]))
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

    def forget(self, watermark: Watermark) -> list[tuple[str, Entity]]:
        """Drop what is past, a day at a time; its stored segments are emptied in their turn."""
        newest, appended = (seconds_from_ms(instant) for instant in watermark)
        dropped = []
        for append_day in [day for day in self._forgettable if (day + 1) * DAY <= appended]:
            by_event_day = self._forgettable[append_day]
            for event_day in [day for day in by_event_day if (day + 1) * DAY <= newest]:
                for key in by_event_day.pop(event_day):
                    if key not in self._changed and (entity := self.get(key)) and entity.is_past(watermark):
                        del self._live[key]
                        dropped.append((key, entity))
            if not by_event_day:
                del self._forgettable[append_day]
        return dropped


def _segments(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    """The rows in parts that a record can hold."""
    first = size = 0
    for number, row in enumerate(rows):
        own = len(row.key) + len(row.content)
        if number > first and (size + own > SEGMENT_BYTES or number - first == SEGMENT_ENTITIES):
            yield rows[first:number]
            first, size = number, 0
        size += own
    if rows:
        yield rows[first:]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[_Row])


def segment_rows(value: bytes) -> Iterator[tuple[str, Entity]]:
    """The entities of a stored segment."""
    for row in _decoder.decode(value):
        yield row.key, row.entity


_pack_header, _unpack_header = _HEADER.pack, _HEADER.unpack_from


def _pack(row: _Row, number: int) -> bytes:
    return _pack_header(row.forgotten_from, row.kept_until, number & 0xFFFF_FFFF) + row.content


def _unpack(stored: bytes) -> Entity:
    forgotten_from, kept_until, _ = _unpack_header(stored)
    return Entity(forgotten_from, stored[_HEADER.size :], kept_until)


def _segment(stored: bytes) -> int:
    number: int = _unpack_header(stored)[2]
    return number
