"""Whoever the roster says is on duty, at every minute, and what makes a roster unfit for use."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.notices.roster import Roster, RosterLine
from ioc.time.windows import UTC_OFFSET

MONDAY = date(2026, 2, 9)
TET = date(2026, 2, 17)
"""A Tuesday."""
OFFICE = frozenset(range(5))
WEEKEND = frozenset({5, 6})


def line(contact: str, begins: str, ends: str, weekdays: frozenset[int] = OFFICE | WEEKEND, *on: date) -> RosterLine:
    return RosterLine(contact, minutes(begins), minutes(ends), weekdays, frozenset(on))


def minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def seconds(local: datetime) -> float:
    return local.replace(tzinfo=UTC).timestamp() - UTC_OFFSET


def at(text: str) -> float:
    return seconds(datetime.fromisoformat(text))


LINES = [
    line("lan", "07:30", "19:30", OFFICE),
    line("minh", "19:30", "07:30", OFFICE),
    line("hoa", "07:30", "07:30", WEEKEND),
    line("tet", "22:00", "06:00", OFFICE, TET, TET + timedelta(3)),
    line("noon", "12:00", "12:01", OFFICE, TET),
]
ROSTER = Roster(LINES)


def by_definition(lines: list[RosterLine], local: datetime) -> str:
    """The one line that has the moment between its beginning and its end; that of a date before that of a weekday."""
    dated, weekly = ([each for each in lines if bool(each.dates) is wanted] for wanted in (True, False))
    for equal in (dated, weekly):
        if found := [each.contact for each in equal if any(start <= local < end for start, end in times(each, local))]:
            [contact] = found
            return contact
    raise AssertionError(f"nobody at {local}")


def times(one: RosterLine, local: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Beginnings and ends around a moment."""
    for day in (local.date() - timedelta(1), local.date()):
        if day in one.dates or (not one.dates and day.weekday() in one.weekdays):
            start, end = (datetime.combine(day, time(*divmod(each, 60)), tzinfo=UTC) for each in (one.begins, one.ends))
            yield start, end if end > start else end + timedelta(1)


def test_every_minute_of_two_weeks_has_the_contact_of_the_definition() -> None:
    assert ROSTER.faults() == []
    first = datetime.combine(MONDAY, time(), tzinfo=UTC)
    seen = set()
    for number in range(14 * 24 * 60):
        local = first + timedelta(minutes=number)
        duty = ROSTER.duty(seconds(local) + 59.9)
        assert duty.contact == by_definition(LINES, local)
        assert duty.start <= seconds(local) < duty.end
        seen.add(duty)
    ordered = sorted(seen, key=lambda duty: duty.start)
    assert [each.end for each in ordered[:-1]] == [each.start for each in ordered[1:]]
    assert {each.contact for each in ordered} == {"lan", "minh", "hoa", "tet", "noon"}


@pytest.mark.parametrize(
    ("moment", "contact", "start", "end", "following"),
    [
        ("2026-02-09T07:29:59.9", "hoa", "2026-02-08T07:30", "2026-02-09T07:30", "lan"),
        ("2026-02-09T07:30", "lan", "2026-02-09T07:30", "2026-02-09T19:30", "minh"),
        ("2026-02-10T00:00", "minh", "2026-02-09T19:30", "2026-02-10T07:30", "lan"),
        ("2026-02-14T12:00", "hoa", "2026-02-14T07:30", "2026-02-15T07:30", "hoa"),
        ("2026-02-17T12:00", "noon", "2026-02-17T12:00", "2026-02-17T12:01", "lan"),
        ("2026-02-17T20:00", "minh", "2026-02-17T19:30", "2026-02-17T22:00", "tet"),
        ("2026-02-18T05:59", "tet", "2026-02-17T22:00", "2026-02-18T06:00", "minh"),
        ("2026-02-18T06:00", "minh", "2026-02-18T06:00", "2026-02-18T07:30", "lan"),
    ],
)
def test_a_turn_has_its_beginning_its_end_and_who_follows(
    moment: str, contact: str, start: str, end: str, following: str
) -> None:
    duty = ROSTER.duty(at(moment))
    assert duty == (contact, at(start), at(end))
    assert ROSTER.after(duty).contact == following
    assert ROSTER.before(ROSTER.after(duty)) == duty


@st.composite
def rosters(draw: st.DrawFn) -> list[RosterLine]:
    """Days cut at random times, each part with somebody for some weekdays and somebody else for the others; dates."""
    cuts = sorted(draw(st.sets(st.integers(0, 1439), min_size=1, max_size=4)))
    lines: list[RosterLine] = []
    for begins, ends in zip(cuts, [*cuts[1:], cuts[0]], strict=True):
        some = draw(st.frozensets(st.integers(0, 6), max_size=6))
        groups = [group for group in (some, frozenset(range(7)) - some) if group]
        lines += [RosterLine(f"w{len(lines)}-{each}", begins, ends, days) for each, days in enumerate(groups)]
    for number in draw(st.sets(st.integers(0, 5))):
        begins, ends = draw(st.integers(0, 1439)), draw(st.integers(0, 1439))
        on = frozenset({MONDAY + timedelta(2 * number)})
        lines.append(RosterLine(f"d{number}", begins, ends, dates=on))
    return draw(st.permutations(lines))


@given(rosters(), st.integers(0, 14 * 24 * 60))
def test_of_any_roster_without_a_fault_a_moment_has_the_contact_of_the_definition(
    lines: list[RosterLine], minute: int
) -> None:
    roster = Roster(lines)
    assert roster.faults() == []
    local = datetime.combine(MONDAY, time(), tzinfo=UTC) + timedelta(minutes=minute)
    duty = roster.duty(seconds(local))
    assert duty.contact == by_definition(lines, local)
    assert duty.start <= seconds(local) < duty.end <= duty.start + 86_400
    assert roster.before(roster.after(duty)) == duty == roster.after(roster.before(duty))


@given(rosters(), st.data())
def test_a_line_of_weekdays_less_is_a_gap_and_one_twice_an_overlap(
    lines: list[RosterLine], data: st.DataObject
) -> None:
    weekly = [each for each in lines if not each.dates]
    one = data.draw(st.sampled_from(weekly))
    less = Roster([each for each in lines if each is not one])
    assert any("nobody is on duty" in fault.message for fault in less.faults())
    assert any("are both on duty" in fault.message for fault in Roster([*lines, one]).faults())


ALWAYS = line("lan", "00:00", "00:00")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([line("lan", "07:30", "19:30")], (0, "nobody is on duty from mon 19:30 to tue 07:30")),
        ([line("lan", "00:00", "00:00", OFFICE)], (0, "nobody is on duty from sat 00:00 to mon 00:00")),
        (
            [line("lan", "07:30", "19:45"), line("minh", "19:30", "07:30")],
            (0, "from mon 19:30 on roster[0] and roster[1] are both on duty"),
        ),
        (
            [ALWAYS, line("a", "20:00", "08:00", OFFICE, TET), line("b", "07:00", "09:00", OFFICE, TET + timedelta(1))],
            (1, "from 2026-02-18 07:00 on roster[1] and roster[2] are both on duty"),
        ),
        ([line("a", "00:00", "00:00", OFFICE, TET)], (0, "nobody is on duty on days without a date")),
    ],
)
def test_a_gap_and_an_overlap_are_told_with_their_line_and_time(lines: list[RosterLine], told: tuple[int, str]) -> None:
    assert told in [(fault.line, fault.message) for fault in Roster(lines).faults()]
