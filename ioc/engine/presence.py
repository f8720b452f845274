"""Things known by their signs of life: when each was last heard of, and whether it was withdrawn since."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

import msgspec

from ioc.catalogue.model import PresenceSpec
from ioc.engine.plan import FieldValues, SubsystemPlan, picker, projection
from ioc.engine.store.entity_log import AT_ONCE, NEVER, Entity, EntityLog
from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.tally import Tally
from ioc.events.decoding import attribute_of
from ioc.events.records import Record
from ioc.kpis.facts import FactName, Seen, Withdrawn
from ioc.time.instants import (
    EpochMinute,
    EpochMs,
    EpochSeconds,
    minute_from_ms,
    minute_from_seconds,
    ms_from_minute,
    seconds_from_ms,
)
from ioc.time.windows import DAY, pane_start


class Thing(NamedTuple):
    """What is remembered of a thing: the newest of each kind of its events, so that their order changes nothing."""

    minute: EpochMinute
    """That it was last heard of in; 0 where it never was."""
    values: FieldValues
    """The field values of that sign of life; of one minute the greatest, whichever came first."""
    heard: EpochMs = EpochMs(0)
    """When it was last heard of; 0 as far as a program of minutes remembered it."""
    withdrawn: EpochMs = EpochMs(0)
    """When it was last declared out of service; 0 where it never was."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether it is out of service: from its withdrawal until it is heard later."""
        return self.withdrawn > 0 and self.withdrawn >= max(self.heard, ms_from_minute(self.minute))

    def standing(self, presence: str) -> tuple[FactName, EpochMinute]:
        """What it counts for."""
        if self.is_withdrawn:
            return Withdrawn(presence), minute_from_ms(self.withdrawn)
        return Seen(presence), self.minute


