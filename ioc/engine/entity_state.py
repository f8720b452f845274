"""What the events of an entity do to it, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import DeadlineSpec, EntitySpec
from ioc.engine.history import Entry, History
from ioc.kpis.facts import MAIN_DEADLINE
from ioc.time.instants import (
    EpochMs,
    EpochSeconds,
    Milliseconds,
    Seconds,
    in_milliseconds,
    ms_from_seconds,
    seconds_from_ms,
)

KnownFields = dict[str, object]
"""Field values by name; times as milliseconds since the epoch."""

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
    due: EpochMs | None
    """The main deadline at that time."""


@dataclass(slots=True)
class EntityState:
    """Where an entity stands after its history."""

    known: KnownFields
    opened: EpochMs
    due: dict[str, EpochMs | None]
    calendar: WorkingCalendar
    """That deadlines are counted by."""
    suspended_since: EpochMs | None = None
    suspended_for: Milliseconds = NEVER_SUSPENDED
    given_since: dict[str, EpochMs] = field(default_factory=dict)
    """The deadlines that were given anew during the suspension, and when: the time before was known to the giver."""
    closing: Step | None = None
    passed: set[int] = field(default_factory=set)
    """Milestones reached, by their events' numbers."""
    steps: list[Step] = field(default_factory=list)
    """All that counts of what came after the opening."""


class Transitions:
    """What each event of one kind of entity does, by its number."""

    def __init__(self, spec: EntitySpec, events: Sequence[str], kept: Sequence[tuple[str, ...]]) -> None:
        self._deadlines = spec.deadlines
        self._kept = kept
        self._opening = events.index(spec.opened_by)
        roles = [spec.events[event] for event in events]
        self.of_events = [getattr(self, _TRANSITIONS[role]) if role in _TRANSITIONS else None for role in roles]
        """What each does to a state; None of one that voids the entity."""

    def fold(self, history: History, blank: KnownFields, calendar: WorkingCalendar) -> EntityState | None:
        """The state after a history; None where the opening is not known, or the entity was voided."""
        number = self._opening
        for opening in history:
            if opening.event == number:
                break
        else:
            return None
        known = blank.copy()
        known.update(zip(self._kept[number], opening.values, strict=True))
        state = EntityState(known, opening.time, {}, calendar)
        for name, deadline in self._deadlines.items():
            state.due[name] = _first_due(deadline, state)
        transitions = self.of_events
        for entry in history:
            if entry is not opening:
                transition = transitions[entry.event]
                if transition is None:
                    return None
                transition(entry, state)
        return state

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
        for name, due in state.due.items():
            if due is not None:
                begin = max(since, state.given_since.get(name, since))
                state.due[name] = _moved(due, begin, max(begin, time), state.calendar)
        state.given_since.clear()

    def _move(self, entry: Entry, state: EntityState) -> None:
        _step(entry, state)
        for name, value in zip(self._kept[entry.event], entry.values, strict=True):
            if value is not None:
                state.known[name] = value
                for deadline, spec in self._deadlines.items():
                    if spec.field == name and isinstance(value, int):
                        state.due[deadline] = EpochMs(value)
                        if state.suspended_since is not None:
                            state.given_since[deadline] = entry.time


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


def _step(entry: Entry, state: EntityState) -> Step:
    step = Step(entry, state.suspended_for, state.due.get(MAIN_DEADLINE))
    state.steps.append(step)
    return step


def _first_due(deadline: DeadlineSpec, state: EntityState) -> EpochMs | None:
    given = state.known.get(deadline.field) if deadline.field else None
    if isinstance(given, int):
        return EpochMs(given)
    if deadline.after is None:
        return None
    if not deadline.after.working:
        return EpochMs(state.opened + in_milliseconds(deadline.after.seconds))
    return ms_from_seconds(state.calendar.add_working_time(seconds_from_ms(state.opened), deadline.after))


def _moved(due: EpochMs, begin: EpochMs, end: EpochMs, calendar: WorkingCalendar) -> EpochMs:
    """A deadline after a suspension: later by the working time that passed in it."""
    idle = calendar.working_seconds_between(seconds_from_ms(begin), seconds_from_ms(end))
    second, rest = divmod(due, in_milliseconds(Seconds(1)))
    return EpochMs(ms_from_seconds(calendar.add_working_seconds(EpochSeconds(second), idle)) + rest)
