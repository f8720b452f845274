"""An entity is its history: the events known of it, in order of event time.

Its state and everything it contributes to figures are functions of that history alone. Events that arrive out
of order, before the opening or twice need no rules of their own: the history is sorted, and the figures move
by the difference between what it contributed before and contributes now.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import msgspec

from ioc.catalogue.model import DeadlineSpec, EntitySpec
from ioc.engine.plan import Fact, FieldValues, Stamp, SubsystemPlan
from ioc.engine.store.entity_log import NEVER
from ioc.kpis.facts import (
    MAIN_DEADLINE,
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
    Milliseconds,
    Seconds,
    minute_from_ms,
    minute_not_before,
    ms_from_seconds,
    seconds_from_ms,
)
from ioc.time.windows import DAY, UTC_OFFSET, pane_start

Plain = str | int | float | bool | None
KnownFields = dict[str, object]
"""Field values by name; times as seconds since the epoch."""


class Entry(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One event of an entity: when, which (its number), and the fields that matter of it."""

    time: EpochMs
    event: int
    values: tuple[Plain, ...]


History = Sequence[Entry]
Contribution = tuple[str, Stamp, FieldValues]
"""A fact that an entity stands for: its name, its stamp and its field values."""

NO_MINUTE = EpochMinute(0)
NEVER_SUSPENDED = Milliseconds(0)

ORDER = ("opened", "corrected", "transferred", "extended", "suspended", "resumed", "milestone", "closed", "reopened")
RANKS = {role: rank for rank, role in enumerate((*ORDER, "voided"))}
"""Of events at the same instant, which comes first."""


@dataclass(slots=True, eq=False)
class Step:
    """An event that changed an entity after its opening, with what was true of the entity then."""

    entry: Entry
    suspended_for: Milliseconds
    """Time suspended until then."""
    due: EpochSeconds | None
    """The main deadline at that time."""


