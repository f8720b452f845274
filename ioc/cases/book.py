"""The entities that are open and the things that are known, as the state topic holds them: what cases are found in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ioc.engine.compatibility import decode_state_schema
from ioc.engine.history import EntrySchema, decode_history
from ioc.engine.lifecycle import Contribution, Lifecycle
from ioc.engine.plan import Plan
from ioc.engine.presence import decode_thing
from ioc.engine.store.entity_log import Entity, segment_rows
from ioc.engine.store.keys import ENTRY_SCHEMA, Kind, StoredKey, record_number
from ioc.time.instants import EpochMs, EpochSeconds, seconds_from_ms


class Standing(NamedTuple):
    """An open entity, or a presence."""

    opened: EpochSeconds | None
    """None of a presence."""
    due: Mapping[str, EpochMs | None]
    """Its deadlines by name."""
    facts: tuple[Contribution, ...]
    """What it counts for now."""
    segment: StoredKey
    """The key of the record that holds it."""


_Things = dict[str, Standing]
"""By id."""


class CaseBook:
    """Takes the records of the state topic in their order, and keeps of them what is open or known now.

    Closed entities are most of a state, and their segments say so: they are not even decoded.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._lifecycles = {
            (slug, name): Lifecycle(name, subsystem)
            for slug, subsystem in plan.subsystems.items()
            for name in subsystem.subsystem.entities
        }
        self._stored_schemas: dict[tuple[int, str, str], EntrySchema] = {}
        self._stored_fields: dict[tuple[int, str, str], Sequence[str]] = {}
        self._things: dict[tuple[str, str], dict[int, _Things]] = {}
        self._segments: dict[tuple[int, StoredKey], list[str]] = {}

    def put(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take one record. Raises msgspec.MsgspecError, ValueError for what no worker wrote."""
        stored_key = slug, kind, thing, record = StoredKey.parse(key)
        if slug not in self.plan.subsystems:
            return
        if kind == Kind.STATE_SCHEMA and value is not None:
            for presence, (_, *fields) in decode_state_schema(value).presences.items():
                self._stored_fields[partition, slug, presence] = fields
        elif kind == Kind.ENTITIES and (slug, thing) in self._lifecycles:
            if record != ENTRY_SCHEMA:
                self._put_segment(partition, stored_key, value)
            elif value is not None:
                self._stored_schemas[partition, slug, thing] = EntrySchema.of(value)
        elif kind == Kind.PRESENCES and thing in self.plan.subsystems[slug].subsystem.presences:
            self._put_segment(partition, stored_key, value)

    def things(self, subsystem: str, thing: str) -> Iterator[tuple[str, Standing]]:
        """Every open entity, or every presence known, of one kind, with its id."""
        for things in self._things.get((subsystem, thing), {}).values():
            yield from things.items()

    def _put_segment(self, partition: int, key: StoredKey, value: bytes | None) -> None:
        slug, thing = key.subsystem, key.thing
        things = self._things.setdefault((slug, thing), {}).setdefault(partition, {})
        for former in self._segments.pop((partition, key), ()):
            if former in things and things[former].segment == key:
                del things[former]
        if value is None:
            return
        held = self._segments[partition, key] = []
        is_entity = (slug, thing) in self._lifecycles
        for identity, entity in segment_rows(value):
            standing = None
            if is_entity and not entity.forgotten_from:
                standing = self._entity(partition, key, entity)
            elif not is_entity and entity.content:
                standing = self._presence(partition, key, identity, entity)
            if standing is None:
                things.pop(identity, None)
            else:
                things[identity] = standing
                held.append(identity)

    def _entity(self, partition: int, key: StoredKey, entity: Entity) -> Standing | None:
        slug, thing = key.subsystem, key.thing
        lifecycle = self._lifecycles[slug, thing]
        schema = lifecycle.schema
        stored = self._stored_schemas.get((partition, slug, thing), schema)
        history = decode_history(entity.content)
        if stored != schema:
            history = sorted(schema.adapter(stored)(history), key=lifecycle.order_of)
        state = lifecycle.present(history)
        if state is None or state.closing is not None:
            return None
        return Standing(seconds_from_ms(state.opened), state.due, tuple(lifecycle.standing(state)), key)

    def _presence(self, partition: int, key: StoredKey, identity: str, entity: Entity) -> Standing | None:
        slug, presence = key.subsystem, key.thing
        plan, thing = self.plan.subsystems[slug], decode_thing(entity.content)
        stored = self._stored_fields.get((partition, slug, presence), plan.remembered_of(presence))
        if len(stored) != len(thing.values):
            # Stored before the schema was: what it held was written anew with it, and comes later.
            return None
        known: dict[str, object] = dict(zip(stored, thing.values, strict=True))
        known[plan.subsystem.presences[presence].id] = identity
        what, minute = thing.standing(presence)
        fact = plan.facts.get(what)
        values = tuple(known.get(field) for field in fact.fields) if fact else ()
        return Standing(None, {}, ((str(what), minute, values),), key)


def in_order(records: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """A partition's live records as a book must take them: what says how to read others, then by segment."""
    return sorted(records.items(), key=lambda record: record_number(record[0]))
