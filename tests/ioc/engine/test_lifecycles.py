"""What a lifecycle's events do to the figures, one rule at a time, read through the real engine."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ioc.catalogue.calendar import WorkingCalendar
from ioc.engine.plan import compile_plan
from ioc.figures.view import SubsystemView
from tests.oracle.topics import Engine, Topics, moment, time_text
from tests.oracle.workshop import CASE, catalogue_of, workshop

SUBSYSTEM = workshop()
CATALOGUE = catalogue_of(SUBSYSTEM)
PLAN = compile_plan(CATALOGUE)
CALENDAR = WorkingCalendar.of(CATALOGUE.province.calendar)

FRIDAY = "2025-10-31"
OPENED = {"unit": "7900", "topic": "land", "urgent": True}
DUE = f"{FRIDAY} 17:00"

Happened = tuple[str, str, Mapping[str, Any]]
"""Time, event of the case, what it says beside the case."""


def opened(at: str = f"{FRIDAY} 08:00", due: str | None = DUE, **said: Any) -> Happened:
    """An opening, with a deadline unless told otherwise."""
    deadline = {} if due is None else {"due_at": time_text(moment(due))}
    return at, "opened", {**OPENED, **deadline, **said}


def closed(at: str) -> Happened:
    return at, "closed", {"urgent": False}


def happened(at: str, event: str, **said: Any) -> Happened:
    return at, event, said


def read(events: Iterable[Happened], now: str, case: str = "a") -> SubsystemView:
    """The figures at a local time after the events came in, in the order they are written in."""
    topics, engine = Topics(1), Engine(PLAN, 1)
    for at, event, said in events:
        data = {"case": case, **said}
        topics.send(SUBSYSTEM, f"case.{event}", moment(at), data, appended=moment("2025-12-31 00:00"))
    engine.consume(topics.records)
    engine.checkpoint()
    return SubsystemView(engine.store.merged(PLAN), "workshop", moment(now) // 1000, CALENDAR)


def whole(events: Iterable[Happened], now: str, *kpis: str) -> list[float]:
    """The totals of KPIs for the whole."""
    view = read(events, now)
    return [view.kpi(kpi, (), "total")[()].value for kpi in kpis]


def by_unit(events: Iterable[Happened], kpi: str, now: str = f"{FRIDAY} 18:00") -> dict[str, float]:
    """The totals of a KPI that are not 0, by unit."""
    return {unit: value.value for (unit,), value in read(events, now).kpi(kpi, ("unit",), "total").items() if value[0]}


def test_a_case_closed_twice_counts_once() -> None:
    events = [opened(), closed(f"{FRIDAY} 10:00"), closed(f"{FRIDAY} 11:00")]
    assert whole(events, f"{FRIDAY} 12:00", "opened", "closed", "open", "backlog") == [1, 1, 0, 0]


def test_a_case_opened_twice_counts_once() -> None:
    events = [opened(), opened(f"{FRIDAY} 09:00", unit="8716")]
    assert whole(events, f"{FRIDAY} 12:00", "opened", "open") == [1, 1]
    assert by_unit(events, "opened") == {"7900": 1}


def test_closed_before_its_opening_came_is_held_until_it_comes() -> None:
    early = [closed(f"{FRIDAY} 10:00")]
    assert whole(early, f"{FRIDAY} 12:00", "opened", "closed", "open") == [0, 0, 0]
    assert whole([*early, opened()], f"{FRIDAY} 12:00", "opened", "closed", "on_time", "open") == [1, 1, 1, 0]


def test_what_never_opened_is_an_orphan_until_it_opens() -> None:
    for events, orphans in (([closed(f"{FRIDAY} 10:00")], 1), ([closed(f"{FRIDAY} 10:00"), opened()], 0)):
        topics, engine = Topics(1), Engine(PLAN, 1)
        for at, event, said in events:
            topics.send(SUBSYSTEM, f"case.{event}", moment(at), {"case": "a", **said}, appended=moment(DUE))
        engine.consume(topics.records)
        engine.checkpoint()
        assert engine.shards[0].sources["workshop"].orphans == {"case": orphans}


def test_reopened_lowers_closed_in_the_pane_it_was_counted_in() -> None:
    events = [opened(), closed(f"{FRIDAY} 10:00")]
    assert read(events, "2025-11-01 08:00").kpi("closed", (), "7d")[()].value == 1
    events.append(happened("2025-11-01 08:00", "reopened"))
    view = read(events, "2025-11-01 08:00")
    assert view.kpi("closed", (), "7d")[()].value == 0
    assert view.kpi("open", (), "total")[()].value == 1


def test_reopened_and_closed_again_counts_once_at_the_new_time() -> None:
    events = [opened(), closed(f"{FRIDAY} 10:00"), happened(f"{FRIDAY} 11:00", "reopened"), closed("2025-11-01 09:00")]
    view = read(events, "2025-11-01 12:00")
    assert view.kpi("closed", (), "today")[()].value == 1
    assert view.kpi("closed", (), "total")[()].value == 1
    assert view.kpi("late", (), "total")[()].value == 1


def test_reopened_while_open_changes_nothing() -> None:
    events = [opened(), happened(f"{FRIDAY} 09:00", "reopened")]
    assert whole(events, f"{FRIDAY} 12:00", "open", "moves") == [1, 0]


def test_voided_counts_in_nothing_whatever_came_before_or_after() -> None:
    void = happened(f"{FRIDAY} 09:00", "voided")
    for events in ([opened(), void], [void, opened()], [opened(), closed(f"{FRIDAY} 08:30"), void]):
        assert whole(events, "2025-11-03 12:00", "opened", "closed", "open", "overdue") == [0, 0, 0, 0]


def test_transferred_moves_all_that_a_case_counts_for() -> None:
    events = [opened(), closed(f"{FRIDAY} 10:00"), happened(f"{FRIDAY} 11:00", "transferred", unit="8716")]
    for kpi in ("opened", "closed", "on_time"):
        assert by_unit(events, kpi) == {"8716": 1}


def test_corrected_moves_all_that_a_case_counts_for() -> None:
    events = [opened(), happened(f"{FRIDAY} 11:00", "corrected", unit="8716", urgent=False)]
    assert by_unit(events, "open") == {"8716": 1}
    assert by_unit(events, "urgent_opened") == {}


def test_a_transfer_that_arrives_before_an_older_one_stays_the_last() -> None:
    events = [
        opened(),
        happened(f"{FRIDAY} 11:00", "transferred", unit="8716"),
        happened(f"{FRIDAY} 10:00", "transferred", unit="4792"),
    ]
    assert by_unit(events, "open") == {"8716": 1}


def test_overdue_flips_by_the_clock_with_no_event() -> None:
    assert whole([opened()], DUE, "overdue", "due_soon") == [0, 1]
    assert whole([opened()], f"{FRIDAY} 17:01", "overdue", "due_soon") == [1, 0]


def test_a_deadline_at_midnight_is_overdue_after_the_day() -> None:
    events = [opened(due="2025-11-01 00:00")]
    assert whole(events, "2025-11-01 00:00", "overdue") == [0]
    assert whole(events, "2025-11-01 00:01", "overdue") == [1]


def test_a_deadline_that_a_source_left_empty_is_overdue() -> None:
    events = [opened(due=None, due_at="0001-01-01T00:00:00Z")]
    assert whole(events, f"{FRIDAY} 09:00", "overdue") == [1]


def test_closed_is_not_overdue() -> None:
    assert whole([opened(), closed("2025-11-01 09:00")], "2025-11-02 00:00", "overdue", "late") == [0, 1]


@pytest.mark.parametrize(
    ("at", "outcome"),
    [("2025-10-30 23:59", "early"), (f"{FRIDAY} 00:00", "on_time"), (DUE, "on_time"), (f"{FRIDAY} 17:01", "late")],
)
def test_how_a_closing_stands_to_its_deadline(at: str, outcome: str) -> None:
    events = [opened("2025-10-30 08:00"), closed(at)]
    early, in_time, late = whole(events, "2025-11-01 00:00", "early", "on_time", "late")
    assert (early, in_time, late) == {"early": (1, 1, 0), "on_time": (0, 1, 0), "late": (0, 0, 1)}[outcome]


def test_a_deadline_is_held_to_the_millisecond() -> None:
    half_past = {"due_at": "2025-10-31T10:00:00.500+07:00"}
    for closing, outcome in (("10:00:00.400", [1, 0]), ("10:00:00.500", [1, 0]), ("10:00:00.501", [0, 1])):
        events = [opened(due=None, **half_past), closed(f"{FRIDAY} {closing}")]
        assert whole(events, f"{FRIDAY} 18:00", "on_time", "late") == outcome


def test_a_deadline_in_elapsed_time_is_counted_from_the_millisecond_of_the_opening() -> None:
    deadlines = {"main": {"after": "24h"}}
    plan = compile_plan(catalogue_of(workshop(entities={"case": {**CASE, "deadlines": deadlines}})))
    for closing, outcome in (("08:00:00.500", 1), ("08:00:00.501", 0)):
        topics, engine = Topics(1), Engine(plan, 1)
        topics.send(SUBSYSTEM, "case.opened", moment(f"{FRIDAY} 08:00:00.500"), {"case": "a", **OPENED})
        topics.send(SUBSYSTEM, "case.closed", moment(f"2025-11-01 {closing}"), {"case": "a", "urgent": False})
        engine.consume(topics.records)
        engine.checkpoint()
        view = SubsystemView(engine.store.merged(plan), "workshop", moment("2025-11-02 08:00") // 1000, CALENDAR)
        assert view.kpi("on_time", (), "total")[()].value == outcome


def test_a_deadline_extended_during_a_suspension_moves_by_what_was_left_of_that() -> None:
    # An hour of the suspension was known when 11:00 was given, half an hour came after that.
    events = [
        opened(due=f"{FRIDAY} 09:30"),
        happened(f"{FRIDAY} 09:00", "suspended"),
        happened(f"{FRIDAY} 10:00", "extended", due_at=time_text(moment(f"{FRIDAY} 11:00"))),
        happened(f"{FRIDAY} 10:30", "resumed"),
    ]
    for closing, outcome in (("11:30", [1, 0]), ("11:31", [0, 1])):
        assert whole([*events, closed(f"{FRIDAY} {closing}")], f"{FRIDAY} 18:00", "on_time", "late") == outcome


def test_suspended_is_not_overdue() -> None:
    events = [opened(), happened(f"{FRIDAY} 16:00", "suspended")]
    assert whole(events, "2025-11-10 12:00", "overdue", "suspended", "open") == [0, 1, 1]


def test_resumed_moves_due_by_the_working_time_it_was_suspended() -> None:
    # Suspended with one working hour left on Friday, resumed at the opening of Tuesday: one working day stood still.
    events = [opened(), happened(f"{FRIDAY} 16:00", "suspended"), happened("2025-11-04 07:30", "resumed")]
    assert whole(events, "2025-11-04 08:30", "overdue", "suspended") == [0, 0]
    assert whole(events, "2025-11-04 08:31", "overdue") == [1]


def test_resumed_with_a_deadline_of_its_own_has_that() -> None:
    due = time_text(moment("2025-11-05 17:00"))
    events = [opened(), happened(f"{FRIDAY} 16:00", "suspended"), happened("2025-11-04 07:30", "resumed", due_at=due)]
    assert whole(events, "2025-11-05 17:00", "overdue") == [0]
    assert whole(events, "2025-11-05 17:01", "overdue") == [1]


def test_suspended_twice_stands_still_once() -> None:
    twice = [happened(f"{FRIDAY} 14:00", "suspended"), happened(f"{FRIDAY} 15:00", "suspended")]
    events = [opened(), *twice, happened(f"{FRIDAY} 16:00", "resumed")]
    # Two working hours, from the first suspension on: the deadline moves from Friday 17:00 to Monday 09:30.
    assert whole(events, "2025-11-03 09:30", "overdue") == [0]
    assert whole(events, "2025-11-03 09:31", "overdue") == [1]


def test_extended_moves_due() -> None:
    events = [opened(), happened(f"{FRIDAY} 16:00", "extended", due_at=time_text(moment("2025-11-03 17:00")))]
    assert whole(events, "2025-11-03 17:00", "overdue") == [0]
    assert whole(events, "2025-11-03 17:01", "overdue") == [1]


def test_without_a_deadline_from_the_source_it_is_counted_in_working_days() -> None:
    # One working day after Friday ends with Monday.
    assert whole([opened(due=None)], "2025-11-04 00:00", "overdue") == [0]
    assert whole([opened(due=None)], "2025-11-04 00:01", "overdue") == [1]


def test_a_deadline_until_a_milestone_is_met_by_it() -> None:
    assert whole([opened()], f"{FRIDAY} 08:31", "unassigned_overdue", "unassigned") == [1, 1]
    assigned = [opened(), happened(f"{FRIDAY} 08:20", "assigned")]
    assert whole(assigned, f"{FRIDAY} 12:00", "unassigned_overdue", "unassigned", "assigned") == [0, 0, 1]


def test_a_milestone_counts_once_at_its_first_time() -> None:
    events = [opened(), happened(f"{FRIDAY} 09:00", "assigned"), happened(f"{FRIDAY} 08:10", "assigned")]
    assert whole(events, f"{FRIDAY} 12:00", "assigned") == [1]
    took = read(events, f"{FRIDAY} 12:00").kpi("took_to_assign", (), "total")[()]
    assert took.sample == 1
    assert took.value == pytest.approx(600, rel=0.09)


def test_the_time_suspended_is_no_time_taken() -> None:
    suspended = [happened(f"{FRIDAY} 09:00", "suspended"), happened(f"{FRIDAY} 11:00", "resumed")]
    events = [opened(), *suspended, closed(f"{FRIDAY} 12:00")]
    assert read(events, f"{FRIDAY} 13:00").kpi("took", (), "total")[()].value == pytest.approx(7200, rel=0.09)


def test_a_milestone_during_a_suspension_took_the_time_before_it() -> None:
    events = [
        opened(),
        happened(f"{FRIDAY} 09:00", "suspended"),
        happened(f"{FRIDAY} 11:00", "assigned"),
        happened(f"{FRIDAY} 11:30", "resumed"),
    ]
    assert read(events, f"{FRIDAY} 13:00").kpi("took_to_assign", (), "total")[()].value == pytest.approx(3600, rel=0.09)


def test_an_open_case_is_never_forgotten() -> None:
    events = [opened(), opened("2025-12-30 08:00", case="b"), closed("2025-12-30 09:00")]
    assert whole(events, "2025-12-30 10:00", "opened", "closed", "open") == [2, 1, 1]
