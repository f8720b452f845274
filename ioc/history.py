"""An entity is its history: the events known of it, in order of event time.

Its state and everything it contributes to figures are functions of that history alone. Events that arrive out
of order, before the opening or twice need no rules of their own: the history is sorted, and the figures move
by the difference between what it contributed before and contributes now.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ioc.catalogue.model import DeadlineSpec, EntitySpec
from ioc.durations import Duration
from ioc.kinds.amounts import bucket_of
from ioc.panes import DAY, pane_start
from ioc.plan import Fact, SubsystemPlan, Values

Known = dict[str, object]
"""Field values by name; times as seconds since the epoch."""


class Entry(NamedTuple):
    """One event of an entity: when (ms since the epoch), which, and the fields that matter of it."""

    time: int
    event: str
    values: tuple[object, ...]


History = Sequence[Entry]


class Contribution(NamedTuple):
    """A fact that an entity stands for."""

    fact: str
    stamp: int
    values: Values


class WorkingTime(Protocol):
    """The working calendar, as lifecycles need it; instants in seconds since the epoch."""

    def add_working_time(self, instant: int, duration: Duration) -> int: ...

    def add_working_seconds(self, instant: int, seconds: int) -> int: ...

    def working_seconds_between(self, start: int, end: int) -> int: ...


@dataclass(slots=True)
class State:
    """Where an entity stands after its history."""

    known: Known
    opened: int
    """Milliseconds since the epoch, as all times here; due times are seconds."""
    due: dict[str, int | None]
    suspended_since: int | None = None
    suspended_for: int = 0
    closed: tuple[Entry, int | None] | None = None
    """The closing and the main deadline it was held against."""
    closed_suspended_for: int = 0
    milestones: dict[str, Entry] = field(default_factory=dict)
    milestones_suspended_for: dict[str, int] = field(default_factory=dict)
    moves: list[Entry] = field(default_factory=list)
    """Events that changed it but neither opened nor closed it."""


ORDER = (
    "opened", "corrected", "transferred", "extended", "suspended", "resumed", "milestone", "closed", "reopened", "voided",
)  # fmt: skip
"""Of events at the same instant, which comes first."""


class Lifecycle:
    """One entity type of a subsystem: replays histories and says what they contribute."""

    def __init__(self, slug: str, plan: SubsystemPlan, calendar: WorkingTime) -> None:
        self.slug = slug
        self.spec: EntitySpec = plan.subsystem.entities[slug]
        self._calendar = calendar
        self._roles = self.spec.events
        self._ranks = {event: ORDER.index(role) for event, role in self._roles.items()}
        self._facts: Mapping[str, Fact] = {
            name: fact for name, fact in plan.facts.items() if name in self._roles or name.startswith(f"{slug}:")
        }
        self.kept = {event: self._kept(event, plan) for event in self._roles}
        """For each event the fields its entries keep."""

    def _kept(self, event: str, plan: SubsystemPlan) -> tuple[str, ...]:
        fields = plan.subsystem.events[event].fields
        asked = {name for fact in self._facts.values() for name in (*fact.fields, *fact.amounts)}
        asked |= {deadline.field for deadline in self.spec.deadlines.values() if deadline.field}
        return tuple(name for name in fields if name in asked)

    def order_of(self, entry: Entry) -> tuple[int, int, str, str]:
        """The place of an entry in a history, whenever it arrived."""
        return entry.time, self._ranks[entry.event], entry.event, repr(entry.values)

    def replay(self, history: History) -> State | None:
        """The state after a history; None where the opening is not known, or the entity was voided."""
        opening = next((entry for entry in history if self._roles[entry.event] == "opened"), None)
        if opening is None or any(self._roles[entry.event] == "voided" for entry in history):
            return None
        state = State(self._named(opening), opening.time, {})
        for name, deadline in self.spec.deadlines.items():
            state.due[name] = self._first_due(deadline, state)
        for entry in history:
            if entry is not opening:
                self._apply(entry, state)
        return state

    def is_orphan(self, history: History) -> bool:
        """Whether its opening is not known."""
        return all(self._roles[entry.event] != "opened" for entry in history)

    def forgotten_from(self, history: History, state: State | None) -> int:
        """The event time in seconds from which it is forgotten; 0 while it is open."""
        retention = self.spec.retention.seconds
        if state is None:
            return history[-1].time // 1000 + retention
        return 0 if state.closed is None else state.closed[0].time // 1000 + retention

    def _first_due(self, deadline: DeadlineSpec, state: State) -> int | None:
        given = state.known.get(deadline.field) if deadline.field else None
        if isinstance(given, int):
            return given
        return None if deadline.after is None else self._calendar.add_working_time(state.opened // 1000, deadline.after)

    def _named(self, entry: Entry) -> Known:
        return dict(zip(self.kept[entry.event], entry.values, strict=True))

    def _apply(self, entry: Entry, state: State) -> None:
        match self._roles[entry.event]:
            case "closed":
                if state.closed is None:
                    self._resume(entry.time, state)
                    state.closed = (entry, state.due.get("main"))
                    state.closed_suspended_for = state.suspended_for
            case "suspended":
                if state.closed is None and state.suspended_since is None:
                    state.suspended_since = entry.time
                    state.moves.append(entry)
            case "resumed":
                if state.suspended_since is not None:
                    self._resume(entry.time, state)
                    self._move(entry, state)
            case "extended" | "transferred" | "corrected":
                self._move(entry, state)
            case "reopened":
                if state.closed is not None:
                    state.closed = None
                    self._move(entry, state)
            case "milestone":
                if entry.event not in state.milestones:
                    state.milestones[entry.event] = entry
                    state.milestones_suspended_for[entry.event] = state.suspended_for

    def _resume(self, time: int, state: State) -> None:
        if state.suspended_since is None:
            return
        since, state.suspended_since = max(state.suspended_since, state.opened), None
        state.suspended_for += max(0, time - since)
        idle = self._calendar.working_seconds_between(since // 1000, max(since, time) // 1000)
        for name, due in state.due.items():
            if due is not None:
                state.due[name] = self._calendar.add_working_seconds(due, idle)

    def _move(self, entry: Entry, state: State) -> None:
        state.moves.append(entry)
        for name, value in self._named(entry).items():
            if value is not None:
                state.known[name] = value
                for deadline, spec in self.spec.deadlines.items():
                    if spec.field == name and isinstance(value, int):
                        state.due[deadline] = value

    def contributions(self, state: State | None) -> Iterator[Contribution]:
        """Everything that an entity in a state counts for."""
        if state is None:
            return
        yield from self._event_fact(self.spec.opened_by, state.opened, state.known)
        for entry in state.moves:
            yield from self._event_fact(entry.event, entry.time, {**state.known, **self._given(entry)})
        for event, entry in state.milestones.items():
            took = took_bucket(state.opened, entry.time, state.milestones_suspended_for[event])
            yield from self._event_fact(event, entry.time, {**state.known, **self._given(entry), "@took": took})
        if state.closed is not None:
            entry, due = state.closed
            known = {**state.known, **self._given(entry), "@timeliness": timeliness(entry.time, due)}
            known["@took"] = took_bucket(state.opened, entry.time, state.closed_suspended_for)
            yield from self._event_fact(entry.event, entry.time, known)
        else:
            yield from self._state_facts(state)

    def _given(self, entry: Entry) -> Known:
        return {name: value for name, value in self._named(entry).items() if value is not None}

    def _event_fact(self, event: str, time: int, known: Known) -> Iterable[Contribution]:
        fact = self._facts.get(event)
        if fact is not None:
            stamp = pane_start(fact.pane_size, time // 1000)
            yield Contribution(event, stamp, tuple([known.get(name) for name in fact.fields]))

    def _state_facts(self, state: State) -> Iterable[Contribution]:
        running = state.suspended_since is None
        known = {**state.known, "@phase": "running" if running else "suspended"}
        for event in self.spec.milestones:
            known[f"@passed:{event}"] = event in state.milestones
        yield from self._state_fact("open", 0, known)
        yield from self._state_fact("since", state.opened // 60_000, known)
        for name, spec in self.spec.deadlines.items():
            due = state.due[name]
            if running and due is not None and (spec.until is None or spec.until not in state.milestones):
                yield from self._state_fact(f"due:{name}", -(-due // 60), known)

    def _state_fact(self, about: str, stamp: int, known: Known) -> Iterable[Contribution]:
        fact = self._facts.get(f"{self.slug}:{about}")
        if fact is not None:
            yield Contribution(fact.name, stamp, tuple([known.get(name) for name in fact.fields]))


def timeliness(closed: int, due: int | None) -> str:
    """How a closing (ms) stands to its deadline (s): early is before the local day of the deadline."""
    if due is None:
        return "no_deadline"
    if closed > due * 1000:
        return "late"
    return "early" if closed // 1000 < pane_start(DAY, due - 1) else "on_time"


def took_bucket(opened: int, reached: int, suspended_for: int) -> int:
    """The histogram bucket of the time from opening to an event, suspensions left out; all in ms."""
    return bucket_of(max(0, reached - opened - suspended_for) / 1000)
