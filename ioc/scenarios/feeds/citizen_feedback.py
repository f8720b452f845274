"""Citizen feedback: 986 requests in four months, more than half of them resolved, few overdue."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ioc.scenarios import calibration
from ioc.scenarios.events import BOOL, BOOLEAN, INTEGER, TEXT, Event, Writer, ids, midnight, source_totals, stamp
from ioc.scenarios.setting import DAYTIME, END, FIRST_DAY, LAST_DAY, Setting, spread
from ioc.time.durations import parse_duration
from ioc.time.instants import EpochSeconds

SLUG = "citizen_feedback"
_received = Writer(
    SLUG, "request.received", "service_request_id", service_code=TEXT, agency_responsible=TEXT,
    within_authority=BOOLEAN, channel=TEXT, expected_datetime=TEXT,
)  # fmt: skip
_assigned = Writer(SLUG, "request.assigned", "service_request_id")
_resolved = Writer(SLUG, "request.resolved", "service_request_id")
_rated = Writer(SLUG, "request.rated", "service_request_id", service_code=TEXT, agency_responsible=TEXT, rating=INTEGER)

_CODES = (b"land", b"environment", b"site_clearance", b"construction", b"roads", b"utilities", b"security",
          b"procedures", b"health", b"education", b"other")  # fmt: skip
_SHARES = (0.24, 0.17, 0.1, 0.09, 0.12, 0.08, 0.05, 0.07, 0.02, 0.02, 0.04)
_CHANNELS = (b"portal", b"app", b"app", b"hotline", b"desk")
_AT_LEAST = 700
"""Fewer would leave the ratios below their minimum samples."""
_OVERDUE, _RECENTLY_OVERDUE = 11, 2
"""M: open requests past their deadline, and those of them whose deadline was in the last 30 days."""
_DAY = 86_400


class Request(NamedTuple):
    """A request: instants of its receipt, deadline and resolution."""

    received: int
    due: int
    resolved: int


class Requests:
    """The requests of the four months with their calibrated fates, then natural ones."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        rng = setting.rng("requests")
        count = setting.scaled(calibration.FEEDBACK_RECEIVED, _AT_LEAST)
        days = range(FIRST_DAY, LAST_DAY + 1)
        self._per_day = spread(count, [self._weight(day) for day in days])
        times = [t for day, n in zip(days, self._per_day, strict=True) for t in DAYTIME.times(rng, day, n)]
        resolved = round(count * calibration.FEEDBACK_RESOLVED / calibration.FEEDBACK_RECEIVED)
        # The smallest of exponential variables, each divided by its weight, are a sample without replacement.
        urgency = [np.log(rng.exponential()) + (END - time) / _DAY / 70 for time in times]
        still_open = np.argsort(urgency, kind="stable")[: count - resolved].tolist()
        overdue = sorted(still_open)[: round(count * _OVERDUE / calibration.FEEDBACK_RECEIVED)]
        self._requests = [self._closed(rng, time) for time in times]
        for number in still_open:
            rest = int(rng.integers(2, 45))
            self._requests[number] = Request(times[number], END + rest * _DAY, END + int(rest * _DAY * rng.random()))
        for place, number in enumerate(overdue):
            age = int(rng.integers(3, 25)) if place < _RECENTLY_OVERDUE else int(rng.integers(32, 50))
            due = max(END - age * _DAY - 7 * 3600, times[number] + 5 * _DAY)
            self._requests[number] = Request(times[number], due, END + int(rng.integers(3, 20)) * _DAY)

    def day(self, day: int) -> Iterator[Event]:
        setting, rng, number = self._setting, self._setting.rng("feedback", day), day - FIRST_DAY
        if 0 <= number < len(self._per_day):
            begun = sum(self._per_day[:number])
            requests = self._requests[begun : begun + self._per_day[number]]
            yield from source_totals(SLUG, day, [("received", begun)] if number else [])
        else:
            count = setting.volume(day, self._weight(day) * 8) if day > LAST_DAY else 0
            requests = [self._closed(rng, time) for time in DAYTIME.times(rng, day, count)]
        units = [*setting.somewhere(rng, len(requests))]
        for key, request, commune in zip(ids(b"PA", day), requests, units, strict=False):
            code = _CODES[int(rng.choice(len(_CODES), p=_SHARES))]
            unit = commune if rng.random() < 0.7 else setting.agencies[int(rng.integers(len(setting.agencies)))]
            channel = _CHANNELS[int(rng.integers(len(_CHANNELS)))]
            within = BOOL[bool(rng.random() < 0.88)]
            yield _received(request.received, key, code, unit, within, channel, stamp(request.due))
            received = EpochSeconds(request.received)
            yield _assigned(setting.calendar.add_working_time(received, parse_duration("1wh")), key)
            resolved = max(request.resolved, request.received + 6 * 3600)
            yield _resolved(resolved, key)
            if rng.random() < 0.3:
                yield _rated(
                    resolved + 7200, key, code, unit, int(rng.choice([5, 4, 3, 2, 1], p=[0.5, 0.3, 0.1, 0.06, 0.04]))
                )

    def under_way(self, day: int) -> Iterator[Event]:
        for earlier in range(FIRST_DAY, min(day, LAST_DAY + 1)):
            yield from self.day(earlier)
        for earlier in range(max(LAST_DAY + 1, day - 60), day):
            yield from self.day(earlier)

    def _weight(self, day: int) -> float:
        """Citizens write on any day."""
        return 1.0 if self._setting.is_working(day) else 0.35

    def _closed(self, rng: np.random.Generator, received: int) -> Request:
        """A request that is resolved before the scenario ends where it began in it, nearly always in time."""
        due_day = (received - midnight(0)) // _DAY + int(rng.integers(15, 31))
        due = midnight(due_day) + 17 * 3600
        latest = min(due, END - 1800) if received < END else due
        resolved = received + int((latest - received) * (0.15 + 0.8 * rng.random()))
        if rng.random() < 0.02 and due + 3 * _DAY < END - 40 * _DAY:
            resolved = due + 2 * _DAY
        return Request(received, due, resolved)


def feeds(setting: Setting) -> list[Requests]:
    """The feed of this subsystem."""
    return [Requests(setting)]
