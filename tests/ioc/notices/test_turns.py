"""Whose turn it is, and when the digest is due."""

from datetime import UTC, datetime, time

import pytest

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.digest import digest, last_due
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.escalation import turn, unanswered
from ioc.time.windows import UTC_OFFSET
from tests.ioc.notices.samples import AT_FOUR, alert

CHAIN = ["lan", "minh"]


def local(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() - UTC_OFFSET


@pytest.mark.parametrize(
    ("turns", "contact", "kind"),
    [
        (0, "lan", "firing"),
        (1, "lan", "reminder"),
        (2, "minh", "escalated"),
        (3, "minh", "reminder"),
        (4, "lan", "escalated"),
    ],
)
def test_each_contact_is_told_twice_then_the_next_and_the_chain_starts_over(
    turns: int, contact: str, kind: str
) -> None:
    its = turn(turns, CHAIN)
    assert (its.contact, its.kind) == (contact, kind)


def test_a_chain_of_one_reminds_that_one() -> None:
    assert {turn(turns, ["lan"]).kind for turns in range(1, 6)} == {"reminder"}


PAGE = Episode(alert(), AT_FOUR, turns=1, told_at=AT_FOUR)


@pytest.mark.parametrize(
    ("episode", "after", "asked"),
    [
        (PAGE, 599, False),
        (PAGE, 600, True),
        (Episode(alert(), AT_FOUR, resolved_at=AT_FOUR + 1, turns=1, told_at=AT_FOUR), 600, False),
        (
            Episode(alert(), AT_FOUR, acknowledgement=Acknowledgement("Lan", "", AT_FOUR), turns=1, told_at=AT_FOUR),
            600,
            False,
        ),
        (Episode(alert(**{"class": "digest"}), AT_FOUR, turns=1, told_at=AT_FOUR), 600, False),
        (Episode(alert(**{"class": ""}), AT_FOUR, turns=1, told_at=AT_FOUR), 600, True),
    ],
)
def test_only_an_open_page_that_nobody_took_is_told_again(episode: Episode, after: float, asked: bool) -> None:
    assert unanswered([episode], AT_FOUR + after, 600) == ([episode] if asked else [])


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2025-07-24T07:29:59", "2025-07-23T07:30:00"),
        ("2025-07-24T07:30:00", "2025-07-24T07:30:00"),
        ("2025-07-26T12:00:00", "2025-07-25T07:30:00"),  # a Saturday
        ("2025-07-28T07:00:00", "2025-07-25T07:30:00"),  # Monday, too early
        ("2025-09-02T09:00:00", "2025-08-29T07:30:00"),  # two days off for the national day, after a weekend
        ("2026-01-10T08:00:00", "2026-01-10T07:30:00"),  # a Saturday that is worked
    ],
)
def test_the_digest_is_due_at_half_past_seven_of_working_days(calendar: WorkingCalendar, now: str, due: str) -> None:
    assert last_due(calendar, time(7, 30), local(now)) == local(due)


def test_the_digest_has_what_is_open_or_ended_since_the_last_one_and_no_page() -> None:
    quiet = {"class": "digest"}
    opened = Episode(alert(severity="warning", **quiet), AT_FOUR)
    worse = Episode(alert(**quiet), AT_FOUR)
    ended = Episode(alert(name="A", **quiet), AT_FOUR, resolved_at=AT_FOUR + 10)
    long_over = Episode(alert(name="B", **quiet), AT_FOUR, resolved_at=AT_FOUR - 10)
    environment = Episode(alert(subsystem="environment", **quiet), AT_FOUR)
    episodes = [opened, PAGE, long_over, ended, worse, environment]
    assert digest(episodes, AT_FOUR) == [environment, worse, opened, ended]