class Presence:
    """The things of one kind in one partition."""

    def __init__(self, slug: str, plan: SubsystemPlan) -> None:
        self.slug = slug
        self.spec: PresenceSpec = plan.subsystem.presences[slug]
        self._fields = plan.remembered_of(slug)
        self._counting = _Counting(self.slug, self._fields, plan)
        self._log = EntityLog(StoredKey(plan.subsystem.subsystem, Kind.PRESENCES, slug))
        self.owns = self._log.head.is_head_of
        self._things: dict[str, Thing] = {}
        self.knows = self._things.__contains__
        """Whether a thing is remembered."""
        self._before: dict[str, Thing | None] = {}
        """As they were counted last, of those that changed since."""
        self._put_last: tuple[str, Thing | None] | None = None
        """What the newest event changed, and what was known before it."""
        self._swept = EpochMinute(0)
        self._id_of: Callable[[object], str] = attrgetter(attribute_of(self.spec.id))
        self._project = projection(self._fields)

    def __len__(self) -> int:
        return len(self._things)

    def hear(self, data: object, time: EpochMs) -> None:
        """A sign of life at ``time``."""
        self._put_last = None
        key, minute, values = self._id_of(data), minute_from_ms(time), self._project(data)
        known = self._things.get(key)
        if known is None:
            self._put(key, None, Thing(minute, values, time))
        elif known.minute < minute or (known.minute == minute and repr(known.values) < repr(values)):
            self._put(key, known, Thing(minute, values, max(known.heard, time), known.withdrawn))
        elif known.heard < time:
            self._put(key, known, Thing(known.minute, known.values, time, known.withdrawn))

    def withdraw(self, data: object, time: EpochMs) -> None:
        """A declaration of ``time`` that a thing is out of service."""
        self._put_last = None
        key = self._id_of(data)
        known = self._things.get(key)
        thing = self._never_heard(key) if known is None else known
        if thing.withdrawn < time:
            self._put(key, known, thing._replace(withdrawn=time))

    def _never_heard(self, key: str) -> Thing:
        """Of one that was never heard of no more is known than its id."""
        return Thing(EpochMinute(0), tuple([key if field == self.spec.id else None for field in self._fields]))

    def _put(self, key: str, known: Thing | None, thing: Thing) -> None:
        self._before.setdefault(key, known)
        self._things[key] = thing
        self._put_last = key, known

    def take_back(self) -> None:
        """Undo what the newest event did."""
        if self._put_last is None:
            return
        key, known = self._put_last
        if known is None:
            del self._things[key]
        else:
            self._things[key] = known
        if self._before[key] is known:
            del self._before[key]
        self._put_last = None

    def flush(self, tally: Tally, watermark: Watermark) -> None:
        """Count the things that changed since the last call as they are now; forget what is long past."""
        self._forget(seconds_from_ms(watermark.event_time))
        for key, before in self._before.items():
            thing = self._things.get(key)
            self._count(tally, before, -1)
            self._count(tally, thing, 1)
            stored = Entity(AT_ONCE, b"") if thing is None else Entity(NEVER, _encoder.encode(thing))
            self._log.put(key, stored)
        self._before.clear()

    def _count(self, tally: Tally, thing: Thing | None, weight: int) -> None:
        if thing is not None:
            self._counting.count(tally, thing, weight)

    def _forget(self, newest: EpochSeconds) -> None:
        """Forget signs of life of long ago: once a day among all things, else where one changed.

        What is out of service stays so: its last values must not count again.
        """
        oldest = minute_from_seconds(EpochSeconds(pane_start(DAY, newest) - self.spec.forgotten_after.seconds))
        among = self._things if oldest > self._swept else self._before
        self._swept = max(self._swept, oldest)
        for key, thing in [(key, self._things[key]) for key in among if self._things[key].minute < oldest]:
            self._before.setdefault(key, thing)
            if not thing.is_withdrawn:
                del self._things[key]
            elif thing.minute:
                self._things[key] = self._never_heard(key)._replace(withdrawn=thing.withdrawn)

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The things that were counted anew by `flush`."""
        self._log.forget(watermark)
        return self._log.drain()

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """What is taken back is known once it was read by `read_as`."""
        self._log.restore(records)

    def read_as(self, fields: Sequence[str]) -> None:
        """Read what was taken back; ``fields`` are those that its values belong to."""
        for key, entity in list(self._log.items()):
            if entity.content:
                thing = decode_thing(entity.content)
                if tuple(fields) == self._fields:
                    self._things[key] = thing
                else:
                    self._take_over(key, thing, fields)

    def take_over(self, other: "Presence") -> None:
        """Begin with what another presence knows of the things of the same id: when they were last heard of at all."""
        for key, thing in other._things.items():
            self._take_over(key, thing, other._fields)

    def _take_over(self, key: str, thing: Thing, fields: Sequence[str]) -> None:
        known = {**dict(zip(fields, thing.values, strict=True)), self.spec.id: key}
        self._things[key] = thing._replace(values=tuple([known.get(field) for field in self._fields]))
        self._log.put(key, Entity(NEVER, _encoder.encode(self._things[key])))

    def count_all(self, tally: Tally, plan: SubsystemPlan) -> None:
        """Count everything remembered as a plan that asks for no more fields wants it."""
        counting = _Counting(self.slug, self._fields, plan)
        for thing in self._things.values():
            counting.count(tally, thing, 1)


class _Counting:
    """Counts the things of a presence for the facts that a plan asks for; ``fields`` are those of their values."""

    def __init__(self, presence: str, fields: Sequence[str], plan: SubsystemPlan) -> None:
        self._presence = presence
        self._wanted: dict[FactName, tuple[str, Callable[[FieldValues], FieldValues]]] = {}
        for what in (Seen(presence), Withdrawn(presence)):
            if (fact := plan.facts.get(what)) is not None:
                self._wanted[what] = fact.name, picker([fields.index(field) for field in fact.fields])

    def count(self, tally: Tally, thing: Thing, weight: int) -> None:
        what, minute = thing.standing(self._presence)
        if (wanted := self._wanted.get(what)) is not None:
            name, values_of = wanted
            tally.add(name, minute, values_of(thing.values), weight)


_encoder = msgspec.msgpack.Encoder()
decode_thing = msgspec.msgpack.Decoder(Thing).decode
