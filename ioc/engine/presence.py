"""Things known by their signs of life: the minute each was last heard of."""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

import msgspec

from ioc.catalogue.model import PresenceSpec
from ioc.engine.plan import FieldValues, SubsystemPlan, projection
from ioc.engine.store.entity_log import AT_ONCE, NEVER, Entity, EntityLog
from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.tally import Tally
from ioc.events.decoding import attribute_of
from ioc.events.records import Record
from ioc.kpis.facts import Seen
from ioc.time.instants import EpochMinute, EpochMs, EpochSeconds, minute_from_ms, minute_from_seconds, seconds_from_ms
from ioc.time.windows import DAY, pane_start


class Heard(NamedTuple):
    """When a thing was last heard of, and the field values of that sign of life."""

    minute: EpochMinute
    values: list[object]


_Heard = tuple[EpochMinute, FieldValues]


class Presence:
    """The things of one kind in one partition."""

    def __init__(self, slug: str, plan: SubsystemPlan) -> None:
        self.spec: PresenceSpec = plan.subsystem.presences[slug]
        self._fact = plan.facts.get(Seen(slug))
        self._fields = self._fact.fields if self._fact else ()
        self._log = EntityLog(StoredKey(plan.subsystem.subsystem, Kind.PRESENCES, slug))
        self.owns = self._log.head.is_head_of
        self._heard: dict[str, _Heard] = {}
        self.knows = self._heard.__contains__
        """Whether a thing was heard of and not forgotten since."""
        self._before: dict[str, _Heard | None] = {}
        self._swept = EpochMinute(0)
        self._id_of = attrgetter(attribute_of(self.spec.id))
        self._project = projection(self._fields)

    def __len__(self) -> int:
        return len(self._heard)

    def hear(self, data: object, time: EpochMs) -> None:
        """A sign of life at ``time``; only the newest minute of each thing matters.

        Of one minute that with the greatest values stays, whichever came first.
        """
        key = self._id_of(data)
        heard = minute_from_ms(time), self._project(data)
        known = self._heard.get(key)
        if known is None or known[0] < heard[0] or (known[0] == heard[0] and repr(known[1]) < repr(heard[1])):
            self._before.setdefault(key, known)
            self._heard[key] = heard

    def flush(self, tally: Tally, watermark: Watermark) -> None:
        """Count the things that were heard of since the last call in their new minutes; forget the long unheard."""
        for key in self._forgotten(seconds_from_ms(watermark.event_time)):
            self._count(tally, self._before.pop(key, self._heard[key]), -1)
            self._log.put(key, Entity(AT_ONCE, b""))
            del self._heard[key]
        for key, before in self._before.items():
            now = self._heard[key]
            self._count(tally, before, -1)
            self._count(tally, now, 1)
            self._log.put(key, Entity(NEVER, _encoder.encode(now)))
        self._before.clear()

    def _count(self, tally: Tally, heard: _Heard | None, weight: int) -> None:
        if self._fact is not None and heard is not None:
            tally.add(self._fact.name, heard[0], heard[1], weight)

    def _forgotten(self, newest: EpochSeconds) -> list[str]:
        """The things unheard of for too long: once a day among all, else among those heard of since the last call."""
        oldest = minute_from_seconds(EpochSeconds(pane_start(DAY, newest) - self.spec.forgotten_after.seconds))
        among = self._heard if oldest > self._swept else self._before
        self._swept = max(self._swept, oldest)
        return [key for key in among if self._heard[key][0] < oldest]

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The things whose new minutes were counted by `flush`."""
        return self._log.drain(seconds_from_ms(watermark.event_time))

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """What is taken back is known once it was read by `read_as`."""
        self._log.restore(records)

    def read_as(self, fields: Sequence[str]) -> None:
        """Read what was taken back; ``fields`` are those that its values belong to."""
        for key, entity in list(self._log.items()):
            if entity.content:
                minute, values = decode_heard(entity.content)
                if tuple(fields) != self._fields:
                    known = dict(zip(fields, values, strict=True))
                    values = [known.get(field) for field in self._fields]
                    self._log.put(key, Entity(NEVER, _encoder.encode((minute, values))))
                self._heard[key] = (minute, tuple(values))

    def count_all(self, tally: Tally, plan: SubsystemPlan) -> None:
        """Count everything heard of as a plan that asks for no more fields wants it."""
        fact = plan.facts.get(self._fact.what) if self._fact else None
        if fact is not None:
            places = [self._fields.index(field) for field in fact.fields]
            for minute, values in self._heard.values():
                tally.add(fact.name, minute, tuple([values[place] for place in places]))


_encoder = msgspec.msgpack.Encoder()
decode_heard = msgspec.msgpack.Decoder(Heard).decode
