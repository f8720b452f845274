"""An entity is its history: the events known of it, in order of event time.

Its state and everything it contributes to figures are functions of that history alone. Events that arrive out
of order, before the opening or twice need no rules of their own: the history is sorted, and the figures move
by the difference between what it contributed before and contributes now.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from ioc.catalogue.model import EntitySpec
from ioc.engine.calendars import Calendars
from ioc.engine.entity_state import RANKS, EntityState, KnownFields, Step, Transitions
from ioc.engine.history import Entry, EntrySchema, History
from ioc.engine.plan import Fact, FieldValues, Stamp, SubsystemPlan
from ioc.engine.store.entity_log import NEVER
from ioc.kpis.facts import (
    PHASE,
    TIMELINESS,
    Due,
    Happened,
    Open,
    OpenSince,
    Timeliness,
    passed,
    took_edges,
)
from ioc.kpis.histogram import bucket_finder, duration_bucket
from ioc.time.instants import (
    EpochMinute,
    EpochMs,
    EpochSeconds,
    Seconds,
    minute_from_ms,
    minute_not_before,
    seconds_from_ms,
)
from ioc.time.windows import DAY, UTC_OFFSET, pane_start

Contribution = tuple[str, Stamp, FieldValues]
"""A fact that an entity stands for: its name, its stamp and its field values."""

NO_MINUTE = EpochMinute(0)


class Advance(NamedTuple):
    """A state after one more event, and how the figures move."""

    state: EntityState | None
    gone: list[Contribution]
    come: list[Contribution]


@dataclass(frozen=True, slots=True)
class _Counting:
    """How one fact is read from what is known of an entity."""

    name: str
    pane_size: Seconds
    values_of: Callable[[KnownFields], FieldValues]
    fields: frozenset[str]
    tooks: tuple[tuple[str, Callable[[int], int]], ...]
    """The histograms that it counts the time from opening in, each with how its bucket is found."""

    @classmethod
    def of(cls, fact: Fact | None) -> "_Counting | None":
        if fact is None:
            return None
        tooks = [(name, edges) for name in fact.fields if (edges := took_edges(name)) is not None]
        finders = tuple((name, bucket_finder(edges) if edges else _bucket_of_ms) for name, edges in tooks)
        return cls(fact.name, fact.pane_size, _reader(fact.fields), frozenset(fact.fields), finders)


class Lifecycle:
    """One entity type of a subsystem: replays histories and says what they contribute.

    ``calendars`` are those that entries were judged by; none is needed where only the present matters.
    """

    def __init__(self, slug: str, plan: SubsystemPlan, calendars: Calendars | None = None) -> None:
        self.spec: EntitySpec = plan.subsystem.entities[slug]
        self.events = sorted(self.spec.events)
        """The events of the lifecycle by their numbers."""
        self.kept = [self._kept(slug, event, plan) for event in self.events]
        """For each event the fields its entries keep."""
        times = {name for name, field in plan.subsystem.fields.items() if field.type == "time"}
        self.schema = EntrySchema(self.events, self.kept, frozenset(times))
        """How its entries are stored."""
        self._roles = [self.spec.events[event] for event in self.events]
        self._ranks = [RANKS[role] for role in self._roles]
        self._transitions = Transitions(self.spec, self.events, self.kept)
        self._opening = self.events.index(self.spec.opened_by)
        self._milestones = [(self.events.index(event), passed(event)) for event in self.spec.milestones]
        self._calendars = calendars or Calendars(plan.subsystem.subsystem, plan.calendar)
        self._event_facts = [_Counting.of(plan.facts.get(Happened(event))) for event in self.events]
        self._judges = frozenset(
            number for number, fact in enumerate(self._event_facts) if fact is not None and TIMELINESS in fact.fields
        )
        """The events whose timeliness is counted."""
        self._open = _Counting.of(plan.facts.get(Open(slug)))
        self._since = _Counting.of(plan.facts.get(OpenSince(slug)))
        self._due = [
            (name, fact, deadline.until and passed(deadline.until))
            for name, deadline in self.spec.deadlines.items()
            if (fact := _Counting.of(plan.facts.get(Due(slug, name)))) is not None
        ]
        """The deadlines that are counted, each with the field that says whether a milestone has met it."""
        standing = _fields_of([self._open, self._since, *(fact for _, fact, _ in self._due)])
        counted = standing | _fields_of(self._event_facts)
        self._blank: KnownFields = dict.fromkeys((*counted, *(name for fields in self.kept for name in fields)))
        self._only_adds = [
            role in _NEVER_CORRECTING or (role in _MOVING and counted.isdisjoint(kept))
            for role, kept in zip(self._roles, self.kept, strict=True)
        ]
        """Whether what was counted of earlier events stays as it was."""
        untils = {deadline.until for deadline in self.spec.deadlines.values()}
        self._moves_standing = [
            role != "milestone" or event in untils or passed(event) in standing
            for role, event in zip(self._roles, self.events, strict=True)
        ]

    def _kept(self, slug: str, event: str, plan: SubsystemPlan) -> tuple[str, ...]:
        asked = {deadline.field for deadline in self.spec.deadlines.values() if deadline.field}
        own = self.spec.events
        for what, fact in plan.facts.items():
            if what.about in (own if isinstance(what, Happened) else (slug,)):
                asked.update(fact.fields)
        return tuple(name for name in plan.subsystem.events[event].fields if name in asked)

    def order_of(self, entry: Entry) -> tuple[int, int, int, str]:
        """The place of an entry in a history, whenever it arrived."""
        return entry.time, self._ranks[entry.event], entry.event, repr(entry.values)

    def is_orphan(self, history: History) -> bool:
        """Whether its opening is not known."""
        return all(entry.event != self._opening for entry in history)

    def forgotten_from(self, history: History, state: EntityState | None) -> EpochSeconds:
        """The event time from which it is forgotten; `NEVER` while it is open."""
        if state is not None and state.closing is None:
            return NEVER
        last = history[-1] if state is None or state.closing is None else state.closing.entry
        return EpochSeconds(seconds_from_ms(last.time) + self.spec.retention.seconds)

    def present(self, history: History) -> EntityState | None:
        """The state after a history, all of it judged by the calendar in force.

        None where the opening is not known, or the entity was voided.
        """
        return self._transitions.fold(history, self._blank, self._calendars.current)

    def replay(self, history: History) -> EntityState | None:
        """The same, but every event stays judged by the calendar that was in force when it was applied."""
        state = self.present(history)
        if state is not None and self._judges:
            former = {step.entry.calendar for step in state.steps if step.entry.event in self._judges}
            for number in former - {self._calendars.number}:
                self._judge_as_then(history, state, number)
        return state

    def _judge_as_then(self, history: History, state: EntityState, number: int) -> None:
        then = self._transitions.fold(history, self._blank, self._calendars[number])
        if then is not None:
            for step, as_then in zip(state.steps, then.steps, strict=True):
                if step.entry.calendar == number:
                    step.due = as_then.due

    def advance(self, state: EntityState, entry: Entry) -> Advance:
        """One more event, later than all that led to ``state``, which it changes."""
        transition = self._transitions.of_events[entry.event]
        if transition is None or not self._only_adds[entry.event]:
            gone = self.contributions(state)
            if transition is None:
                return Advance(None, gone, [])
            transition(entry, state)
            return Advance(state, gone, self.contributions(state))
        moves_standing = self._moves_standing[entry.event]
        gone = self.standing(state) if moves_standing else []
        steps = len(state.steps)
        transition(entry, state)
        come = self.standing(state) if moves_standing else []
        for step in state.steps[steps:]:
            self._count_step(come, step, state)
        return Advance(state, gone, come)

    def contributions(self, state: EntityState | None) -> list[Contribution]:
        """Everything that an entity in a state counts for."""
        if state is None:
            return []
        counted = self.standing(state)
        if (fact := self._event_facts[self._opening]) is not None:
            counted.append(_happened(fact, state.opened, state.known))
        for step in state.steps:
            self._count_step(counted, step, state)
        return counted

    def _count_step(self, counted: list[Contribution], step: Step, state: EntityState) -> None:
        entry = step.entry
        fact = self._event_facts[entry.event]
        if fact is None:
            return
        # What is known of the entity, and before that what the event says itself.
        known = state.known.copy()
        for name, value in zip(self.kept[entry.event], entry.values, strict=True):
            if value is not None:
                known[name] = value
        if fact.tooks:
            took = max(0, entry.time - state.opened - step.suspended_for)
            for name, bucket_of in fact.tooks:
                known[name] = bucket_of(took)
        if TIMELINESS in fact.fields:
            known[TIMELINESS] = timeliness(entry.time, step.due)
        counted.append(_happened(fact, entry.time, known))

    def standing(self, state: EntityState | None) -> list[Contribution]:
        """Of what an entity counts for, what it does for as long as it is as it is; nothing once it is closed."""
        counted: list[Contribution] = []
        if state is None or state.closing is not None:
            return counted
        known = state.known
        known[PHASE] = "running" if state.suspended_since is None else "suspended"
        for event, said in self._milestones:
            known[said] = event in state.passed
        if (fact := self._open) is not None:
            counted.append((fact.name, NO_MINUTE, fact.values_of(known)))
        if (fact := self._since) is not None:
            counted.append((fact.name, minute_from_ms(state.opened), fact.values_of(known)))
        if state.suspended_since is None:
            for name, fact, met in self._due:
                due = state.due[name]
                if due is not None and not (met and known[met]):
                    counted.append((fact.name, minute_not_before(due), fact.values_of(known)))
        return counted


_NEVER_CORRECTING = ("opened", "closed", "suspended", "milestone")
"""Roles of events that change nothing that is known of the entity."""
_MOVING = ("resumed", "extended", "transferred", "corrected")
"""Roles that may change what is known, and with it what was counted of earlier events."""


def _reader(fields: tuple[str, ...]) -> Callable[[KnownFields], FieldValues]:
    """The getter of the fields' values from all that is known, always as a tuple."""
    if len(fields) == 1:
        only = fields[0]
        return lambda known: (known[only],)
    return itemgetter(*fields) if fields else lambda known: ()


def _fields_of(facts: Iterable[_Counting | None]) -> frozenset[str]:
    return frozenset().union(*(fact.fields for fact in facts if fact is not None))


def _happened(fact: _Counting, time: EpochMs, known: KnownFields) -> Contribution:
    size, seconds = fact.pane_size, time // 1000
    # pane_start, written out: this runs for every event of an entity.
    return fact.name, EpochSeconds(seconds - (seconds + UTC_OFFSET) % size if size else 0), fact.values_of(known)


def timeliness(closed: EpochMs, due: EpochMs | None) -> Timeliness:
    """How a closing stands to its deadline: early is before the local day of the deadline."""
    if due is None:
        return "no_deadline"
    if closed > due:
        return "late"
    # A deadline at midnight is the end of the day before.
    last_day = pane_start(DAY, seconds_from_ms(EpochMs(due - 1)))
    return "early" if seconds_from_ms(closed) < last_day else "on_time"


def _bucket_of_ms(duration: int) -> int:
    return duration_bucket(duration / 1000)
