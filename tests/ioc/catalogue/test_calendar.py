"""The working calendar: known days of 2025 and 2026, and a naive oracle that walks in steps of five minutes."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import CalendarSpec
from ioc.time.durations import Duration, parse_duration
from tests.packaged import packaged_catalogue

LOCAL = timezone(timedelta(hours=7))
SPEC = packaged_catalogue().province.calendar
CALENDAR = WorkingCalendar.of(SPEC)


def at(text: str) -> int:
    """The instant of a local time; ``24:00`` is the midnight after."""
    day, _, clock = text.partition(" ")
    if clock == "24:00":
        return at(f"{day} 00:00") + 86_400
    return int(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=LOCAL).timestamp())


def local_day(instant: int) -> date:
    return datetime.fromtimestamp(instant, LOCAL).date()


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2025-10-31", True),
        ("2025-11-01", False),  # a Saturday
        ("2025-01-24", True),
        ("2025-01-27", False),  # Tết of the year of the Snake
        ("2025-01-31", False),
        ("2025-02-03", True),
        ("2025-04-07", False),  # the Hùng kings
        ("2025-04-26", True),  # a Saturday worked for 2 May
        ("2025-05-02", False),
        ("2025-09-01", False),
        ("2025-09-02", False),
        ("2025-09-03", True),
        ("2026-01-01", False),
        ("2026-01-02", False),  # swapped for
        ("2026-01-10", True),  # this Saturday
        ("2026-02-13", True),
        ("2026-02-16", False),  # Tết of the year of the Horse
        ("2026-02-20", False),
        ("2026-02-23", True),
        ("2026-04-27", False),  # the Hùng kings fall on a Sunday
    ],
)
def test_working_days_are_the_province_s(day: str, working: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is working


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2025-10-27 09:00", "5wd", "2025-11-03 24:00"),
        ("2025-10-27 09:00", "1wd", "2025-10-28 24:00"),
        ("2025-10-25 09:00", "1wd", "2025-10-27 24:00"),  # opened on a Saturday
        ("2025-08-29 16:00", "1wd", "2025-09-03 24:00"),  # over 2 September
        ("2026-01-09 16:00", "1wd", "2026-01-10 24:00"),  # the make-up Saturday counts
        ("2025-12-31 16:00", "1wd", "2026-01-05 24:00"),
        ("2026-02-13 16:00", "2wd", "2026-02-24 24:00"),  # over Tết
        ("2025-10-27 23:59", "1wd", "2025-10-28 24:00"),
        ("2025-10-27 00:00", "0wd", "2025-10-27 24:00"),
        ("2025-10-27 09:00", "2wh", "2025-10-27 11:00"),
        ("2025-10-27 10:30", "2wh", "2025-10-27 14:00"),  # over lunch
        ("2025-10-27 16:00", "1wh", "2025-10-27 17:00"),  # at the close, not the next morning
        ("2025-10-31 16:00", "2wh", "2025-11-03 08:30"),
        ("2025-10-31 16:00", "8wh", "2025-11-03 16:00"),
        ("2025-11-01 12:00", "0wh", "2025-11-01 12:00"),
        ("2025-10-31 16:00", "90m", "2025-10-31 17:30"),
        ("2025-10-31 16:00", "2d", "2025-11-02 16:00"),
    ],
)
def test_a_time_added_ends_when_the_law_says(start: str, duration: str, end: str) -> None:
    assert CALENDAR.add_working_time(at(start), parse_duration(duration)) == at(end)


@pytest.mark.parametrize(
    ("due", "seconds", "moved"),
    [
        ("2025-10-31 24:00", 0, "2025-10-31 24:00"),
        ("2025-10-31 24:00", 3600, "2025-10-31 24:00"),
        ("2025-10-31 24:00", 8 * 3600, "2025-11-03 24:00"),
        ("2025-10-31 24:00", 15 * 3600, "2025-11-04 24:00"),
        ("2025-11-01 24:00", 8 * 3600, "2025-11-03 24:00"),  # a source's deadline on a Saturday
        ("2025-10-31 15:00", 3600, "2025-10-31 16:00"),
        ("2025-10-31 15:00", 8 * 3600, "2025-11-03 15:00"),
        ("2025-11-01 15:00", 0, "2025-11-01 15:00"),
    ],
)
def test_a_deadline_moves_by_the_time_its_clock_stood_still(due: str, seconds: int, moved: str) -> None:
    assert CALENDAR.add_working_seconds(at(due), seconds) == at(moved)


@pytest.mark.parametrize(
    ("instant", "morning"),
    [
        ("2025-10-31 23:00", "2025-11-03 07:30"),
        ("2025-11-03 00:00", "2025-11-03 07:30"),
        ("2025-11-03 07:30", "2025-11-03 07:30"),
        ("2025-11-03 07:31", "2025-11-04 07:30"),
        ("2026-01-09 24:00", "2026-01-10 07:30"),
        ("2026-02-14 00:00", "2026-02-23 07:30"),
    ],
)
def test_what_falls_due_at_night_is_told_the_next_working_morning(instant: str, morning: str) -> None:
    assert CALENDAR.next_working_morning(at(instant)) == at(morning)


@pytest.mark.parametrize(
    ("day", "school"),
    [
        ("2025-09-04", False),
        ("2025-09-05", True),
        ("2025-10-31", True),
        ("2025-11-01", False),
        ("2026-02-18", False),
        ("2026-05-29", True),
        ("2026-07-01", False),
    ],
)
def test_school_days_are_working_days_of_a_term(day: str, school: bool) -> None:
    assert CALENDAR.is_school_day(date.fromisoformat(day)) is school


def test_hours_hold_their_beginning_and_not_their_end() -> None:
    moments = {"07:29": False, "07:30": True, "11:29": True, "11:30": False, "13:00": True, "17:00": False}
    assert {clock: CALENDAR.in_hours("working", at(f"2025-10-31 {clock}")) for clock in moments} == moments
    assert CALENDAR.in_hours("school", at("2025-10-31 08:00"))
    assert not CALENDAR.in_hours("school", at("2025-07-15 08:00"))
    assert CALENDAR.in_hours("working", at("2025-07-15 08:00"))
    assert CALENDAR.in_hours("always", at("2025-11-02 03:00"))


def test_no_working_day_is_lost_where_holidays_are_not_known() -> None:
    far = at("2100-01-01 09:00")
    assert local_day(CALENDAR.add_working_time(far, Duration(5, "wd")) - 1) == date(2100, 1, 8)
    no_deadline = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
    assert CALENDAR.add_working_time(no_deadline, Duration(8, "wh")) > no_deadline


@pytest.mark.parametrize("hours", [[], [("11:30", "07:30")], [("07:30", "12:00"), ("11:00", "17:00")]])
def test_hours_that_are_no_periods_of_a_day_are_refused(hours: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match="one after the other"):
        WorkingCalendar.of(CalendarSpec(working_hours=hours))


# The oracle asks of every five minutes whether they are worked, and knows no arithmetic of days.
HOLIDAYS = country_holidays("VN", years=range(2024, 2028))
PERIODS = [tuple(int(clock[:2]) * 60 + int(clock[3:]) for clock in period) for period in SPEC.working_hours]
MINUTES = st.integers(at("2025-01-01 00:00") // 60, at("2026-12-31 00:00") // 60)
"""Two years of minutes: two Tết, three make-up Saturdays."""
FIVES = st.integers(at("2025-01-01 00:00") // 300, at("2026-12-31 00:00") // 300)


def works(minute: int) -> bool:
    local = datetime.fromtimestamp(minute * 60, LOCAL)
    of_day = local.hour * 60 + local.minute
    return works_on(local.date()) and any(start <= of_day < end for start, end in PERIODS)


def works_on(day: date) -> bool:
    if day.isoformat() in SPEC.make_up_days:
        return True
    return day.weekday() < 5 and day not in HOLIDAYS and day.isoformat() not in SPEC.days_off


@given(FIVES, st.integers(0, 6 * 288))
def test_working_seconds_are_the_worked_time_between(start: int, fives: int) -> None:
    worked = sum(works(five * 5) for five in range(start, start + fives))
    assert CALENDAR.working_seconds_between(start * 300, (start + fives) * 300) == worked * 300
    assert CALENDAR.working_seconds_between((start + fives) * 300, start * 300) == -worked * 300


@given(FIVES, st.integers(0, 6 * 288))
def test_school_seconds_are_those_of_school_days(start: int, fives: int) -> None:
    between = range(start, start + fives)
    worked = sum(works(five * 5) and CALENDAR.is_school_day(local_day(five * 300)) for five in between)
    assert CALENDAR.seconds_in_hours_between("school", start * 300, (start + fives) * 300) == worked * 300
    assert CALENDAR.seconds_in_hours_between("always", start * 300, (start + fives) * 300) == fives * 300


@given(MINUTES, st.integers(1, 20))
def test_working_hours_added_are_passed_at_the_end_and_not_before(start: int, hours: int) -> None:
    end = CALENDAR.add_working_time(start * 60, Duration(hours, "wh"))
    assert CALENDAR.working_seconds_between(start * 60, end) == hours * 3600
    assert CALENDAR.working_seconds_between(start * 60, end - 1) == hours * 3600 - 1


@given(MINUTES, st.integers(1, 90))
def test_a_deadline_in_working_days_is_found_by_walking(start: int, days: int) -> None:
    day = local_day(start * 60)
    left = days
    while left:
        day += timedelta(days=1)
        left -= works_on(day)
    assert CALENDAR.add_working_time(start * 60, Duration(days, "wd")) == at(f"{day} 24:00")


@given(MINUTES)
def test_in_working_hours_is_what_the_oracle_says(minute: int) -> None:
    assert CALENDAR.in_hours("working", minute * 60) is works(minute)
