"""Cases are told whose openings their topics keep no longer, or not for long."""

import pytest

from ioc.cases.book import CaseBook
from ioc.cases.keeping import Endangered, Kept, endangered
from ioc.engine.plan import compile_plan
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import DAY
from tests.oracle.topics import Engine, Store, Topics, moment
from tests.oracle.workshop import catalogue_of, workshop

SUBSYSTEM = workshop()
PLAN = compile_plan(catalogue_of(SUBSYSTEM))
NOW = EpochSeconds(moment("2025-10-31 12:00") // 1000)
KEPT = Seconds(400 * DAY)


def days_ago(days: int) -> EpochSeconds:
    return EpochSeconds(NOW - days * DAY)


@pytest.fixture(scope="module")
def book() -> CaseBook:
    """One case open for 390 days, one for 20, one of 395 days that is closed."""
    topics, store = Topics(1), Store()
    for case, age in (("old", 390), ("new", 20), ("closed", 395)):
        given = {"case": case, "unit": "7900", "topic": "land", "urgent": False}
        topics.send(SUBSYSTEM, "case.opened", days_ago(age) * 1000, given)
    topics.send(SUBSYSTEM, "case.closed", days_ago(1) * 1000, {"case": "closed", "urgent": False})
    engine = Engine(PLAN, 1, store)
    engine.consume(topics.records)
    engine.checkpoint()
    read = CaseBook(PLAN)
    for key, value in store.state[0].items():
        read.put(0, key, value)
    return read


def told(book: CaseBook, kept: Kept) -> list[Endangered]:
    return list(endangered(book, {"workshop": kept}, NOW))


def test_a_case_whose_opening_goes_within_a_month_is_told(book: CaseBook) -> None:
    expected = Endangered("workshop", "case", "old", days_ago(390), is_gone=False)
    assert told(book, Kept(days_ago(395), is_trimmed=False, duration=KEPT)) == [expected]


def test_a_case_whose_opening_was_deleted_is_told(book: CaseBook) -> None:
    expected = Endangered("workshop", "case", "old", days_ago(390), is_gone=True)
    assert told(book, Kept(days_ago(300), is_trimmed=True, duration=KEPT)) == [expected]


@pytest.mark.parametrize(
    "kept",
    [
        Kept(days_ago(395), is_trimmed=False, duration=Seconds(800 * DAY)),
        Kept(days_ago(395), is_trimmed=True, duration=Seconds(800 * DAY)),
        # A backlog that was imported lately: its oldest record is young, however old its cases are.
        Kept(days_ago(5), is_trimmed=False, duration=KEPT),
    ],
)
def test_a_case_whose_opening_is_kept_is_none(book: CaseBook, kept: Kept) -> None:
    assert told(book, kept) == []
