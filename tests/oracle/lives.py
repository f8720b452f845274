"""What an entity stands for, worked out from all its events at once."""

from collections.abc import Iterable, Mapping, Sequence
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


class Life:
    """One entity and all its events; nothing is ever forgotten of it."""

    def __init__(self, slug: str, subsystem: Subsystem, asked: frozenset[str], calendar: WorkingCalendar) -> None:
        self.slug = slug
        self.spec: EntitySpec = subsystem.entities[slug]
        self.events: list[Event] = []
        self._subsystem = subsystem
        self._asked = asked
        self._calendar = calendar

    def add(self, event: Event) -> bool:
        """Whether an event is new: those that say the same of the same instant are one."""
        if any(self._order(event) == self._order(known) for known in self.events):
            return False
        self.events = sorted([*self.events, event], key=self._order)
        return True

    def _order(self, event: Event) -> tuple[int, int, str, str]:
        said = tuple(event.data.get(f) for f in self._subsystem.events[event.name].fields if f in self._asked)
        return event.time, SAME_INSTANT.index(self.spec.events[event.name]), event.name, repr(said)

    @property
    def orphaned(self) -> bool:
        """Whether its opening is not known."""
        return all(event.name != self.spec.opened_by for event in self.events)

    def facts(self) -> list[Fact]:
        """Everything it counts for now."""
        story = self._story()
        if story is None:
            return []
        facts = [Fact(Happened(self.spec.opened_by), story.opening.time, 0, story.known)]
        facts += [Fact(Happened(event.name), event.time, 0, {**story.known, **event.data}) for event in story.effective]
        for event, stood in story.milestones.values():
            took = event.time - story.opening.time - stood
            said = {**story.known, **event.data, TOOK: bucket(took), TOOK_MS: max(0, took)}
            facts.append(Fact(Happened(event.name), event.time, 0, said))
        if story.closed is not None:
            outcome = {
                TIMELINESS: timeliness(story.closed.time, story.closed_due),
                TOOK: bucket(story.closed.time - story.opening.time - story.closed_stood),
                TOOK_MS: max(0, story.closed.time - story.opening.time - story.closed_stood),
            }
            said = {**story.known, **story.closed.data, **outcome}
            return [*facts, Fact(Happened(story.closed.name), story.closed.time, 0, said)]
        milestones = {passed(name): name in story.milestones for name in self.spec.milestones}
        state = {**story.known, **milestones, PHASE: "running" if story.suspended is None else "suspended"}
        facts.append(Fact(Open(self.slug), None, 0, state))
        facts.append(Fact(OpenSince(self.slug), None, story.opening.time // 60_000, state))
        for name, due in story.due.items():
            if due is not None and story.suspended is None and self.spec.deadlines[name].until not in story.milestones:
                facts.append(Fact(Due(self.slug, name), None, -(-due // 60_000), state))
        return facts

    def _story(self) -> "Story | None":
        openings = [event for event in self.events if event.name == self.spec.opened_by]
        if not openings or any(self.spec.events[event.name] == "voided" for event in self.events):
            return None
        story = Story(openings[0], dict(openings[0].data))
        for name, deadline in self.spec.deadlines.items():
            given = story.known.get(deadline.field or "")
            if given is None and deadline.after is not None:
                after = deadline.after
                given = self._calendar.add_working_time(story.opening.time // 1000, after) * 1000
                given += 0 if after.working else story.opening.time % 1000
            story.due[name] = given
        for event in self.events:
            self._tell(story, event, self.spec.events[event.name])
        return story

    def _tell(self, story: "Story", event: Event, role: str) -> None:
        if role == "closed" and story.closed is None:
            self._run_again(story, event.time)
            story.closed, story.closed_due, story.closed_stood = event, story.due.get("main"), story.stood
        elif role == "suspended" and story.closed is None and story.suspended is None:
            story.suspended = event.time
            story.effective.append(event)
        elif role == "resumed" and story.suspended is not None:
            self._run_again(story, event.time)
            self._change(story, event)
        elif role == "reopened" and story.closed is not None:
            story.closed = None
            self._change(story, event)
        elif role in ("extended", "transferred", "corrected"):
            self._change(story, event)
        elif role == "milestone" and event.name not in story.milestones:
            standing = 0 if story.suspended is None else event.time - max(story.suspended, story.opening.time)
            story.milestones[event.name] = event, story.stood + max(0, standing)

    def _change(self, story: "Story", event: Event) -> None:
        story.effective.append(event)
        for field, value in event.data.items():
            story.known[field] = value
            for name, deadline in self.spec.deadlines.items():
                if deadline.field == field:
                    story.due[name] = value
                    story.given[name] = event.time

    def _run_again(self, story: "Story", time: int) -> None:
        if story.suspended is None:
            return
        since = max(story.suspended, story.opening.time)
        until = max(since, time)
        story.suspended = None
        story.stood += until - since
        for name, due in story.due.items():
            if due is not None:
                # Whoever gave a deadline during the suspension knew how long it had lasted.
                known = max(since, story.given.get(name, since))
                idle = self._calendar.working_seconds_between(known // 1000, max(known, until) // 1000)
                story.due[name] = self._calendar.add_working_seconds(due // 1000, idle) * 1000 + due % 1000


class Story:
    """What is known of an entity while its events are told one after the other."""

    def __init__(self, opening: Event, known: dict[str, Any]) -> None:
        self.opening = opening
        self.known = known
        self.due: dict[str, int | None] = {}
        """In ms."""
        self.given: dict[str, int] = {}
        """When each was given last."""
        self.effective: list[Event] = []
        self.milestones: dict[str, tuple[Event, int]] = {}
        self.suspended: int | None = None
        self.stood = 0
        self.closed: Event | None = None
        self.closed_due: int | None = None
        self.closed_stood = 0


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
