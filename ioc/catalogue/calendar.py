"""The province's working calendar: working days, working hours, school days.

Local time is UTC+7 all year, and a day is counted by its number since
1 January 1970. A working day is Monday to Friday, less the public holidays of the package ``holidays`` and the days
off of the catalogue, plus the catalogue's make-up days. Public holidays are known for ``HOLIDAY_YEARS``; in other
years only weekends are off.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, time
from functools import cache, lru_cache
from itertools import pairwise
from typing import Self

import msgspec
from holidays import country_holidays
from xxhash import xxh3_64_hexdigest

from ioc.catalogue.model import CalendarSpec, Hours
from ioc.kpis.specs import ReportingSpec
from ioc.time.durations import Duration
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import DAY, HOUR, UTC_OFFSET

HOLIDAY_YEARS = range(2015, 2041)
_EPOCH = date(1970, 1, 1)
_CACHED = 1 << 14


class CalendarDays(msgspec.Struct, frozen=True, array_like=True):
    """All that a working calendar rests on; days by their numbers, times of day in seconds."""

    periods: list[tuple[int, int]]
    """The working hours of a day."""
    extra: list[int]
    """Saturdays and Sundays that are worked."""
    off: list[int]
    """Other days that are not."""
    terms: list[tuple[int, int]]
    """Of schools; the second day is the first one after the term."""

    @classmethod
    def of(cls, spec: CalendarSpec) -> Self:
        """Those of a catalogue, with the public holidays. Raises ValueError where a date or time cannot be read."""
        make_up = {day_number(date.fromisoformat(text)) for text in spec.make_up_days}
        off = _public_holidays() | {day_number(date.fromisoformat(text)) for text in spec.days_off}
        return cls(
            periods=_periods(spec.working_hours),
            extra=sorted(day for day in make_up if not _is_weekday(day)),
            off=sorted(day for day in off - make_up if _is_weekday(day)),
            terms=[
                (day_number(date.fromisoformat(term.first)), day_number(date.fromisoformat(term.last)) + 1)
                for term in spec.school_terms
            ],
        )


class WorkingCalendar:
    """Answers about working time; immutable, and fast enough to be asked for every dossier.

    Working time is measured as a position: the working seconds since some fixed beginning. Each working day has
    equally many, so that position and instant are found from each other without walking over days.
    """

    def __init__(self, days: CalendarDays) -> None:
        self.days = days
        self.version = xxh3_64_hexdigest(msgspec.msgpack.encode(days))
        """Another one wherever any day or hour is."""
        self._periods = days.periods
        self._worked_seconds = sum(end - start for start, end in self._periods)
        self._extra, self._off, self._terms = days.extra, days.off, days.terms
        self._rank = lru_cache(_CACHED)(self._count_rank)
        self._day_of_rank = lru_cache(_CACHED)(self._find_day_of_rank)
        self._end_of_working_day = lru_cache(_CACHED)(self._find_end_of_working_day)

    @classmethod
    def of(cls, spec: CalendarSpec) -> Self:
        """The calendar of a catalogue. Raises ValueError where a date or time cannot be read."""
        return cls(CalendarDays.of(spec))

    def is_working_day(self, day: date) -> bool:
        return self._is_working(day_number(day))

    def is_school_day(self, day: date) -> bool:
        """Whether schools report on this day: a working day within a term."""
        return self._is_school(day_number(day))

    def in_hours(self, hours: Hours, instant: EpochSeconds) -> bool:
        """Whether an instant is within the hours; an hour's end is outside. Schools keep working hours."""
        if hours == "always":
            return True
        day, second = _local(instant)
        counts = self._is_school if hours == "school" else self._is_working
        return counts(day) and any(start <= second < end for start, end in self._periods)

    def is_due(self, reporting: ReportingSpec, instant: EpochSeconds) -> bool:
        """Whether a report is due at an instant: on a day of its calendar, from its time of day on."""
        day, second = _local(instant)
        if reporting.calendar == "school_days" and not self._is_school(day):
            return False
        if reporting.calendar == "working_days" and not self._is_working(day):
            return False
        return second >= _second_of_day(reporting.by)

    def add_working_time(self, instant: EpochSeconds, duration: Duration) -> EpochSeconds:
        """The instant that comes ``duration`` later.

        Working days end at 24:00 of the n-th working day after the day of ``instant``; working hours pass in working
        hours only, and those that end with a working day end at its close.
        """
        if duration.unit == "wd":
            return self._end_of_working_day((instant + UTC_OFFSET) // DAY, duration.amount)
        if duration.unit == "wh":
            return self._at(Seconds(self._position(instant) + duration.amount * HOUR)) if duration.amount else instant
        return EpochSeconds(instant + duration.seconds)

    def add_working_seconds(self, due: EpochSeconds, seconds: Seconds) -> EpochSeconds:
        """The deadline that a deadline moves to when its clock stood still for so many working seconds.

        A deadline at midnight is the end of a day and stays one: it moves by the nearest whole number of working days.
        """
        day, second = _local(due)
        if second == 0:
            return self._end_of_working_day(day - 1, (2 * seconds + self._worked_seconds) // (2 * self._worked_seconds))
        return self._at(Seconds(self._position(due) + seconds)) if seconds else due

    def working_seconds_between(self, start: EpochSeconds, end: EpochSeconds) -> Seconds:
        """Working seconds from ``start`` to ``end``; negative where ``end`` is earlier."""
        return Seconds(self._position(end) - self._position(start))

    def seconds_in_hours_between(self, hours: Hours, start: EpochSeconds, end: EpochSeconds) -> Seconds:
        """Seconds within the hours from ``start`` to ``end``, which may not be earlier."""
        if hours == "always":
            return Seconds(end - start)
        if hours == "working":
            return self.working_seconds_between(start, end)
        overlaps = ((max(start, _midnight(first)), min(end, _midnight(last))) for first, last in self._terms)
        return Seconds(sum(self.working_seconds_between(begun, over) for begun, over in overlaps if begun < over))

    def next_working_morning(self, instant: EpochSeconds) -> EpochSeconds:
        """The first opening of a working day at or after ``instant``."""
        day, second = _local(instant)
        opening = self._periods[0][0]
        morning = self._day_of_rank(self._rank(day if second <= opening else day + 1))
        return EpochSeconds(_midnight(morning) + opening)

    def _is_working(self, day: int) -> bool:
        return self._rank(day + 1) > self._rank(day)

    def _is_school(self, day: int) -> bool:
        return any(first <= day < last for first, last in self._terms) and self._is_working(day)

    def _count_rank(self, day: int) -> int:
        """How many working days come before a day, from a fixed beginning."""
        weeks, weekday = divmod(day + 3, 7)
        return weeks * 5 + min(weekday, 5) + bisect_left(self._extra, day) - bisect_left(self._off, day)

    def _find_day_of_rank(self, rank: int) -> int:
        """The working day that ``rank`` working days come before."""
        weeks, weekday = divmod(rank - len(self._extra), 5)
        day = weeks * 7 + weekday - 3
        # The start is early enough, and a step over n days passes at most n working days: never too far.
        while missing := rank + 1 - self._rank(day + 1):
            day += missing
        return day

    def _find_end_of_working_day(self, day: int, days: int) -> EpochSeconds:
        return _midnight((self._day_of_rank(self._rank(day + 1) + days - 1) if days else day) + 1)

    def _position(self, instant: EpochSeconds) -> Seconds:
        day, second = _local(instant)
        position = self._rank(day) * self._worked_seconds
        if self._is_working(day):
            position += sum(min(second, end) - start for start, end in self._periods if second > start)
        return Seconds(position)

    def _at(self, position: Seconds) -> EpochSeconds:
        """The earliest instant at a position."""
        rank, left = divmod(position - 1, self._worked_seconds)
        left += 1
        for start, end in self._periods:
            if left <= end - start:
                return EpochSeconds(_midnight(self._day_of_rank(rank)) + start + left)
            left -= end - start
        raise AssertionError("a position is within the seconds of its working day")


def day_number(day: date) -> int:
    """Days since 1 January 1970."""
    return (day - _EPOCH).days


def _local(instant: EpochSeconds) -> tuple[int, int]:
    """The local day's number and the second of that day."""
    return divmod(instant + UTC_OFFSET, DAY)


def _midnight(day: int) -> EpochSeconds:
    return EpochSeconds(day * DAY - UTC_OFFSET)


def _is_weekday(day: int) -> bool:
    return (day + 3) % 7 < 5


@cache
def _public_holidays() -> frozenset[int]:
    return frozenset(day_number(day) for day in country_holidays("VN", years=HOLIDAY_YEARS))


def _periods(hours: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    periods = sorted((_second_of_day(start), _second_of_day(end)) for start, end in hours)
    bounds = [bound for period in periods for bound in period]
    if not bounds or any(low >= high for low, high in pairwise(bounds)):
        raise ValueError('working hours must be periods of the day one after the other, as in [["07:30", "11:30"]]')
    return periods


def _second_of_day(text: str) -> int:
    moment = time.fromisoformat(text)
    return moment.hour * HOUR + moment.minute * 60 + moment.second
