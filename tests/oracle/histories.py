"""Made-up histories of three years, sensible and odd, and the ways in which somebody's exports bring them.

A history is what happened, once and in order of time. A log is how it came: in the order of an export, split into runs
over some days, partly or wholly sent again, with live events beside.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any, NamedTuple

from ioc.catalogue.model import Subsystem
from tests.oracle.reading import EPOCH
from tests.oracle.topics import Topics, moment, time_text
from tests.oracle.workshop import CAMERA, CASE, SCALE, UNITS, workshop

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
BEGIN, EXPORTED = moment("2023-01-02 08:00"), moment("2026-01-05 08:00")
"""The first event of a history, and when its first export is ingested."""

FEED = {
    "name": {"vi": "Máy", "en": "Machines"},
    "expected_interval": "1h",
    "allowed_lateness": "10m",
    "duplicate_horizon": "60d",
}


def office(after: str = "1wd") -> Subsystem:
    """The made-up subsystem, remembering for as long as a province does.

    Args:
        after: when a case is due that is given no deadline.
    """
    deadlines = {"main": {"field": "due_at", "after": after}, "first": {"after": "30m", "until": "case.assigned"}}
    return workshop(
        entities={"case": {**CASE, "retention": "35d", "deadlines": deadlines}},
        presences={"camera": {**CAMERA, "forgotten_after": "4000d"}, "scale": {**SCALE, "forgotten_after": "4000d"}},
        feeds={"machines": FEED},
    )


ORDERS = ("by time", "newest first", "by case", "by activity", "at random")
SOON = [HOUR, 8 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY, 4 * DAY]
"""What decides about deadlines of a working day."""
GAPS = [*SOON, *SOON, 0, 0, 1, 400, 999, SECOND, MINUTE, 29 * MINUTE, 20 * DAY, 60 * DAY, 200 * DAY]
LONG_GAPS = [399 * DAY, 401 * DAY]
"""On both sides of what panes of days are kept for."""
BACK = [1, SECOND, HOUR, 3 * DAY]
STARTS = [moment("2023-12-31 23:59") + 59_999, moment("2025-01-01 00:00"), moment("2025-01-27 16:59"), EXPORTED - DAY]
"""Beginnings of cases beside random ones: the ends of years, the day before the new year's holidays, yesterday."""
DUE_AFTER = [-HOUR, 0, 400, 500, HOUR, 8 * HOUR, DAY, 5 * DAY + 500, 30 * DAY]
ODD = ["", "/1", "|b", " c", "%2F", "ộ", '"', "{x}", "\\", "a/b|c:d", "#", "'"]
"""Endings of ids."""

NEXT: Mapping[str, Sequence[str]] = {
    "new": ["opened"],
    "open": [
        "assigned",
        "suspended",
        "suspended",
        "extended",
        "transferred",
        "corrected",
        "closed",
        "closed",
        "closed",
        "withdrawn",
    ],
    "suspended": ["resumed", "resumed", "extended", "extended", "transferred", "closed"],
    "closed": ["reopened", "corrected", "transferred", "assigned"],
}
LEADS_TO = {
    "opened": "open",
    "suspended": "suspended",
    "resumed": "open",
    "closed": "closed",
    "withdrawn": "closed",
    "reopened": "open",
}
ANY = sorted({event for events in NEXT.values() for event in events})


class Happening(NamedTuple):
    """What happened: the time in ms, and the id that its source gives it."""

    time: int
    event: str
    data: Mapping[str, Any]
    id: str


by_time = itemgetter(0, 3)


class Sent(NamedTuple):
    """A happening as it is appended, at ``appended`` in ms."""

    appended: int
    happening: Happening


