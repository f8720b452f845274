"""The periods of reports, and which are due when."""

from datetime import UTC, date, datetime

import pytest

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.report.period import Span, due_on, last_over, period_with
from tests.packaged import packaged_catalogue

CALENDAR = WorkingCalendar.of(packaged_catalogue().province.calendar)


def test_a_period_is_from_midnight_to_midnight_of_the_province() -> None:
    day = period_with(Span.DAY, date(2025, 10, 31))
    assert datetime.fromtimestamp(day.start, UTC) == datetime(2025, 10, 30, 17, tzinfo=UTC)
    assert day.end - day.start == 86_400
    week = period_with(Span.WEEK, date(2025, 11, 2))
    assert (week.first, week.last) == (date(2025, 10, 27), date(2025, 11, 2))
    february = period_with(Span.MONTH, date(2024, 2, 29))
    assert (february.first, february.last, february.before.first) == (
        date(2024, 2, 1), date(2024, 2, 29), date(2024, 1, 1)
    )  # fmt: skip


@pytest.mark.parametrize("span", Span)
def test_each_period_begins_where_the_one_before_ends(span: Span) -> None:
    period = period_with(span, date(2025, 12, 31))
    assert period.before.end == period.start


def test_the_last_one_that_is_over_is_never_todays() -> None:
    midnight = period_with(Span.DAY, date(2025, 10, 31)).end
    assert last_over(Span.DAY, midnight).last == date(2025, 10, 31)
    assert last_over(Span.DAY, midnight - 1).last == date(2025, 10, 30)


def test_on_the_first_working_day_of_a_week_or_a_month_that_one_is_due_too() -> None:
    def due(day: date) -> list[tuple[str, date]]:
        return [(each.span, each.first) for each in due_on(CALENDAR, day)]

    assert due(date(2025, 10, 30)) == [("day", date(2025, 10, 29))]
    # A Monday, the first working day of its month as well.
    assert due(date(2025, 11, 3)) == [
        ("day", date(2025, 11, 2)), ("week", date(2025, 10, 27)), ("month", date(2025, 10, 1))
    ]  # fmt: skip
    # 1 and 2 September are public holidays, Monday and Tuesday: the week before is due on Wednesday.
    assert due(date(2025, 9, 3)) == [
        ("day", date(2025, 9, 2)), ("week", date(2025, 8, 25)), ("month", date(2025, 8, 1))
    ]  # fmt: skip
