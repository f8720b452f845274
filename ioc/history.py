"""An entity is its history: the events known of it, in order of event time.

Its state and everything it contributes to figures are functions of that history alone. Events that arrive out
of order, before the opening or twice need no rules of their own: the history is sorted, and the figures move
by the difference between what it contributed before and contributes now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from ioc.catalogue.model import DeadlineSpec, EntitySpec
from ioc.kinds.amounts import bucket_of
from ioc.panes import DAY, UTC_OFFSET, pane_start
from ioc.plan import Fact, SubsystemPlan, Values

Plain = str | int | float | bool | None
Known = dict[str, object]
"""Field values by name; times as seconds since the epoch."""


class Entry(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One event of an entity: when (ms since the epoch), which (its number), and the fields that matter of it."""

    time: int
    event: int
    values: tuple[Plain, ...]


History = Sequence[Entry]
Contribution = tuple[str, int, Values]
"""A fact that an entity stands for: its name, its stamp and its field values."""

ORDER = ("opened", "corrected", "transferred", "extended", "suspended", "resumed", "milestone", "closed", "reopened")
RANKS = {role: rank for rank, role in enumerate((*ORDER, "voided"))}
"""Of events at the same instant, which comes first."""


@dataclass(slots=True)
class State:
    """Where an entity stands after its history; times in ms since the epoch, deadlines in seconds."""

    known: Known
    opened: int
    due: dict[str, int | None]
    suspended_since: int | None = None
    suspended_for: int = 0
    closing: Entry | None = None
    closing_due: int | None = None
    """The main deadline that the closing is held against."""
    closing_suspended_for: int = 0
    milestones: dict[int, tuple[Entry, int]] = field(default_factory=dict)
    """The first of each, with the time suspended until then."""
    moves: list[Entry] = field(default_factory=list)
    """Events that changed it but neither opened nor closed it."""


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
        self._opening = self.events.index(self.spec.opened_by)
        self._milestones = [(self.events.index(event), f"@passed:{event}") for event in self.spec.milestones]
        self._calendar = plan.calendar
        self._event_facts = [plan.facts.get(event) for event in self.events]
        self._open = plan.facts.get(f"{slug}:open")
        self._since = plan.facts.get(f"{slug}:since")
        self._due = {name: plan.facts.get(f"{slug}:due:{name}") for name in self.spec.deadlines}

    def _kept(self, slug: str, event: str, plan: SubsystemPlan) -> tuple[str, ...]:
        asked = {deadline.field for deadline in self.spec.deadlines.values() if deadline.field}
        own = self.spec.events
        for name, fact in plan.facts.items():
            if name in own or name.startswith(f"{slug}:"):
                asked.update(fact.fields)
        return tuple(name for name in plan.subsystem.events[event].fields if name in asked)

    def order_of(self, entry: Entry) -> tuple[int, int, int, str]:
        """The place of an entry in a history, whenever it arrived."""
        return entry.time, self._ranks[entry.event], entry.event, repr(entry.values)

    def is_orphan(self, history: History) -> bool:
        """Whether its opening is not known."""
        return all(self._roles[entry.event] != "opened" for entry in history)

    def forgotten_from(self, history: History, state: State | None) -> int:
        """The event time in seconds from which it is forgotten; 0 while it is open."""
        if state is None:
            return history[-1].time // 1000 + self.spec.retention.seconds
        return 0 if state.closing is None else state.closing.time // 1000 + self.spec.retention.seconds

    def replay(self, history: History) -> State | None:
        """The state after a history; None where the opening is not known, or the entity was voided."""
        roles = self._roles
        opening = None
        for entry in history:
            role = roles[entry.event]
            if role == "voided":
                return None
            if role == "opened" and opening is None:
                opening = entry
        if opening is None:
            return None
        state = State(dict(zip(self.kept[opening.event], opening.values, strict=True)), opening.time, {})
        for name, deadline in self.spec.deadlines.items():
            state.due[name] = self._first_due(deadline, state)
        for entry in history:
            if entry is not opening:
                _TRANSITIONS[roles[entry.event]](self, entry, state)
        return state

    def advance(self, state: State, entry: Entry) -> State | None:
        """The state after one more event, later than all that led to ``state``, which it changes."""
        role = self._roles[entry.event]
        if role == "voided":
            return None
        _TRANSITIONS[role](self, entry, state)
        return state

    def _first_due(self, deadline: DeadlineSpec, state: State) -> int | None:
        given = state.known.get(deadline.field) if deadline.field else None
        if isinstance(given, int):
            return given
        return None if deadline.after is None else self._calendar.add_working_time(state.opened // 1000, deadline.after)

    def _close(self, entry: Entry, state: State) -> None:
        if state.closing is None:
            self._end_suspension(entry.time, state)
            state.closing = entry
            state.closing_due = state.due.get("main")
            state.closing_suspended_for = state.suspended_for

    def _suspend(self, entry: Entry, state: State) -> None:
        if state.closing is None and state.suspended_since is None:
            state.suspended_since = entry.time
            state.moves.append(entry)

    def _resume(self, entry: Entry, state: State) -> None:
        if state.suspended_since is not None:
            self._end_suspension(entry.time, state)
            self._move(entry, state)

    def _reopen(self, entry: Entry, state: State) -> None:
        if state.closing is not None:
            state.closing = None
            self._move(entry, state)

    def _pass(self, entry: Entry, state: State) -> None:
        standing = 0
        if state.suspended_since is not None:
            standing = max(0, entry.time - max(state.suspended_since, state.opened))
        state.milestones.setdefault(entry.event, (entry, state.suspended_for + standing))

    def _ignore(self, entry: Entry, state: State) -> None:
        """It was opened already."""

    def _end_suspension(self, time: int, state: State) -> None:
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
        for name, value in zip(self.kept[entry.event], entry.values, strict=True):
            if value is not None:
                state.known[name] = value
                for deadline, spec in self.spec.deadlines.items():
                    if spec.field == name and isinstance(value, int):
                        state.due[deadline] = value

    def contributions(self, state: State | None) -> list[Contribution]:
        """Everything that an entity in a state counts for."""
        if state is None:
            return []
        counted: list[Contribution] = []
        self._count_event(counted, self._opening, state.opened, state.known)
        for entry in state.moves:
            self._count_event(counted, entry.event, entry.time, self._with(entry, state))
        for entry, suspended_for in state.milestones.values():
            known = self._with(entry, state)
            known["@took"] = took_bucket(state.opened, entry.time, suspended_for)
            self._count_event(counted, entry.event, entry.time, known)
        if state.closing is None:
            self._count_state(counted, state)
        else:
            known = self._with(state.closing, state)
            known["@timeliness"] = timeliness(state.closing.time, state.closing_due)
            known["@took"] = took_bucket(state.opened, state.closing.time, state.closing_suspended_for)
            self._count_event(counted, state.closing.event, state.closing.time, known)
        return counted

    def standing(self, state: State | None) -> list[Contribution]:
        """Of what an entity counts for, what it does for as long as it is as it is; nothing once it is closed."""
        counted: list[Contribution] = []
        if state is not None and state.closing is None:
            self._count_state(counted, state)
        return counted

    def _with(self, entry: Entry, state: State) -> Known:
        """What is known of the entity, and before that what the event says itself."""
        known = state.known.copy()
        for name, value in zip(self.kept[entry.event], entry.values, strict=True):
            if value is not None:
                known[name] = value
        return known

    def _count_event(self, counted: list[Contribution], event: int, time: int, known: Known) -> None:
        fact = self._event_facts[event]
        if fact is not None:
            size, seconds = fact.pane_size, time // 1000
            # pane_start, written out: this runs for every event of an entity.
            stamp = seconds - (seconds + UTC_OFFSET) % size if size else 0
            counted.append((fact.name, stamp, tuple(map(known.get, fact.fields))))

    def _count_state(self, counted: list[Contribution], state: State) -> None:
        known = state.known
        known["@phase"] = "running" if state.suspended_since is None else "suspended"
        for event, passed in self._milestones:
            known[passed] = event in state.milestones
        _count(counted, self._open, 0, known)
        _count(counted, self._since, state.opened // 60_000, known)
        if state.suspended_since is None:
            for name, spec in self.spec.deadlines.items():
                due = state.due[name]
                if due is not None and not (spec.until and known[f"@passed:{spec.until}"]):
                    _count(counted, self._due[name], -(-due // 60), known)


_TRANSITIONS = {
    "opened": Lifecycle._ignore,
    "closed": Lifecycle._close,
    "suspended": Lifecycle._suspend,
    "resumed": Lifecycle._resume,
    "extended": Lifecycle._move,
    "transferred": Lifecycle._move,
    "corrected": Lifecycle._move,
    "reopened": Lifecycle._reopen,
    "milestone": Lifecycle._pass,
}


def _count(counted: list[Contribution], fact: Fact | None, stamp: int, known: Known) -> None:
    if fact is not None:
        counted.append((fact.name, stamp, tuple(map(known.get, fact.fields))))


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