@dataclass(slots=True)
class EntityState:
    """Where an entity stands after its history."""

    known: KnownFields
    opened: EpochMs
    due: dict[str, EpochSeconds | None]
    suspended_since: EpochMs | None = None
    suspended_for: Milliseconds = NEVER_SUSPENDED
    closing: Step | None = None
    passed: set[int] = field(default_factory=set)
    """Milestones reached, by their events' numbers."""
    steps: list[Step] = field(default_factory=list)
    """All that counts of what came after the opening."""


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
    """One entity type of a subsystem: replays histories and says what they contribute."""

    def __init__(self, slug: str, plan: SubsystemPlan) -> None:
        self.spec: EntitySpec = plan.subsystem.entities[slug]
        self.events = sorted(self.spec.events)
        """The events of the lifecycle by their numbers."""
        self.kept = [self._kept(slug, event, plan) for event in self.events]
        """For each event the fields its entries keep."""
        self._roles = [self.spec.events[event] for event in self.events]
        self._ranks = [RANKS[role] for role in self._roles]
        self._transitions = [
            getattr(self, _TRANSITIONS[role]) if role in _TRANSITIONS else None for role in self._roles
        ]
        """What each event does to a state; None of one that voids the entity."""
        self._opening = self.events.index(self.spec.opened_by)
        self._milestones = [(self.events.index(event), passed(event)) for event in self.spec.milestones]
        self._calendar = plan.calendar
        self._event_facts = [_Counting.of(plan.facts.get(Happened(event))) for event in self.events]
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

    def replay(self, history: History) -> EntityState | None:
        """The state after a history; None where the opening is not known, or the entity was voided."""
        number = self._opening
        opening = next((entry for entry in history if entry.event == number), None)
        if opening is None:
            return None
        known = self._blank.copy()
        known.update(zip(self.kept[number], opening.values, strict=True))
        state = EntityState(known, opening.time, {})
        for name, deadline in self.spec.deadlines.items():
            state.due[name] = self._first_due(deadline, state)
        transitions = self._transitions
        for entry in history:
            if entry is not opening:
                transition = transitions[entry.event]
                if transition is None:
                    return None
                transition(entry, state)
        return state

    def advance(self, state: EntityState, entry: Entry) -> Advance:
        """One more event, later than all that led to ``state``, which it changes."""
        transition = self._transitions[entry.event]
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

    def _first_due(self, deadline: DeadlineSpec, state: EntityState) -> EpochSeconds | None:
        given = state.known.get(deadline.field) if deadline.field else None
        if isinstance(given, int):
            return EpochSeconds(given)
        if deadline.after is None:
            return None
        return self._calendar.add_working_time(seconds_from_ms(state.opened), deadline.after)

    def _close(self, entry: Entry, state: EntityState) -> None:
        if state.closing is None:
            self._end_suspension(entry.time, state)
            state.closing = _step(entry, state)

    def _suspend(self, entry: Entry, state: EntityState) -> None:
        if state.closing is None and state.suspended_since is None:
            state.suspended_since = entry.time
            _step(entry, state)

    def _resume(self, entry: Entry, state: EntityState) -> None:
        if state.suspended_since is not None:
            self._end_suspension(entry.time, state)
            self._move(entry, state)

    def _reopen(self, entry: Entry, state: EntityState) -> None:
        if state.closing is not None:
            state.steps.remove(state.closing)
            state.closing = None
            self._move(entry, state)

    def _pass(self, entry: Entry, state: EntityState) -> None:
        if entry.event in state.passed:
            return
        state.passed.add(entry.event)
        step = _step(entry, state)
        if state.suspended_since is not None:
            before = max(0, entry.time - max(state.suspended_since, state.opened))
            step.suspended_for = Milliseconds(step.suspended_for + before)

    def _ignore(self, entry: Entry, state: EntityState) -> None:
        """It was opened already."""

    def _end_suspension(self, time: EpochMs, state: EntityState) -> None:
        if state.suspended_since is None:
            return
        since, state.suspended_since = max(state.suspended_since, state.opened), None
        state.suspended_for = Milliseconds(state.suspended_for + max(0, time - since))
        idle = self._calendar.working_seconds_between(seconds_from_ms(since), seconds_from_ms(max(since, time)))
        for name, due in state.due.items():
            if due is not None:
                state.due[name] = self._calendar.add_working_seconds(due, idle)

    def _move(self, entry: Entry, state: EntityState) -> None:
        _step(entry, state)
        for name, value in zip(self.kept[entry.event], entry.values, strict=True):
            if value is not None:
                state.known[name] = value
                for deadline, spec in self.spec.deadlines.items():
                    if spec.field == name and isinstance(value, int):
                        state.due[deadline] = EpochSeconds(value)

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


_TRANSITIONS = {
    "opened": "_ignore",
    "closed": "_close",
    "suspended": "_suspend",
    "resumed": "_resume",
    "extended": "_move",
    "transferred": "_move",
    "corrected": "_move",
    "reopened": "_reopen",
    "milestone": "_pass",
}
_NEVER_CORRECTING = ("opened", "closed", "suspended", "milestone")
"""Roles of events that change nothing that is known of the entity."""
_MOVING = ("resumed", "extended", "transferred", "corrected")
"""Roles that may change what is known, and with it what was counted of earlier events."""


def _step(entry: Entry, state: EntityState) -> Step:
    step = Step(entry, state.suspended_for, state.due.get(MAIN_DEADLINE))
    state.steps.append(step)
    return step


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


def timeliness(closed: EpochMs, due: EpochSeconds | None) -> Timeliness:
    """How a closing stands to its deadline: early is before the local day of the deadline."""
    if due is None:
        return "no_deadline"
    if closed > ms_from_seconds(due):
        return "late"
    return "early" if seconds_from_ms(closed) < pane_start(DAY, EpochSeconds(due - 1)) else "on_time"


def _bucket_of_ms(duration: int) -> int:
    return duration_bucket(duration / 1000)
