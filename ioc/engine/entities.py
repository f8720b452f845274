"""The entities of one type in one partition: their histories, and the figures that move with them."""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import cast

from ioc.engine.calendars import Calendars
from ioc.engine.history import Entry, EntrySchema, History, Plain, decode_history, encode_history, times_in_ms
from ioc.engine.lifecycle import Advance, Lifecycle
from ioc.engine.plan import SubsystemPlan, projection
from ioc.engine.store.checkpoint_header import SourceState
from ioc.engine.store.entity_log import ANY_TIME, AT_ONCE, NEVER, Entity, EntityLog
from ioc.engine.store.forgotten import ForgottenKeys
from ioc.engine.store.keys import ENTRY_SCHEMA, Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.tally import Tally
from ioc.events.decoding import Rejection, attribute_of
from ioc.events.records import Record
from ioc.time.instants import EpochMs, EpochSeconds, seconds_from_ms
from ioc.time.windows import DAY

LONGEST_HISTORY = 1_000
"""Far more events than a real entity has: a feed that sends more is at fault."""


class Repetition(Exception):
    """An entity has this very event already."""


class Entities:
    """All entities of one type in one partition."""

    def __init__(self, slug: str, plan: SubsystemPlan, calendars: Calendars) -> None:
        self.lifecycle = Lifecycle(slug, plan, calendars)
        self._calendars = calendars
        self._retention = self.lifecycle.spec.retention.seconds
        self.orphans = 0
        """Entities whose opening never came, ever; one whose opening came after all is none."""
        self._log = EntityLog(StoredKey(plan.subsystem.subsystem, Kind.ENTITIES, slug))
        self._forgotten = ForgottenKeys(StoredKey(plan.subsystem.subsystem, f"{Kind.FORGOTTEN}@{slug}"))
        self.knows = self._log.__contains__
        """Whether an entity is known by its key."""
        self.schema = self.lifecycle.schema
        self._schema_stored = False
        self.newly_kept: frozenset[str] = frozenset()
        """The fields that histories taken back may lack, though their events said them."""
        self._kept = [projection(fields) for fields in self.lifecycle.kept]
        self._times = [self.schema.time_places(event) for event in self.lifecycle.events]
        self._number = {event: number for number, event in enumerate(self.lifecycle.events)}
        self.id_of = attrgetter(attribute_of(self.lifecycle.spec.id))

    def __len__(self) -> int:
        return len(self._log)

    def owns(self, key: StoredKey) -> bool:
        return self._log.head.is_head_of(key) or self._forgotten.owns(key)

    def apply(self, event: str, data: object, time: EpochMs, source: SourceState, tally: Tally) -> None:
        """Take an event into its entity's history.

        Args:
            source: how far the topic came: its newest event time before the event, its newest append time with it.

        Raises:
            Repetition: it is known already.
            Rejection: its entity was forgotten, or has more events than any real one.
        """
        key = self.id_of(data)
        number = self._number[event]
        values = self._kept[number](data)
        if self._times[number]:
            values = times_in_ms(values, self._times[number])
        entry = Entry(time, number, cast("tuple[Plain, ...]", values), self._calendars.number)
        before = self._history(key, time, source)
        if not before:
            state = self.lifecycle.replay([entry])
            self._keep(key, [entry], Advance(state, [], self.lifecycle.contributions(state)), source, tally)
            return
        if time <= before[-1].time and any(map(entry.repeats, before)):
            raise Repetition
        if len(before) >= LONGEST_HISTORY:
            raise Rejection("history_too_long", f"{key} has {LONGEST_HISTORY} events already")
        self._extend(key, before, entry, source, tally)

    def _history(self, key: str, time: EpochMs, source: SourceState) -> list[Entry]:
        """What is known of an entity before an event of then; nothing of one that is new.

        Raises Repetition, Rejection where it is forgotten.
        """
        entity = self._log.get(key)
        if entity is None:
            last_day = self._forgotten.last_day(key)
            if last_day is None and day_of(time) < self._forgotten.decidable_from:
                raise Rejection("undecidable", f"whether {key} counted already before it was forgotten is not known")
        else:
            history = decode_history(entity.content)
            if entity.forgotten_from == NEVER or not entity.is_past(source.watermark):
                return history
            last_day = self._last_day(history)
        if last_day is None:
            return []
        if day_of(time) <= last_day:
            raise Repetition
        raise Rejection("forgotten", f"{key} ended more than {self.lifecycle.spec.retention} ago, and is forgotten")

    def _last_day(self, history: History) -> int:
        """Until when what comes of a forgotten entity is a repetition: never, where its opening never came."""
        return 0 if self.lifecycle.is_orphan(history) else day_of(history[-1].time)

    def _extend(self, key: str, before: list[Entry], entry: Entry, source: SourceState, tally: Tally) -> None:
        lifecycle = self.lifecycle
        former = lifecycle.replay(before)
        was_orphan = former is None and lifecycle.is_orphan(before)
        after = [*before, entry]
        if entry.time > before[-1].time and former is not None:
            # The common case: what comes last needs no second replay.
            advance = lifecycle.advance(former, entry)
        else:
            gone = lifecycle.contributions(former)
            after.sort(key=lifecycle.order_of)
            state = lifecycle.replay(after)
            advance = Advance(state, gone, lifecycle.contributions(state))
        self._keep(key, after, advance, source, tally, was_orphan=was_orphan)

    def _keep(
        self,
        key: str,
        history: History,
        advance: Advance,
        source: SourceState,
        tally: Tally,
        *,
        was_orphan: bool = False,
    ) -> None:
        """Keep a history, and move the figures from what the entity contributed to what it does now."""
        state, gone, come = advance
        # All that could fail comes first: an event that the engine fails on leaves nothing of itself behind.
        is_orphan = state is None and self.lifecycle.is_orphan(history)
        forgotten_from, kept_until = self.lifecycle.forgotten_from(history, state), ANY_TIME
        if forgotten_from != NEVER:
            kept_until = EpochSeconds(seconds_from_ms(source.appended) + self._retention)
        self._log.put(key, Entity(forgotten_from, encode_history(history), kept_until))
        self.orphans += is_orphan - was_orphan
        counts = tally.counts
        for contribution in come:
            if gone and contribution in gone:
                gone.remove(contribution)
            else:
                fact, stamp, values = contribution
                counts[fact][stamp, values] += 1
        for fact, stamp, values in gone:
            counts[fact][stamp, values] -= 1

    def histories(self, watermark: Watermark) -> Iterator[list[Entry]]:
        """That of every entity that is remembered."""
        for _, entity in self._log.items():  # noqa: PERF102 (no dict)
            if entity.content and not entity.is_past(watermark):
                yield decode_history(entity.content)

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The entities that changed, once how to read them, and what is remembered of those forgotten."""
        for key, entity in self._log.forget(watermark):
            self._forgotten.add(key, self._last_day(decode_history(entity.content)))
        yield from self._forgotten.drain()
        records = list(self._log.drain())
        if records and not self._schema_stored:
            self._schema_stored = True
            yield Record(self._log.head.of(ENTRY_SCHEMA), self.schema.stored())
        yield from records

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """Histories of another schema are rewritten at the next checkpoint."""
        self._forgotten.restore({key: value for key, value in records.items() if self._forgotten.owns(key)})
        own = {key: value for key, value in records.items() if not self._forgotten.owns(key)}
        self._log.restore({key: value for key, value in own.items() if key.record != ENTRY_SCHEMA})
        schema = records.get(self._log.head._replace(record=ENTRY_SCHEMA))
        former = None if schema is None else EntrySchema.of(schema)
        self._schema_stored = former is not None and former == self.schema
        if former is not None and former != self.schema:
            self.newly_kept = self.schema.newly_kept(former)
            adapted = self.schema.adapter(former)
            for key, entity in list(self._log.items()):
                known = sorted(adapted(decode_history(entity.content)), key=self.lifecycle.order_of)
                # What has no event left is forgotten, or its entries would be read by the wrong schema.
                forgotten_from = entity.forgotten_from if known else AT_ONCE
                self._log.put(key, entity._replace(forgotten_from=forgotten_from, content=encode_history(known)))


def day_of(time: EpochMs) -> int:
    """The day of an instant, in UTC, since the epoch."""
    return seconds_from_ms(time) // DAY
