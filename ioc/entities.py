"""The entities of one type in one partition: their histories, and the figures that move with them."""

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

import msgspec

from ioc.batch import Record
from ioc.entity_log import Entity, EntityLog
from ioc.envelope import attribute_of
from ioc.history import Entry, History, Lifecycle, State, WorkingTime
from ioc.plan import SubsystemPlan
from ioc.tally import Tally

LONGEST_HISTORY = 1_000
"""Far more events than a real entity has: a feed that sends more is at fault."""


class HistoryTooLong(Exception):
    """An entity has more events than any real one."""


class Entities:
    """All entities of one type in one partition."""

    def __init__(self, slug: str, plan: SubsystemPlan, calendar: WorkingTime) -> None:
        self.lifecycle = Lifecycle(slug, plan, calendar)
        self.orphans = 0
        """Entities whose opening never came, ever; one whose opening came after all is none."""
        self._name = f"{plan.subsystem.subsystem}|entities|{slug}"
        self._log = EntityLog(self._name)
        self._schema = HistorySchema(self.lifecycle.kept)
        self._schema_stored = False
        self.id_of = attrgetter(attribute_of(self.lifecycle.spec.id))

    def __contains__(self, key: str) -> bool:
        return key in self._log

    def __len__(self) -> int:
        return len(self._log)

    def apply(self, event: str, data: object, time: int, newest: int, tally: Tally) -> None:
        """Take an event into its entity's history; ``time`` in ms, ``newest`` in s as of before the event.

        Raises HistoryTooLong.
        """
        key = self.id_of(data)
        entity = self._log.get(key, newest)
        before = [] if entity is None else self._schema.decode(entity.content)
        entry = Entry(time, event, self._schema.kept_of(event, data))
        if entry in before:
            return
        if len(before) >= LONGEST_HISTORY:
            raise HistoryTooLong(f"{key} has {LONGEST_HISTORY} events already")
        after = [*before]
        insort(after, entry, key=self.lifecycle.order_of)
        self._move(key, before, after, tally)

    def _move(self, key: str, before: History, after: History, tally: Tally) -> None:
        state = self.lifecycle.replay(after)
        if before:
            self._count(self.lifecycle.replay(before), tally, -1)
            self.orphans -= self.lifecycle.is_orphan(before)
        self._count(state, tally, 1)
        self.orphans += self.lifecycle.is_orphan(after)
        self._log.put(key, Entity(self.lifecycle.forgotten_from(after, state), self._schema.encode(after)))

    def _count(self, state: State | None, tally: Tally, weight: int) -> None:
        for fact, stamp, values in self.lifecycle.contributions(state):
            tally.counts[fact][stamp, values] += weight

    def histories(self) -> Iterator[tuple[str, list[Entry]]]:
        """Every entity remembered, with its history."""
        for key, entity in self._log.items():
            yield key, self._schema.decode(entity.content)

    def changed(self, newest: int) -> Iterator[Record]:
        """The records that store what changed since the last call."""
        records = list(self._log.changed(newest))
        if records and not self._schema_stored:
            self._schema_stored = True
            yield Record(self._schema_key, self._schema.stored())
        yield from records

    @property
    def _schema_key(self) -> bytes:
        return f"{self._name}/schema".encode()

    def restore(self, schema: bytes | None, segments: Sequence[tuple[int, bytes]]) -> None:
        """Take back what was stored; histories of another schema are rewritten at the next checkpoint."""
        for number, value in sorted(segments):
            self._log.restore(number, value)
        former = None if schema is None else HistorySchema.of(schema)
        self._schema_stored = former is not None and former == self._schema
        if former is not None and former != self._schema:
            for key, entity in list(self._log.items()):
                history = [self._schema.adapt(entry, former) for entry in former.decode(entity.content)]
                known = [entry for entry in history if entry is not None]
                if known:
                    self._log.put(key, Entity(entity.forgotten_from, self._schema.encode(known)))


class HistorySchema:
    """How histories are stored: an event by its number, its kept fields by position."""

    def __init__(self, kept: dict[str, tuple[str, ...]]) -> None:
        self._kept = {event: kept[event] for event in sorted(kept)}
        self._events = list(self._kept)
        self._number = {event: number for number, event in enumerate(self._events)}
        self._getters: dict[str, list[Callable[[object], object]]] = {
            event: [attrgetter(attribute_of(field)) for field in fields] for event, fields in self._kept.items()
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HistorySchema) and self._kept == other._kept

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, stored: bytes) -> "HistorySchema":
        """The schema of a stored record."""
        return cls(msgspec.msgpack.decode(stored, type=dict[str, tuple[str, ...]]))

    def stored(self) -> bytes:
        return msgspec.msgpack.encode(self._kept)

    def kept_of(self, event: str, data: object) -> tuple[object, ...]:
        """The fields of an event that its entry keeps, times as seconds."""
        return tuple([plain(getter(data)) for getter in self._getters[event]])

    def encode(self, history: History) -> bytes:
        return _encoder.encode([(time, self._number[event], values) for time, event, values in history])

    def decode(self, content: bytes) -> list[Entry]:
        events = self._events
        return [Entry(time, events[number], values) for time, number, values in _decoder.decode(content)]

    def adapt(self, entry: Entry, former: "HistorySchema") -> Entry | None:
        """An entry in today's fields, None where the event is no longer part of the lifecycle."""
        if entry.event not in self._kept:
            return None
        known = dict(zip(former._kept[entry.event], entry.values, strict=True))
        return Entry(entry.time, entry.event, tuple(known.get(field) for field in self._kept[entry.event]))


def plain(value: object) -> object:
    """A field's value as it is stored: a time as whole seconds since the epoch."""
    return int(value.timestamp()) if isinstance(value, datetime) else value


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[tuple[int, int, tuple[str | int | float | bool | None, ...]]])
