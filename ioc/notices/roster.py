"""Who is on duty when: lines that repeat by weekday, and lines of single dates, which stand before them.

The lines of weekdays cover every minute of a week, each by one of them, so that there is always somebody: a page finds
a contact also when the dates have run out.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count, pairwise
from typing import NamedTuple

from ioc.time.windows import UTC_OFFSET

ON_DUTY = "on_duty"
"""What a chain names instead of a contact: whoever is on duty at the moment of telling."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_WEEK = 7 * _DAY
_EPOCH = date(1970, 1, 1)
"""Minutes are counted from its local midnight."""


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One contact's turn, which comes again and again. Times of day: minutes since local midnight."""

    contact: str
    begins: int
    ends: int
    """On the next day where it is not after ``begins``."""
    weekdays: frozenset[int] = frozenset(range(7))
    """The days on which it begins, Monday being 0."""
    dates: frozenset[date] = frozenset()
    """Where there are some it begins on these instead, and stands before the lines of weekdays."""

    @property
    def length(self) -> int:
        """Minutes, a day at most."""
        return (self.ends - self.begins - 1) % _DAY + 1

    def begun(self, minute: int) -> int | None:
        """The day, counted from the epoch, on which the turn began that this minute is of; None where it is of none."""
        today = minute // _DAY
        for day in (today, today - 1):
            if self._begins_on(day) and 0 <= minute - day * _DAY - self.begins < self.length:
                return day
        return None

    def starts(self) -> Iterator[int]:
        """Its beginnings: the minutes of its dates, else those of a week that begins on Monday."""
        days = (each.toordinal() - _EPOCH.toordinal() for each in self.dates) if self.dates else self.weekdays
        return (day * _DAY + self.begins for day in days)

    def _begins_on(self, day: int) -> bool:
        on = date.fromordinal(_EPOCH.toordinal() + day)
        return on in self.dates if self.dates else on.weekday() in self.weekdays


class Duty(NamedTuple):
    """One turn of one contact, as far as no line of a date cuts it; in seconds since the epoch."""

    contact: str
    start: float
    end: float


class RosterFault(NamedTuple):
    """Why a roster cannot be used, and what to do."""

    line: int
    """Its number."""
    message: str
    fix: str


@dataclass(frozen=True)
class Roster:
    """All lines; without `faults` everything else holds at every moment."""

    lines: Sequence[RosterLine]

    def duty(self, now: float) -> Duty:
        """Whose turn it is at a moment, in seconds since the epoch. Raises LookupError where it is nobody's."""
        minute = math.floor((now + UTC_OFFSET) / 60)
        its = self._turn(minute)
        times = sorted({time for line in self.lines for time in (line.begins, line.ends)})
        days = count(minute // _DAY)
        later = (day * _DAY + time for day in days for time in times)
        end = next(each for each in later if each > minute and self._turn(each) != its)
        earlier = (day * _DAY + time for day in count(minute // _DAY, -1) for time in reversed(times))
        start = next(each for each in earlier if each <= minute and self._turn(each - 1) != its)
        return Duty(self.lines[its[0]].contact, start * 60.0 - UTC_OFFSET, end * 60.0 - UTC_OFFSET)

    def after(self, duty: Duty) -> Duty:
        """The turn that follows. Raises LookupError as `duty`."""
        return self.duty(duty.end)

    def before(self, duty: Duty) -> Duty:
        """The turn that this one follows. Raises LookupError as `duty`."""
        return self.duty(duty.start - 60)

    def faults(self) -> list[RosterFault]:
        """Minutes of a week that nobody has, and those that two lines have which stand equal."""
        weekly = self._starts(dated=False)
        if not weekly:
            fix = "add lines without `dates` for the whole week: they hold where no date is written"
            return [RosterFault(0, "nobody is on duty on days without a date", fix)]
        again = [(weekly[0][0] + _WEEK, weekly[0][1])]
        found = [*_between([*weekly, *again], gaps=True), *_between(self._starts(dated=True), gaps=False)]
        return list(dict.fromkeys(found))

    def _turn(self, minute: int) -> tuple[int, int]:
        """The number of the line that a minute is of, and the day on which that turn began."""
        for dated in (True, False):
            for number, line in enumerate(self.lines):
                if bool(line.dates) is dated and (day := line.begun(minute)) is not None:
                    return number, day
        raise LookupError("the roster has nobody for now")

    def _starts(self, *, dated: bool) -> list[tuple[int, "_Numbered"]]:
        return sorted(
            (start, _Numbered(number, line.length))
            for number, line in enumerate(self.lines)
            if bool(line.dates) is dated
            for start in line.starts()
        )


class _Numbered(NamedTuple):
    line: int
    length: int


def _between(starts: Sequence[tuple[int, _Numbered]], *, gaps: bool) -> Iterator[RosterFault]:
    """What is wrong from each beginning to the next one."""
    said = _on_a_weekday if gaps else _on_a_date
    for (start, its), (following, other) in pairwise(starts):
        end = start + its.length
        if end > following:
            message = f"from {said(following)} on roster[{its.line}] and roster[{other.line}] are both on duty"
            yield RosterFault(its.line, message, "let one end where the other begins")
        elif gaps and end < following:
            message = f"nobody is on duty from {said(end)} to {said(following)}"
            yield RosterFault(its.line, message, "let it last until the next one begins, or add a line between them")


def _on_a_weekday(minute: int) -> str:
    return f"{WEEKDAYS[minute // _DAY % 7]} {_time(minute)}"


def _on_a_date(minute: int) -> str:
    return f"{date.fromordinal(_EPOCH.toordinal() + minute // _DAY)} {_time(minute)}"


def _time(minute: int) -> str:
    return "{:02}:{:02}".format(*divmod(minute % _DAY, 60))
