"""Whether a state kept under one catalogue can go on under another.

The figures move by the difference between what an entity counted for and what it counts for now. That holds only
while both are worked out alike; what would change the past of entities already counted is incompatible, and the
way out is to rebuild from the topics. KPIs, measures, windows and limits may come and go.
"""

from collections.abc import Iterator, Mapping

import msgspec

from ioc.engine.plan import SubsystemPlan
from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.events.records import Record
from ioc.kpis.facts import MAIN_DEADLINE
from ioc.time.instants import Seconds

STATE_FORMAT = 3
"""Format of the state: 1 had no state schemas and did not say since when a column counts; 2 had no calendars, and the
times of entities in seconds."""


class IncompatibleState(Exception):
    """The state cannot go on under this catalogue or program; the message names why and the way out."""


class EntitySchema(msgspec.Struct):
    """What the histories of one kind of entity rest on."""

    id: str
    roles: dict[str, str]
    """Each event of the lifecycle with its role."""
    deadlines: dict[str, list[str]]
    """For each deadline its field, time and milestone."""


class StateSchema(msgspec.Struct):
    """What the state of one subsystem rests on."""

    entities: dict[str, EntitySchema]
    presences: dict[str, list[str]]
    """For each kind of presence the field that is its id, and the fields remembered of each sign of life."""
    types: dict[str, str]
    """The type of each field."""
    duplicate_horizon: Seconds
    """Of a program that knew no feeds; since then 0."""
    calendar: str
    """The version of the working calendar, which open deadlines are counted by."""
    duplicate_horizons: dict[str, Seconds] = msgspec.field(default_factory=dict)
    """By feed."""


def state_schema_of(plan: SubsystemPlan) -> StateSchema:
    """The state schema that a catalogue gives to a subsystem."""
    subsystem = plan.subsystem
    return StateSchema(
        entities={
            slug: EntitySchema(
                entity.id,
                dict(sorted(entity.events.items())),
                {
                    name: [str(deadline.field), str(deadline.after), str(deadline.until)]
                    for name, deadline in sorted(entity.deadlines.items())
                },
            )
            for slug, entity in subsystem.entities.items()
        },
        presences={slug: [presence.id, *plan.remembered_of(slug)] for slug, presence in subsystem.presences.items()},
        types={name: field.type for name, field in sorted(subsystem.fields.items())},
        duplicate_horizon=Seconds(0),
        calendar=plan.calendar.version,
        duplicate_horizons={slug: feed.duplicate_horizon.seconds for slug, feed in sorted(subsystem.feeds.items())},
    )


def incompatibilities(former: StateSchema, current: StateSchema) -> list[str]:
    """Each change that the state does not survive, as the place in the catalogue and what happened there."""
    return [*_incompatibilities(former, current)]


def _incompatibilities(former: StateSchema, current: StateSchema) -> Iterator[str]:
    for slug, horizon in former.duplicate_horizons.items():
        if (now := current.duplicate_horizons.get(slug, horizon)) != horizon:
            yield _changed(f"feeds.{slug}.duplicate_horizon", f"{horizon} s", f"{now} s")
    for name, kind in former.types.items():
        if name in current.types and current.types[name] != kind:
            yield _changed(f"fields.{name}.type", kind, current.types[name])
    for slug, (identity, *_) in former.presences.items():
        if slug in current.presences and current.presences[slug][0] != identity:
            yield _changed(f"presences.{slug}.id", identity, current.presences[slug][0])
    for slug, entity in former.entities.items():
        if slug in current.entities:
            yield from _entity(f"entities.{slug}", entity, current.entities[slug])


def _entity(place: str, former: EntitySchema, current: EntitySchema) -> Iterator[str]:
    if former.id != current.id:
        yield _changed(f"{place}.id", former.id, current.id)
    for event, role in former.roles.items():
        if (now := current.roles.get(event)) != role:
            yield _changed(f"{place}: the role of {event}", role, now or "no part of the lifecycle")
    for event in current.roles.keys() - former.roles.keys():
        if current.roles[event] == "opened":
            yield f"{place}.opened_by: {event} is new"
    for name in sorted(former.deadlines.keys() | current.deadlines.keys() & {MAIN_DEADLINE}):
        one, other = _deadline(former.deadlines, name), _deadline(current.deadlines, name)
        if one != other:
            yield _changed(f"{place}.deadlines.{name}", one, other)


def _deadline(deadlines: Mapping[str, list[str]], name: str) -> str:
    return "field {}, after {}, until {}".format(*deadlines[name]) if name in deadlines else "none"


def _changed(place: str, former: str, current: str) -> str:
    return f"{place}: was {former}, is {current}"


def check(subsystem: str, former: StateSchema, current: StateSchema) -> None:
    """Raises IncompatibleState."""
    if found := incompatibilities(former, current):
        raise IncompatibleState(
            f"{subsystem}: the catalogue does not fit the state kept: {'; '.join(found)}. Take the change back, or "
            "rebuild from the topics under a new prefix: `ioc replay --prefix NEW`, then `ioc promote --prefix NEW`"
        )


def check_format(state_format: int) -> None:
    """Raises IncompatibleState."""
    if state_format > STATE_FORMAT:
        raise IncompatibleState(
            f"the state has format {state_format}, this program knows up to {STATE_FORMAT}: run the newer program "
            "that wrote it, or rebuild under a new prefix: `ioc replay --prefix NEW`, then `ioc promote --prefix NEW`"
        )


class StoredSchema:
    """The state schema of one subsystem's partition: the one the state was kept under, and the catalogue's."""

    def __init__(self, plan: SubsystemPlan) -> None:
        self._subsystem = plan.subsystem.subsystem
        self._key = StoredKey(self._subsystem, Kind.STATE_SCHEMA)
        self.owns = self._key.is_head_of
        self.current = self.former = state_schema_of(plan)
        self.is_stored = False
        """Whether the log has the current one."""

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The current schema, unless the log has it."""
        if not self.is_stored:
            self.is_stored = True
            yield Record(self._key.encode(), encode_state_schema(self.current))

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """Raises IncompatibleState."""
        stored = records.get(self._key)
        if stored is not None:
            self.former = decode_state_schema(stored)
        check(self._subsystem, self.former, self.current)
        self.is_stored = stored is not None and self.former == self.current


encode_state_schema = msgspec.msgpack.Encoder(order="deterministic").encode
decode_state_schema = msgspec.msgpack.Decoder(StateSchema).decode
