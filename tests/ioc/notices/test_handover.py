"""Which shift is taken over, and when it is said that nobody did."""

from itertools import permutations

import pytest

from ioc.notices.alert import Alert
from ioc.notices.book import book_of
from ioc.notices.description import Context
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.handover import EARLY, GRACE, Note, TakeOver, coming, not_taken, worst_first
from ioc.notices.links import Links
from ioc.notices.roster import Roster, RosterLine
from ioc.notices.shift_report import Shift, shift_report
from ioc.text.formats import time_text
from tests.ioc.notices.samples import AT_FOUR, alert
from tests.packaged import packaged_catalogue

HOUR = 3600.0
ROSTER = Roster([RosterLine("lan", 4 * 60, 16 * 60), RosterLine("minh", 16 * 60, 4 * 60)])
"""Lan's shift begins at four."""
BEFORE, NEXT = AT_FOUR - 12 * HOUR, AT_FOUR + 12 * HOUR


def taken(shift: float | None, at: float = AT_FOUR) -> TakeOver:
    return TakeOver("lan", "Lan", at, shift, None)


@pytest.mark.parametrize(
    ("now", "shift"),
    [
        (AT_FOUR - EARLY - 1, BEFORE),
        (AT_FOUR - EARLY, AT_FOUR),
        (AT_FOUR, AT_FOUR),
        (NEXT - EARLY - 1, AT_FOUR),
        (NEXT - EARLY, NEXT),
    ],
)
def test_who_comes_shortly_before_a_shift_takes_that_one(now: float, shift: float) -> None:
    assert coming(ROSTER, now).start == shift


@pytest.mark.parametrize(
    ("last", "after", "told"),
    [
        (None, GRACE - 1, False),
        (None, GRACE, True),
        (taken(BEFORE), GRACE, True),
        (taken(BEFORE, AT_FOUR - 60), 11 * HOUR, True),
        (taken(AT_FOUR), GRACE, False),
        (taken(AT_FOUR, AT_FOUR - EARLY), 12 * HOUR - 1, False),
        (taken(AT_FOUR), 12 * HOUR, False),
        (taken(AT_FOUR), 12 * HOUR + GRACE, True),
        (taken(NEXT), 12 * HOUR - 1, False),
        (taken(None), GRACE, True),
    ],
)
def test_a_shift_that_nobody_took_is_told_once_the_time_of_grace_is_over(
    last: TakeOver | None, after: float, told: bool
) -> None:
    found = not_taken(ROSTER, last, AT_FOUR + after)
    assert (found is not None) == told


def test_the_worst_come_first_and_of_these_what_nobody_has() -> None:
    def severe(severity: str, kind: str = "page") -> Alert:
        return alert(severity=severity, **{"class": kind})

    ordered = [
        Episode(severe("critical"), AT_FOUR),
        Episode(severe("critical"), AT_FOUR, acknowledgement=Acknowledgement("Lan", "", AT_FOUR)),
        Episode(severe("critical", "digest"), AT_FOUR),
        Episode(severe("warning"), AT_FOUR),
        Episode(severe("odd"), AT_FOUR),
    ]
    assert all(sorted(mixed, key=worst_first) == ordered for mixed in permutations(ordered))


def test_a_report_without_alertmanagers_word_does_not_say_that_nothing_is_silenced() -> None:
    context = Context(book_of(packaged_catalogue()), Links("https://ioc.example", "https://ioc.example/runbooks"))
    unknown = shift_report(Shift(BEFORE, AT_FOUR, [], None), context)
    none = shift_report(Shift(BEFORE, AT_FOUR, [], []), context)
    assert "## Đang tắt báo (Silences)\n\nAlertmanager không trả lời (Alertmanager does not answer)" in unknown
    assert "## Đang tắt báo (Silences): 0" in none


def test_the_report_tells_who_noted_what_and_who_took_over_having_seen_it() -> None:
    context = Context(book_of(packaged_catalogue()), Links("https://ioc.example", "https://ioc.example/runbooks"))
    notes = [
        Note(1, "kênh bị tắc", "minh", "Minh", BEFORE - 60),
        Note(2, "trạm bơm\nhỏng | xem lại", "lan", "Lan", AT_FOUR - 60),
    ]
    over = [TakeOver("lan", "Lan", BEFORE + 60, BEFORE, 1), TakeOver("minh", "Minh", AT_FOUR - 30, None, 2)]
    report = shift_report(Shift(BEFORE, AT_FOUR, [], [], notes, over), context)
    rows = report.partition("## Bàn giao ca (Handover)")[2].strip().splitlines()[2:]
    begins = time_text(BEFORE)
    took = f"nhận ca từ {begins} (took over the shift from {begins} on)"
    assert rows == [
        f"| {time_text(BEFORE + 60)} | Lan | {took} | kênh bị tắc |",
        f"| {time_text(AT_FOUR - 60)} | Lan | viết ghi chú (wrote the note) | trạm bơm hỏng \\| xem lại |",
        f"| {time_text(AT_FOUR - 30)} | Minh | nhận ca (took over) | trạm bơm hỏng \\| xem lại |",
    ]


def test_a_report_of_a_shift_that_nobody_handed_over_says_so() -> None:
    context = Context(book_of(packaged_catalogue()), Links("https://ioc.example", "https://ioc.example/runbooks"))
    report = shift_report(Shift(BEFORE, AT_FOUR, [], []), context)
    assert report.endswith("## Bàn giao ca (Handover)\n\nKhông có (None)\n")
