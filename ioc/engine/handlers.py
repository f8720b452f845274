"""What is done with an event of each type: which entity, thing or fact takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from ioc.engine.duplicates import Duplicates
from ioc.engine.entities import Entities
from ioc.engine.plan import SubsystemPlan
from ioc.engine.presence import Presence
from ioc.engine.store.checkpoint_header import FeedState, SourceState
from ioc.engine.tally import Apply, ApplyRun, Tally, one_by_one, tallying, tallying_runs
from ioc.events.decoding import Event, attribute_of
from ioc.kpis.facts import Happened
from ioc.time.instants import EpochMs, Milliseconds, in_milliseconds


@dataclass(frozen=True, slots=True)
class Handler:
    """What is done with one type of event."""

    apply: Apply
    """Raises Rejection where its entity cannot take it, Repetition where it has it."""
    apply_run: ApplyRun
    """The same of events that nothing was found against."""
    key_field: Callable[[Any], str] | None
    routed_here: Callable[[str], bool]
    """Whether a key is known to belong to this partition, so that it need not be hashed again."""
    feed: FeedState
    """Of the feed that sends it."""
    lateness: Milliseconds
    duplicates: Duplicates | None
    """None of an event that its entity knows again by itself, and of a feed whose ids nobody remembers."""
    is_independent: bool
    """Whether what becomes of an event rests on no other: it is of no lifecycle."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """Makes the handlers of one subsystem in one partition."""

    plan: SubsystemPlan
    source: SourceState
    entities: Mapping[str, Entities]
    presences: Mapping[str, Presence]
    tally: Tally
    duplicates: Mapping[str, Duplicates]
    """By feed."""
    belongs: Callable[[str], bool]
    """Whether a key belongs to this partition."""

    def by_type(self) -> Mapping[type[Event], Handler]:
        """The handler of each type that the decoder tells apart."""
        return {type_: self._handler(event) for type_, event in self.plan.decoder.types.items()}

    def _handler(self, event: str) -> Handler:
        subsystem = self.plan.subsystem
        apply: Apply | None = None
        apply_run: ApplyRun | None = None
        key: str | None = None
        routed_here = self.belongs
        if (entity := subsystem.entity_of(event)) is not None:
            entities = self.entities[entity]
            apply = partial(self._apply_to_entity, entities, event)
            key, routed_here = subsystem.entities[entity].id, entities.knows
        elif (fact := self.plan.facts.get(Happened(event))) is not None:
            apply = tallying(fact, self.tally)
            apply_run = tallying_runs(fact, self.tally, apply)
        for presence in self.presences.values():
            if event in presence.spec.heard_by:
                apply, apply_run = _noticed(presence, presence.hear, apply), None
            if event in presence.spec.withdrawn_by:
                apply, apply_run = _noticed(presence, presence.withdraw, apply), None
            if event in presence.spec.events:
                key, routed_here = presence.spec.id, presence.knows
        feed = subsystem.feed_of(event)
        return Handler(
            apply=apply or _ignored,
            apply_run=apply_run or one_by_one(apply or _ignored),
            key_field=attrgetter(attribute_of(key)) if key else None,
            routed_here=routed_here,
            feed=self.source.feed(feed),
            lateness=in_milliseconds(subsystem.feeds[feed].allowed_lateness.seconds),
            duplicates=self.duplicates.get(feed) if entity is None else None,
            is_independent=entity is None,
        )

    def _apply_to_entity(self, entities: Entities, event: str, data: Any, time: EpochMs) -> None:
        entities.apply(event, data, time, self.source, self.tally)


def _ignored(data: Any, time: EpochMs) -> None:
    """Only its feed is heard by it."""


def _noticed(presence: Presence, notice: Apply, then: Apply | None) -> Apply:
    """A presence notices an event before it is applied any further: what fails there was never noticed."""
    if then is None:
        return notice

    def apply(data: Any, time: EpochMs) -> None:
        notice(data, time)
        try:
            then(data, time)
        except Exception:
            presence.take_back()
            raise

    return apply
