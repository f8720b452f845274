"""The state of one subsystem in one partition: every event has exactly one fate."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from ioc.engine.compatibility import StateSchema, check, decode_state_schema, encode_state_schema, state_schema_of
from ioc.engine.duplicates import Duplicates
from ioc.engine.entities import Entities, TooManyEvents
from ioc.engine.plan import SubsystemPlan
from ioc.engine.presence import Presence
from ioc.engine.recount import ColumnOrigins, recount
from ioc.engine.redelivery import Redeliveries, Rejected
from ioc.engine.store.checkpoint_header import Fates, SourceState
from ioc.engine.store.panes import PaneStore
from ioc.engine.tally import Apply, Tally, one_after_another, tallying
from ioc.events.dead_letter import RecordPosition, dead_letter, first_position
from ioc.events.decoding import FUTURE_MS, UNREADABLE, Event, Rejection, are_plain, attribute_of, rejection_of
from ioc.events.partitioning import belongs, partition_of
from ioc.events.records import Batch, Header, Record
from ioc.kpis.facts import Happened
from ioc.time.instants import EPOCH_BY_ZONE, MILLISECOND


@dataclass(frozen=True, slots=True)
class Handler:
    """What is done with one type of event."""

    apply: Apply
    """Raises Rejection where its entity cannot take it."""
    key_field: Callable[[Any], str] | None
    routed_here: Callable[[str], bool]
    """Whether a key is known to belong to this partition, so that it need not be hashed again."""


class SubsystemState:
    """Decodes, judges and applies the events of one subsystem and partition."""

    def __init__(self, plan: SubsystemPlan, partition: int, partitions: int) -> None:
        subsystem = plan.subsystem
        self.slug = subsystem.subsystem
        self.source = SourceState(position=-1, newest=0, appended=0, fates=Fates(), orphans={}, rejections_from=0)
        self._partition = partition
        self._partitions = partitions
        self._lateness_ms = subsystem.feed.allowed_lateness.seconds * 1000
        self._decoder = plan.decoder
        self._duplicates = Duplicates(f"{self.slug}|seen_ids", subsystem.feed.duplicate_horizon.seconds)
        self._redeliveries = Redeliveries(f"{self.slug}|redriven")
        self._rejected = Rejected(f"{self.slug}|rejected")
        self._plan = plan
        self._schema = state_schema_of(plan)
        self._schema_stored = False
        self._origins = ColumnOrigins(plan)
        self._gone: list[str] = []
        self.tally = Tally(plan.facts.values())
        self.panes = PaneStore(self.slug, plan.tables)
        self.entities = {slug: Entities(slug, plan) for slug in subsystem.entities}
        self.presences = {slug: Presence(slug, plan) for slug in subsystem.presences}
        self._handlers: Mapping[type[Event], Handler] = {
            type_: self._handler(name, plan) for type_, name in self._decoder.types.items()
        }

    def apply(self, batch: Batch) -> Iterator[Record]:
        """Apply a batch from the position on; yields a dead letter for each event rejected."""
        source, fates = self.source, self.source.fates
        first = next((i for i, offset in enumerate(batch.offsets) if offset >= source.position), len(batch))
        end = max(batch.end, batch.offsets[-1] + 1 if batch.offsets else 0)
        if end <= source.position:
            return
        if source.position < 0:
            self._rejected.known_from = batch.offsets[0] if batch.offsets else end
        fates.gaps += end - max(0, source.position) - (len(batch) - first)
        fates.consumed += len(batch) - first
        for i, rejection in self._apply_from(first, batch):
            fates.rejected += 1
            reasons = fates.rejected_by_reason
            reasons[rejection.reason] = reasons.get(rejection.reason, 0) + 1
            if not _is_sent_again(batch.headers[i]):
                self._rejected.add(batch.offsets[i])
            yield dead_letter(batch, i, rejection.reason, rejection.field, rejection.detail)
        source.position = end
        source.appended = max(source.appended, *batch.append_times[first:], 0)

    def _apply_from(self, start: int, batch: Batch) -> Iterator[tuple[int, Rejection]]:  # noqa: C901, PLR0912 (one hot loop)
        """Apply the records from a place on; yields the places of those rejected, and why."""
        source, fates, lateness = self.source, self.source.fates, self._lateness_ms
        read, decode = self._decoder.read, self._decoder.decode
        handlers, is_new = self._handlers, self._duplicates.is_new
        keys, values, headers, append_times = batch.keys, batch.values, batch.headers, batch.append_times
        plain = are_plain(values, headers)
        newest = source.newest
        # This runs for every event: milliseconds_of is written out, and nothing is looked up twice.
        for i in range(start, len(batch)):
            first = None
            try:
                if plain:
                    try:
                        event = read(values[i])
                    except UNREADABLE as error:
                        raise rejection_of(error) from error
                else:
                    first = _first_place(headers[i])
                    event = decode(values[i], headers[i])
                moment = event.time
                time = (moment - EPOCH_BY_ZONE[moment.tzinfo]) // MILLISECOND
                if time < 0 or time > append_times[i] + FUTURE_MS:
                    raise _impossible(moment, time)
                handler = handlers[type(event)]
                data = event.data
                if handler.key_field is not None:
                    wanted = handler.key_field(data)
                    if keys[i] != wanted.encode() or not handler.routed_here(wanted):
                        self._check_key(keys[i], wanted)
                if first is not None and self._passed(first, batch.topic):
                    fates.duplicate += 1
                    continue
                if not is_new(event.source, event.id, time, newest):
                    fates.duplicate += 1
                    if first is not None:
                        self._redeliveries.add(first, append_times[i] // 1000)
                    continue
                try:
                    handler.apply(data, time)
                except Rejection:
                    self._duplicates.forget(event.source, event.id, time)
                    raise
            except Rejection as rejection:
                yield i, rejection
                continue
            fates.applied += 1
            if first is not None:
                self._redeliveries.add(first, append_times[i] // 1000)
            if time > newest:
                source.newest = newest = time
            elif time < newest - lateness:
                fates.late += 1

    def _passed(self, first: RecordPosition, topic: str) -> bool:
        """Whether the event first seen there counted already, in a former copy or there itself."""
        if first in self._redeliveries:
            return True
        own = first.topic == topic and first.partition == self._partition
        return own and first.offset >= self._rejected.known_from and first.offset not in self._rejected

    def _check_key(self, key: bytes | None, wanted: str) -> None:
        if key is None or key != wanted.encode():
            shown = "no key" if key is None else f"the key {key[:64]!r}"
            raise Rejection("misrouted", f"the record has {shown}; the key of this event is {wanted!r}", "partitionkey")
        if partition_of(key, self._partitions) != self._partition:
            raise Rejection(
                "misrouted",
                f"the key {wanted!r} belongs to partition {partition_of(key, self._partitions)} (murmur2); "
                "with librdkafka set partitioner=murmur2_random",
                "partitionkey",
            )

    def _handler(self, event: str, plan: SubsystemPlan) -> Handler:
        subsystem = plan.subsystem
        applied: list[Apply] = []
        key: str | None = None
        routed_here: Callable[[str], bool] = partial(belongs, self._partition, self._partitions)
        if (entity := subsystem.entity_of(event)) is not None:
            entities = self.entities[entity]
            applied.append(self._to_history(entities, event))
            key, routed_here = subsystem.entities[entity].id, entities.knows
        elif (fact := plan.facts.get(Happened(event))) is not None:
            applied += tallying(fact, self.tally)
        for presence in self.presences.values():
            if event in presence.spec.heard_by:
                applied.append(presence.hear)
                key, routed_here = presence.spec.id, presence.knows
        return Handler(one_after_another(applied), attrgetter(attribute_of(key)) if key else None, routed_here)

    def _to_history(self, entities: Entities, event: str) -> Apply:
        def apply(data: Any, time: int) -> None:
            try:
                entities.apply(event, data, time, self.source.newest // 1000, self.tally)
            except TooManyEvents as error:
                raise Rejection("history_too_long", str(error)) from error

        return apply

    def changed(self) -> tuple[list[Record], list[Record]]:
        """The state's and the figures' records that changed since the last call."""
        newest = self.source.newest // 1000
        for presence in self.presences.values():
            presence.flush(self.tally, newest)
        self.tally.flush(self.panes)
        self.source.orphans = {slug: entities.orphans for slug, entities in self.entities.items()}
        state = [
            *self._duplicates.changed(self.source.newest),
            *self._redeliveries.changed(self.source.appended // 1000),
        ]
        state += self._rejected.changed()
        self.source.rejections_from = self._rejected.known_from
        for entities in self.entities.values():
            state += entities.changed(newest)
        for presence in self.presences.values():
            state += presence.changed(newest)
        figures = list(self.panes.changed(newest))
        if self.source.position >= 0:
            state += self._schema_record()
            if self._origins.changed:
                self._origins.changed = False
                figures.append(Record(f"{self.slug}|since".encode(), self._origins.encoded()))
        return state, figures

    def _schema_record(self) -> Iterator[Record]:
        """The state schema, once, and tombstones of what no longer belongs to the subsystem."""
        if not self._schema_stored:
            self._schema_stored = True
            yield Record(f"{self.slug}|foundation".encode(), encode_state_schema(self._schema))
        for name in self._gone:
            yield Record(f"{self.slug}|{name}".encode(), None)
        self._gone.clear()

    def restore(self, source: SourceState, state: Mapping[str, bytes], figures: Mapping[str, bytes]) -> None:
        """Take back what was stored, by the records' keys after the subsystem's name. Raises IncompatibleState."""
        stored = state.get("foundation")
        former = self._schema if stored is None else decode_state_schema(stored)
        check(self.slug, former, self._schema)
        self._schema_stored = stored is not None and former == self._schema
        self.source = source
        for name, value in figures.items():
            if name.startswith("pane|"):
                self.panes.restore(name.removeprefix("pane|"), value)
        self._restore_memories(former, state)
        recounted = self._origins.restore(figures.get("since"), source.newest // 1000)
        if former.calendar != self._schema.calendar:
            recounted |= self._origins.of_states(self.entities)
        recounted |= self._origins.of_states(
            slug for slug, known in former.presences.items() if known != self._schema.presences.get(slug)
        )
        if recounted:
            recount(recounted, self._plan, self.entities, self.presences, self.panes)
        self._gone = [name for name in state if not self._owns(name)]

    @property
    def moved(self) -> bool:
        """Whether another catalogue than this one wrote what was restored, so that there is something to store."""
        return bool(self._gone) or self._origins.changed or not self._schema_stored

    def _owns(self, name: str) -> bool:
        heads = [f"entities|{slug}/" for slug in self.entities] + [f"seen|{slug}/" for slug in self.presences]
        return name == "foundation" or name.startswith(("seen_ids/", "redriven/", "rejected/", *heads))

    def _restore_memories(self, former: StateSchema, state: Mapping[str, bytes]) -> None:
        """Take back what is remembered of events, entities and presences."""
        for name, value in state.items():
            if name.startswith("seen_ids/"):
                self._duplicates.restore(name.removeprefix("seen_ids/"), value)
            elif name.startswith("redriven/"):
                self._redeliveries.restore(name.removeprefix("redriven/"), value)
            elif name.startswith("rejected/"):
                self._rejected.restore(name.removeprefix("rejected/"), value)
        known_from = self.source.rejections_from
        self._rejected.known_from = self.source.position if known_from < 0 else known_from
        for slug, entities in self.entities.items():
            prefix = f"entities|{slug}/"
            own = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
            entities.restore(own.pop("schema", None), [(int(number), value) for number, value in own.items()])
            entities.orphans = self.source.orphans.get(slug, 0)
        for slug, presence in self.presences.items():
            prefix = f"seen|{slug}/"
            for name in sorted((name for name in state if name.startswith(prefix)), key=_segment_number):
                presence.restore(_segment_number(name), state[name])
            presence.restored(former.presences.get(slug, self._schema.presences[slug])[1:])


def _first_place(headers: Sequence[Header]) -> RecordPosition | None:
    try:
        return first_position(headers)
    except ValueError as error:
        raise Rejection("malformed", f"it cannot be told which event was sent again: {error}", "ioc_first") from error


def _is_sent_again(headers: Sequence[Header]) -> bool:
    try:
        return first_position(headers) is not None
    except ValueError:
        return False


def _impossible(moment: datetime, time: int) -> Rejection:
    if time < 0:
        return Rejection("invalid_value", f"{moment.isoformat()} is before 1970, a clock never set", "time")
    return Rejection("future", f"{moment.isoformat()} is more than 5 minutes after it was appended", "time")


def _segment_number(name: str) -> int:
    return int(name.rpartition("/")[2])
