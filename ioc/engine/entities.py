"""The entities of one type in one partition: their histories, and the figures that move with them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import cast

import msgspec

from ioc.engine.lifecycle import Advance, Entry, History, Lifecycle, Plain
from ioc.engine.plan import FieldValues, SubsystemPlan, projection
from ioc.engine.store.entity_log import AT_ONCE, Entity, EntityLog
from ioc.engine.store.keys import ENTRY_SCHEMA, Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.tally import Tally
from ioc.events.decoding import attribute_of
from ioc.events.records import Record
from ioc.time.instants import EpochMs, EpochSeconds, seconds_from_datetime, seconds_from_ms

LONGEST_HISTORY = 1_000
"""Far more events than a real entity has: a feed that sends more is at fault."""


class TooManyEvents(Exception):
    """An entity has more events than any real one."""


class Entities:
    """All entities of one type in one partition."""

    def __init__(self, slug: str, plan: SubsystemPlan) -> None:
        self.lifecycle = Lifecycle(slug, plan)
        self.orphans = 0
        """Entities whose opening never came, ever; one whose opening came after all is none."""
        self._log = EntityLog(StoredKey(plan.subsystem.subsystem, Kind.ENTITIES, slug))
        self.owns = self._log.head.is_head_of
        self.knows = self._log.__contains__
        """Whether an entity is known by its key."""
        self.schema = EntrySchema(self.lifecycle.events, self.lifecycle.kept)
        self._schema_stored = False
        self._kept = [projection(fields) for fields in self.lifecycle.kept]
        self._times = [
            [place for place, field in enumerate(fields) if plan.subsystem.fields[field].type == "time"]
            for fields in self.lifecycle.kept
        ]
        self._number = {event: number for number, event in enumerate(self.lifecycle.events)}
        self.id_of = attrgetter(attribute_of(self.lifecycle.spec.id))

    def __len__(self) -> int:
        return len(self._log)

    def apply(self, event: str, data: object, time: EpochMs, newest: EpochSeconds, tally: Tally) -> None:
        """Take an event into its entity's history; ``newest`` as of before the event.

        Raises TooManyEvents.
        """
        key = self.id_of(data)
        number = self._number[event]
        values = self._kept[number](data)
        if self._times[number]:
            values = in_seconds(values, self._times[number])
        entry = Entry(time, number, cast("tuple[Plain, ...]", values))
        entity = self._log.get(key, newest)
        if entity is None:
            state = self.lifecycle.replay([entry])
            self._keep(key, [entry], Advance(state, [], self.lifecycle.contributions(state)), tally)
            return
        before = decode_history(entity.content)
        if entry in before:
            return
        if len(before) >= LONGEST_HISTORY:
            raise TooManyEvents(f"{key} has {LONGEST_HISTORY} events already")
        self._extend(key, before, entry, tally)

    def _extend(self, key: str, before: list[Entry], entry: Entry, tally: Tally) -> None:
        lifecycle = self.lifecycle
        former = lifecycle.replay(before)
        if former is None:
            self.orphans -= lifecycle.is_orphan(before)
        after = [*before, entry]
        if entry.time > before[-1].time and former is not None:
            # The common case: what comes last needs no second replay.
            self._keep(key, after, lifecycle.advance(former, entry), tally)
            return
        gone = lifecycle.contributions(former)
        after.sort(key=lifecycle.order_of)
        state = lifecycle.replay(after)
        self._keep(key, after, Advance(state, gone, lifecycle.contributions(state)), tally)

    def _keep(self, key: str, history: History, advance: Advance, tally: Tally) -> None:
        """Keep a history, and move the figures from what the entity contributed to what it does now."""
        state, gone, come = advance
        counts = tally.counts
        for contribution in come:
            if gone and contribution in gone:
                gone.remove(contribution)
            else:
                fact, stamp, values = contribution
                counts[fact][stamp, values] += 1
        for fact, stamp, values in gone:
            counts[fact][stamp, values] -= 1
        if state is None:
            self.orphans += self.lifecycle.is_orphan(history)
        self._log.put(key, Entity(self.lifecycle.forgotten_from(history, state), encode_history(history)))

    def histories(self) -> Iterator[tuple[str, list[Entry]]]:
        """Every entity remembered, with its history."""
        for key, entity in self._log.items():
            yield key, decode_history(entity.content)

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The entities that changed, and once how to read them."""
        records = list(self._log.drain(seconds_from_ms(watermark.event_time)))
        if records and not self._schema_stored:
            self._schema_stored = True
            yield Record(self._log.head.of(ENTRY_SCHEMA), self.schema.stored())
        yield from records

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """Histories of another schema are rewritten at the next checkpoint."""
        self._log.restore({key: value for key, value in records.items() if key.record != ENTRY_SCHEMA})
        schema = records.get(self._log.head._replace(record=ENTRY_SCHEMA))
        former = None if schema is None else EntrySchema.of(schema)
        self._schema_stored = former is not None and former == self.schema
        if former is not None and former != self.schema:
            for key, entity in list(self._log.items()):
                history = [self.schema.adapted(entry, former) for entry in decode_history(entity.content)]
                known = sorted((entry for entry in history if entry is not None), key=self.lifecycle.order_of)
                # What has no event left is forgotten, or its entries would be read by the wrong schema.
                self._log.put(key, Entity(entity.forgotten_from if known else AT_ONCE, encode_history(known)))


class EntrySchema:
    """How entries are stored: an event by its number, its kept fields by position."""

    def __init__(self, events: Sequence[str], kept: Sequence[tuple[str, ...]]) -> None:
        self._kept = dict(zip(events, kept, strict=True))
        self._events = list(events)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EntrySchema) and self._kept == other._kept

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, stored: bytes) -> "EntrySchema":
        """The schema of a stored record."""
        kept = msgspec.msgpack.decode(stored, type=list[tuple[str, tuple[str, ...]]])
        return cls([event for event, _ in kept], [fields for _, fields in kept])

    def stored(self) -> bytes:
        return msgspec.msgpack.encode(list(self._kept.items()))

    def adapted(self, entry: Entry, former: "EntrySchema") -> Entry | None:
        """An entry of a former schema in this one; None where the event is no longer part of the lifecycle."""
        event = former._events[entry.event]
        if event not in self._kept:
            return None
        known = dict(zip(former._kept[event], entry.values, strict=True))
        return Entry(entry.time, self._events.index(event), tuple(known.get(field) for field in self._kept[event]))


def in_seconds(values: FieldValues, times: Sequence[int]) -> FieldValues:
    """Field values with the times at some places as whole seconds since the epoch."""
    changed = list(values)
    for place in times:
        value = changed[place]
        if isinstance(value, datetime):
            changed[place] = seconds_from_datetime(value)
    return tuple(changed)


encode_history = msgspec.msgpack.Encoder().encode
decode_history = msgspec.msgpack.Decoder(list[Entry]).decode
