"""What an entity stands for: each question about it answered from all its events, none from what was answered before.

Every question is asked of the list of its events, in order of time:

- The opening is the first one. Of events before it in time only the clock was wrong: they count as if after it.
- It is open unless, of its closings and reopenings, the last was a closing. The closing that counts is the first one
  since the last reopening.
- A suspension begins where the entity is open and not suspended, and lasts to the next resumption or closing.
- What is known of it was said by the opening and by all that corrects, last by whom it was said last.
- A deadline stands as it was given last, or is counted from the opening; it moves by the working time of every
  suspension since it was given.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil, log2
from typing import Any, NamedTuple

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import EntitySpec, Subsystem
from ioc.kpis.facts import PHASE, TIMELINESS, TOOK, Due, FactName, Happened, Open, OpenSince, passed
from tests.oracle.reading import Event

TOOK_MS = "took, ms"
"""The time from opening, which histograms only know the bucket of."""
DAY = 86_400
LOCAL = 7 * 3600
SAME_INSTANT = [
    *("opened", "corrected", "transferred", "extended", "suspended", "resumed", "milestone", "closed", "reopened"),
    "voided",
]
"""Of events of one instant, which is taken to come first."""


class Fact(NamedTuple):
    """Something that counts: at a time (ms) where it is an event, for a minute since the epoch where it is a state."""

    name: FactName
    time: int | None
    minute: int
    fields: Mapping[str, Any]
    partition: int = 0


class Judged(NamedTuple):
    """An event of an entity, and the calendar that was in force when it was applied."""

    event: Event
    role: str
    calendar: WorkingCalendar


class Suspension(NamedTuple):
    """By the places of the events that begin and end it; one that goes on has no end."""

    begin: int
    end: float


class Life:
    """One entity and all its events; nothing is ever forgotten of it."""

    def __init__(self, slug: str, subsystem: Subsystem, asked: frozenset[str]) -> None:
        self.slug = slug
        self.spec: EntitySpec = subsystem.entities[slug]
        self.events: list[Judged] = []
        """In order."""
        self._orders: list[tuple[int, int, str, str]] = []
        self._subsystem = subsystem
        self._asked = asked

    def is_new(self, event: Event) -> bool:
        """Those that say the same of the same instant are one."""
        return self._order(event) not in self._orders

    def add(self, event: Event, calendar: WorkingCalendar) -> None:
        """Keep an event that is new."""
        order = self._order(event)
        place = bisect(self._orders, order)
        self._orders.insert(place, order)
        self.events.insert(place, Judged(event, self.spec.events[event.name], calendar))

    def _order(self, event: Event) -> tuple[int, int, str, str]:
        said = tuple(event.data.get(f) for f in self._subsystem.events[event.name].fields if f in self._asked)
        return event.time, SAME_INSTANT.index(self.spec.events[event.name]), event.name, repr(said)

    @property
    def orphaned(self) -> bool:
        """Whether its opening is not known."""
        return not any(role == "opened" for _, role, _ in self.events)

    def facts(self, calendar: WorkingCalendar) -> list[Fact]:
        """Everything it counts for now; ``calendar`` is in force."""
        if self.orphaned or any(role == "voided" for _, role, _ in self.events):
            return []
        opening = next(event for event, role, _ in self.events if role == "opened")
        later = [each for each in self.events if each.role != "opened"]
        return list(_Told(self, opening, later).facts(calendar))


class _Told:
    """What is true of an entity with an opening; events are named by their places among those that are no openings."""

    def __init__(self, life: Life, opening: Event, later: Sequence[Judged]) -> None:
        self.life = life
        self.opening = opening
        self.later = later
        self.end = len(later)
        self.suspensions = list(self._suspensions())
        self.changes = [place for place in range(self.end) if self._changes(place)]
        self.known = {**opening.data}
        for place in self.changes:
            self.known |= later[place].event.data

    def facts(self, calendar: WorkingCalendar) -> Iterator[Fact]:
        spec, opened = self.life.spec, self.opening.time
        yield Fact(Happened(spec.opened_by), opened, 0, self.known)
        for place in [*self.changes, *(suspension.begin for suspension in self.suspensions)]:
            yield self._happened(place)
        milestones = {name: place for name in spec.milestones for place in self._places(name)[:1]}
        for place in milestones.values():
            yield self._happened(place, **self._took(place))
        closing = next((place for place in range(self.end) if self._is_the_closing(place)), None)
        if closing is not None:
            event, _, judged_by = self.later[closing]
            outcome = timeliness(event.time, self._due("main", closing, judged_by))
            yield self._happened(closing, **self._took(closing), **{TIMELINESS: outcome})
            return
        runs = not self._is_suspended(self.end)
        met = {passed(name): name in milestones for name in spec.milestones}
        state = {**self.known, **met, PHASE: "running" if runs else "suspended"}
        yield Fact(Open(self.life.slug), None, 0, state)
        yield Fact(OpenSince(self.life.slug), None, opened // 60_000, state)
        for name, deadline in spec.deadlines.items():
            due = self._due(name, self.end, calendar)
            if runs and due is not None and deadline.until not in milestones:
                yield Fact(Due(self.life.slug, name), None, -(-due // 60_000), state)

    def _happened(self, place: int, **judged: Any) -> Fact:
        event = self.later[place].event
        return Fact(Happened(event.name), event.time, 0, {**self.known, **event.data, **judged})

    def _places(self, name: str) -> list[int]:
        return [place for place, each in enumerate(self.later) if each.event.name == name]

    def _last_of(self, before: float, *roles: str) -> str | None:
        """The role of the last event before a place that has one of these."""
        return next((r for _, r, _ in reversed(self.later[: min(self.end, int(before))]) if r in roles), None)

    def _is_open(self, place: int) -> bool:
        """Whether it is just before an event."""
        return self._last_of(place, "closed", "reopened") != "closed"

    def _is_suspended(self, place: int) -> bool:
        """Whether it is just before an event."""
        return any(suspension.begin < place <= suspension.end for suspension in self.suspensions)

    def _is_the_closing(self, place: int) -> bool:
        after = {role for _, role, _ in self.later[place:]}
        return self.later[place].role == "closed" and self._is_open(place) and "reopened" not in after

    def _suspensions(self) -> Iterator[Suspension]:
        end: float = -1
        for place, (_, role, _) in enumerate(self.later):
            if role == "suspended" and place > end and self._is_open(place):
                ends = (p for p in range(place, self.end) if self.later[p].role in ("resumed", "closed"))
                end = next(ends, float("inf"))
                yield Suspension(place, end)

    def _changes(self, place: int) -> bool:
        """Whether what an event says is true from then on."""
        role = self.later[place].role
        if role == "resumed":
            return any(suspension.end == place for suspension in self.suspensions)
        if role == "reopened":
            return not self._is_open(place)
        return role in ("extended", "transferred", "corrected")

    def _began(self, suspension: Suspension) -> int:
        return max(self.later[suspension.begin].event.time, self.opening.time)

    def _took(self, place: int) -> dict[str, Any]:
        """The time from the opening to an event, less that in suspensions."""
        until = self.later[place].event.time
        stood = 0
        for suspension in self.suspensions:
            if suspension.begin < place:
                ended = until if suspension.end > place else self.later[int(suspension.end)].event.time
                stood += max(0, ended - self._began(suspension))
        took = max(0, until - self.opening.time - stood)
        return {TOOK: bucket(took), TOOK_MS: took}

    def _due(self, name: str, place: int, calendar: WorkingCalendar) -> int | None:
        """A deadline in ms, as it stands at an event, or before it where that gives another."""
        deadline = self.life.spec.deadlines.get(name)
        if deadline is None:
            return None
        field = deadline.field or ""
        givers = [change for change in self.changes if change < place and field in self.later[change].event.data]
        since = givers[-1] if givers else -1
        event = self.later[since].event if givers else self.opening
        due: int | None = event.data.get(field)
        if due is None and deadline.after is not None:
            due = calendar.add_working_time(event.time // 1000, deadline.after) * 1000
            if not deadline.after.working:
                due += event.time % 1000
        if due is None:
            return None
        for suspension in self.suspensions:
            if since < suspension.end <= place and suspension.end < self.end:
                begin = max(self._began(suspension), event.time if givers else 0)
                end = max(begin, self.later[int(suspension.end)].event.time)
                idle = calendar.working_seconds_between(begin // 1000, end // 1000)
                due = calendar.add_working_seconds(due // 1000, idle) * 1000 + due % 1000
        return due


def timeliness(closed: int, due: int | None) -> str:
    """How a closing stands to its deadline, both in ms; early is before the deadline's local day."""
    if due is None:
        return "no_deadline"
    if closed > due:
        return "late"
    # The deadline at midnight is the end of the day before.
    return "early" if (closed // 1000 + LOCAL) // DAY < ((due - 1) // 1000 + LOCAL) // DAY else "on_time"


def bucket(milliseconds: int) -> int:
    """Eight buckets to a doubling of seconds, named by their upper ends."""
    seconds = max(0, milliseconds) / 1000
    return 0 if seconds <= 1 else ceil(round(8 * log2(seconds), 9))


def asked_fields(subsystem: Subsystem, slug: str, needed: Iterable[tuple[FactName, Sequence[str]]]) -> frozenset[str]:
    """The fields of an entity that any KPI or deadline reads; ``needed`` pairs facts with fields."""
    spec = subsystem.entities[slug]
    asked = {deadline.field for deadline in spec.deadlines.values() if deadline.field}
    for fact, fields in needed:
        if fact.about in (spec.events if isinstance(fact, Happened) else [slug]):
            asked.update(fields)
    return frozenset(asked)
