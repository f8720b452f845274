"""A history month by month: what the engine says of a made-up case log equals what plain Python counts in it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ioc.catalogue import Catalogue
from ioc.figures.months import Month, Months, window_by_month
from ioc.figures.replayed import past_events
from ioc.kpis import metric_names
from ioc.time.instants import EpochMs, EpochSeconds
from ioc.time.windows import DAY
from tests.case_log import LOCAL, Case, cases
from tests.oracle.topics import Topics, moment
from tests.packaged import packaged_plan

PLAN = packaged_plan()
SLUG = "citizen_feedback"
CASES = cases()
PARTITIONS = 4
APPENDED = moment("2026-11-01 08:00")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)


def sent(exported: Iterable[Case], slug: str = SLUG) -> list[tuple]:
    """The records of the topic, case by case."""
    topics, subsystem = Topics(PARTITIONS), PLAN.subsystems[slug].subsystem
    for case in exported:
        told = {
            "service_request_id": case.id, "service_code": "land", "agency_responsible": "8716", "channel": "portal",
            "within_authority": True, "expected_datetime": case.due.isoformat(),
        }  # fmt: skip
        happened = [("request.received", case.received, told)]
        happened += [("request.resolved", at, {"service_request_id": case.id}) for at in case.resolved]
        happened += [("request.reopened", at, {"service_request_id": case.id}) for at in case.reopened]
        for event, at, data in happened:
            topics.send(subsystem, event, ms(at), data, appended=APPENDED)
    return [(r.partition, EpochMs(r.appended), r.key, r.value, r.headers) for r in topics.records]


def months_of(records: Sequence[tuple]) -> list[Month]:
    return [*Months(PLAN, SLUG, PARTITIONS).of(past_events(PLAN, SLUG, records))]


MONTHS = months_of(sent(CASES))
NEWEST = max(at for case in CASES for at in (case.received, *case.resolved, *case.reopened))


def end_of(month: Month) -> datetime:
    """The first moment that is no longer in it."""
    start = datetime.fromtimestamp(month.start, LOCAL)
    return (start + timedelta(days=32)).replace(day=1)


def happened_in(month: Month, time: datetime | None) -> bool:
    return time is not None and datetime.fromtimestamp(month.start, LOCAL) <= time < end_of(month)


def known_at(month: Month) -> datetime:
    """The last moment that the month is read at."""
    return min(NEWEST, end_of(month) - timedelta(seconds=1))


BY_HAND: dict[str, Callable[[Month], int]] = {
    "received": lambda m: sum(happened_in(m, case.received) for case in CASES),
    "resolved": lambda m: sum(happened_in(m, case.stands_resolved(known_at(m))) for case in CASES),
    "open": lambda m: sum(case.is_open(known_at(m)) for case in CASES),
    "overdue": lambda m: sum(case.is_open(known_at(m)) and case.due < known_at(m) for case in CASES),
    "resolved_on_time": lambda m: sum(
        happened_in(m, done) and done <= case.due
        for case in CASES
        if (done := case.stands_resolved(known_at(m))) is not None
    ),
}


def test_there_is_every_month_from_the_first_event_to_the_last() -> None:
    assert len(MONTHS) == 14
    assert all(end_of(one).timestamp() == next_one.start for one, next_one in pairwise(MONTHS))
    assert MONTHS[-1].read_at == int(NEWEST.timestamp())


@pytest.mark.parametrize("kpi", BY_HAND)
def test_every_month_is_what_plain_python_counts(kpi: str) -> None:
    assert [month.values[kpi].value for month in MONTHS] == [BY_HAND[kpi](month) for month in MONTHS]


def test_ratios_carry_what_they_were_made_of() -> None:
    for month in MONTHS:
        share = month.values["overdue_share"]
        assert (share.numerator, share.denominator) == (BY_HAND["overdue"](month), BY_HAND["open"](month))


def test_the_order_of_the_export_changes_no_month() -> None:
    records = sent(reversed(CASES))
    assert months_of(records) == MONTHS


def test_an_event_at_midnight_is_in_the_month_that_begins_and_stands_in_no_earlier_one() -> None:
    first = datetime(2025, 2, 1, tzinfo=LOCAL)
    before, on = (
        Case("A", "", "", first - timedelta(days=3), [], [], None),
        Case("B", "", "", first, [], [], None),
    )
    january, february = months_of(sent([before, on]))
    assert (january.values["received"].value, january.values["open"].value) == (1, 1)
    assert (february.values["received"].value, february.values["open"].value) == (1, 2)


def test_a_case_closed_at_midnight_is_open_at_the_end_of_the_month_before() -> None:
    """A month has its first instant and not its last: what stood, came and went adds up."""
    first = datetime(2025, 2, 1, tzinfo=LOCAL)
    came = first - timedelta(days=3)
    closed = [first + timedelta(milliseconds=by) for by in (-60_000, -1, 0, 1, 60_000)]
    january, february = months_of(sent(Case(str(at), "", "", came, [at], [], None) for at in closed))
    assert (january.values["open"].value, january.values["resolved"].value) == (3, 2)
    assert (february.values["open"].value, february.values["resolved"].value) == (0, 3)


def test_a_month_without_events_keeps_what_stands() -> None:
    first, last = (
        Case(name, "", "", datetime(2025, at, 5, tzinfo=LOCAL), [], [], None) for name, at in (("A", 1), ("B", 4))
    )
    found = months_of(sent([first, last]))
    assert [month.values["received"].value for month in found] == [1, 0, 0, 1]
    assert [month.values["open"].value for month in found] == [1, 1, 1, 2]


@pytest.mark.parametrize("slug", PLAN.subsystems)
def test_every_kpi_of_every_subsystem_can_be_read_by_month(slug: str) -> None:
    record = (0, moment("2025-10-31 10:00"), b"key", b"no event", ())
    assert len([*Months(PLAN, slug, 1).of(past_events(PLAN, slug, [record]))]) == 1


def test_what_happened_is_read_in_the_month_and_what_stands_at_its_end(catalogue: Catalogue) -> None:
    feedback = catalogue.subsystems[SLUG]
    windows = {name: window_by_month(feedback, name) for name in feedback.kpis}
    assert {name for name, window in windows.items() if window == "total"} >= {"open", "overdue", "overdue_share"}
    assert {name for name, window in windows.items() if window == "month"} >= {
        "received", "resolved", "resolved_ratio", "resolved_on_time", "fell_overdue", "on_time_ratio", "resolution_p90",
    }  # fmt: skip


def test_prometheus_gets_a_month_at_every_midnight_utc_of_it_and_nothing_of_the_future() -> None:
    months = Months(PLAN, SLUG, PARTITIONS)
    until = EpochSeconds(moment("2025-09-20 12:00") // 1000)
    families = months.families(MONTHS, until)
    assert all(instant % DAY == 0 for instant in families)
    assert max(families) == until // DAY * DAY
    at = EpochSeconds(moment("2025-02-10 07:00") // 1000)
    (family,) = [each for each in families[at] if each.name == metric_names.KPI_MONTH]
    values = {dict(labels)["kpi"]: value for labels, value in family.samples}
    assert values["received"] == BY_HAND["received"](MONTHS[6])