class Historian:
    """Makes a history up; ``random`` decides everything."""

    def __init__(self, random: Random, subsystem: Subsystem, until: int = EXPORTED) -> None:
        self._random = random
        self._subsystem = subsystem
        self._until = until
        self._made = 0

    def history(self, cases: int, readings: int = 0) -> list[Happening]:
        """So many cases and readings of machines, in order of time."""
        told: list[Happening] = []
        for number in range(cases):
            case = f"F-{number}{self._one(ODD)}"
            told += self.soon_closed(case) if self._random.random() < 0.4 else self.case(case)
        return sorted([*told, *self._readings(readings)], key=by_time)

    def case(self, case: str, start: int | None = None) -> list[Happening]:
        """All that happens to one case; no event says the same of the same instant as another."""
        random = self._random
        clock = self._start() if start is None else start
        state, due, happenings = "new", clock, dict[tuple[int, str, str], Happening]()
        silent = {"due_at"} if random.random() < 0.5 else set()
        for _ in range(random.randint(1, 12)):
            event = self._one(NEXT[state] if random.random() < 0.85 else ANY)
            state = LEADS_TO.get(event, state) if state != "new" or event == "opened" else state
            time = clock - self._one(BACK) if random.random() < 0.1 else clock
            if state == "closed" and random.random() < 0.2:
                time = due + self._one((-100, -1, 0, 1))
            if random.random() < 0.01:
                event = "voided"
            if time < self._until:
                data = self._said(f"case.{event}", case, time, silent)
                due = in_ms(data["due_at"]) if "due_at" in data else due
                happenings[time, event, repr(data)] = self._happening(time, f"case.{event}", data)
            clock += self._one(LONG_GAPS if random.random() < 0.03 else GAPS)
        return [*happenings.values()]

    def soon_closed(self, case: str, start: int | None = None) -> list[Happening]:
        """A case that is due a working day after its opening, closed some days later, and told otherwise after.

        One with a ``start`` just ends.
        """
        clock = self._start() if start is None else start
        told = ["opened", "closed"]
        if self._random.random() < 0.3:
            told[1:1] = ["suspended", *(["extended"] if self._random.random() < 0.5 else []), "resumed"]
        if start is None:
            told.append(self._one(("transferred", "corrected", "reopened", "voided")))
        happenings = []
        for event in (f"case.{each}" for each in told):
            happenings.append(self._happening(clock, event, self._said(event, case, clock, {"due_at"})))
            clock += self._one((DAY, 2 * DAY, 3 * DAY))
        return [each for each in happenings if each.time < self._until or start is not None]

    def live(self, since: int, days: int) -> list[Happening]:
        """Cases that are opened while somebody ingests, from ``since`` on."""
        starts = [since + self._random.randrange(days * DAY) for _ in range(self._random.randint(0, 5))]
        self._until = since + days * DAY
        cases = [self.case(f"L-{number}", start) for number, start in enumerate(starts)]
        return sorted((each for case in cases for each in case), key=by_time)

    def _start(self) -> int:
        return self._one(STARTS) if self._random.random() < 0.2 else self._random.randrange(BEGIN, EXPORTED - 30 * DAY)

    def _readings(self, number: int) -> Iterator[Happening]:
        """Of machines, no two at one instant: of two values of one instant the later in the log counts."""
        for place in range(number):
            event = self._one(("mass.measured", "day.reported", "camera.heard", "camera.withdrawn", "scale.withdrawn"))
            time = self._start() // 10_000 * 10_000 + place
            yield self._happening(time, event, self._said(event, "", time))

    def _happening(self, time: int, event: str, data: Mapping[str, Any]) -> Happening:
        self._made += 1
        return Happening(time, event, data, f"n{self._made}")

    def _said(self, event: str, case: str, time: int, silent: Collection[str] = ()) -> dict[str, Any]:
        random, spec = self._random, self._subsystem.events[event]
        made = {
            "case": case,
            "camera": f"camera{random.randint(0, 2)}",
            "station": f"station{random.randint(0, 2)}",
            "unit": self._one(UNITS),
            "topic": self._one(("land", "water")),
            "urgent": random.random() < 0.5,
            "due_at": time_text(time + self._one(DUE_AFTER)),
            "value": self._one((0, 1, 0.1, 2.675, 333.333)),
            "level": self._one((0.5, 3, 7)),
            "amount": random.randint(0, 9),
            "measured_in": self._one(("g", "kg", "lot")),
        }
        told = [field for field in spec.optional if field not in silent and random.random() < 0.7]
        return {field: made[field] for field in spec.fields if field in spec.required or field in told}

    def _one(self, choices: Sequence[Any]) -> Any:
        return choices[self._random.randrange(len(choices))]


def in_ms(text: str) -> int:
    """The instant that an event carries as a text."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def in_order(history: Sequence[Happening], order: str, random: Random) -> list[Happening]:
    """A history as an export lists it."""
    match order:
        case "newest first":
            return sorted(history, key=lambda each: -each.time)
        case "by case":
            return sorted(history, key=lambda each: (each.data.get("case", ""), each.time))
        case "by activity":
            return sorted(history, key=lambda each: (each.event, each.time))
        case "at random":
            return random.sample(history, len(history))
        case _:
            return list(history)


def exported(history: Sequence[Happening], order: str, random: Random, days: int = 20) -> list[Sent]:
    """A history ingested in some runs within so many days, parts of it again; in order of append time."""
    runs: list[list[Happening]] = [[] for _ in range(random.randint(1, 4))]
    blocks = random.random() < 0.5
    for place, happening in enumerate(in_order(history, order, random)):
        number = place * len(runs) // len(history) if blocks else random.randrange(len(runs))
        runs[number].append(happening)
    for _ in range(random.randint(0, 2)):
        # Overlapping exports, and a run that is sent again, in the same order or in another.
        again = [each for each in random.choice(runs) if random.random() < 0.9]
        runs.insert(random.randint(0, len(runs)), again if random.random() < 0.5 else random.sample(again, len(again)))
    sent = []
    for run in runs:
        clock = EXPORTED + random.randrange(days * DAY)
        for happening in run:
            sent += [Sent(clock, happening)] * (1 if random.random() < 0.9 else 2)
            clock += random.choice((0, 1, 7))
    return sorted(sent, key=lambda each: each.appended)


def with_live(sent: Sequence[Sent], live: Sequence[Happening]) -> list[Sent]:
    """What was ingested, with live events between, each appended as it happened."""
    return sorted([*sent, *(Sent(each.time, each) for each in live)], key=lambda each: each.appended)


def log_of(sent: Sequence[Sent], partitions: int, subsystem: Subsystem) -> Topics:
    """The topics after all was appended."""
    topics = Topics(partitions)
    for appended, happening in sent:
        topics.send(subsystem, happening.event, happening.time, happening.data, id=happening.id, appended=appended)
    return topics
