"""What a change of the working calendar moves, and what was judged before it and stays."""

from collections.abc import Sequence
from typing import Any

import pytest

from ioc.catalogue.model import CalendarSpec
from ioc.engine.plan import Plan, compile_plan
from ioc.figures.view import SubsystemView
from tests.oracle.topics import Engine, Topics, moment
from tests.oracle.workshop import catalogue_of, workshop

SUBSYSTEM = workshop()
MONDAY, TUESDAY, WEDNESDAY = "2025-11-03", "2025-11-04", "2025-11-05"


def plan_with(*days_off: str) -> Plan:
    """Of the province with further days off; the calendar's name stays as it was."""
    catalogue = catalogue_of(SUBSYSTEM)
    calendar = catalogue.province.calendar
    changed = CalendarSpec.model_validate({**calendar.model_dump(), "days_off": dict.fromkeys(days_off, "-")})
    province = catalogue.province.model_copy(update={"calendar": changed})
    return compile_plan(catalogue.model_copy(update={"province": province}))


BEFORE, AFTER = plan_with(), plan_with(TUESDAY)
Event = tuple[str, str, dict[str, Any]]


def opened(at: str) -> Event:
    """A case due at the end of the next working day."""
    return at, "opened", {"unit": "7900", "topic": "land", "urgent": True}


def closed(at: str) -> Event:
    return at, "closed", {"urgent": False}


class Office:
    """Judges events by one calendar after the other."""

    def __init__(self) -> None:
        self.topics = Topics(1)
        self.engine = Engine(BEFORE, 1)
        self.now = moment(f"{MONDAY} 23:00")

    def take(self, plan: Plan, *events: Event) -> None:
        if plan is not self.engine.plan:
            self.engine = Engine(plan, 1, self.engine.store)
        sent = [
            self.topics.send(SUBSYSTEM, f"case.{event}", moment(at), {"case": "a", **said}, appended=self.now)
            for at, event, said in events
        ]
        self.engine.consume(sent)
        self.engine.checkpoint()
        assert self.negative() == []
        self.engine.restart()
        assert self.engine.store.dead_letters == 0

    def negative(self) -> list[str]:
        return [
            f"{pane} {labels} {count}"
            for pane, cells in self.engine.panes().items()
            for labels, count in cells.items()
            if "case" in labels[1] and _least(count) < 0
        ]

    def whole(self, *kpis: str, at: str = f"{WEDNESDAY} 08:00") -> list[float]:
        view = SubsystemView(
            self.engine.store.merged(self.engine.plan), "workshop", moment(at) // 1000, self.engine.plan.calendar
        )
        return [view.kpi(kpi, (), "total")[()].value for kpi in kpis]


def _least(count: Any) -> float:
    return min(count.values(), default=0) if isinstance(count, dict) else float(count or 0)


CORRECTIONS: Sequence[tuple[str, Event, list[float]]] = [
    ("transferred", (f"{WEDNESDAY} 09:00", "transferred", {"unit": "8716"}), [0, 1]),
    ("corrected", (f"{WEDNESDAY} 09:00", "corrected", {"topic": "water"}), [0, 1]),
    ("voided", (f"{WEDNESDAY} 09:00", "voided", {}), [0, 0]),
    ("reopened", (f"{WEDNESDAY} 09:00", "reopened", {}), [0, 0]),
]


@pytest.mark.parametrize(("role", "event", "outcome"), CORRECTIONS)
def test_what_was_late_stays_late_after_a_day_off_is_added(role: str, event: Event, outcome: list[float]) -> None:
    office = Office()
    office.now = moment(f"{WEDNESDAY} 10:00")
    office.take(BEFORE, opened(f"{MONDAY} 08:00"), closed(f"{WEDNESDAY} 08:00"))
    assert office.whole("on_time", "late") == [0, 1]
    office.take(AFTER)
    assert office.whole("on_time", "late") == [0, 1]
    office.take(AFTER, event)
    assert office.whole("on_time", "late") == outcome
    if role == "reopened":
        office.take(AFTER, closed(f"{WEDNESDAY} 10:00"))
        assert office.whole("on_time", "late") == [1, 0]


def test_an_open_case_moves_to_its_new_deadline_and_is_judged_by_it() -> None:
    office = Office()
    office.now = moment(f"{WEDNESDAY} 10:00")
    office.take(BEFORE, opened(f"{MONDAY} 08:00"))
    assert office.whole("overdue") == [1]
    office.take(AFTER)
    assert office.whole("overdue") == [0]
    office.take(AFTER, closed(f"{WEDNESDAY} 08:00"))
    assert office.whole("overdue", "on_time", "late") == [0, 1, 0]


def test_a_day_off_taken_back_puts_the_former_calendar_in_force_again() -> None:
    office = Office()
    office.now = moment(f"{WEDNESDAY} 10:00")
    office.take(BEFORE, opened(f"{MONDAY} 08:00"))
    office.take(AFTER)
    office.take(BEFORE)
    assert office.whole("overdue") == [1]
    office.take(BEFORE, closed(f"{WEDNESDAY} 08:00"))
    office.take(AFTER, (f"{WEDNESDAY} 09:00", "transferred", {"unit": "8716"}))
    assert office.whole("on_time", "late") == [0, 1]


def test_an_event_that_comes_late_moves_a_judged_closing_by_the_calendar_it_was_judged_by() -> None:
    office = Office()
    office.now = moment(f"{WEDNESDAY} 10:00")
    office.take(BEFORE, opened(f"{MONDAY} 08:00"), closed(f"{WEDNESDAY} 08:00"))
    standing: list[tuple[str, str, dict[str, object]]] = [
        (f"{MONDAY} 09:00", "suspended", {}),
        (f"{TUESDAY} 16:00", "resumed", {}),
    ]
    office.take(AFTER, *standing)
    # Tuesday was a working day when it was closed: the deadline moves by nearly two days.
    assert office.whole("on_time", "late") == [1, 0]
