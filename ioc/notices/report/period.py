"""The periods that reports are of: a day, a week from Monday, a calendar month; all local."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from ioc.catalogue.calendar import WorkingCalendar
from ioc.text.bilingual import Language, Text
from ioc.text.formats import local_time
from ioc.time.windows import UTC_OFFSET, Window


class Span(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of KPIs that are as long as the period, the closest first."""
        return _WINDOWS[self]


_WINDOWS: dict[Span, tuple[Window, ...]] = {
    Span.DAY: ("today", "24h"),
    Span.WEEK: ("7d",),
    Span.MONTH: ("month", "30d"),
}
_TITLES = {
    Span.DAY: Text("Báo cáo ngày", "Daily report"),
    Span.WEEK: Text("Báo cáo tuần", "Weekly report"),
    Span.MONTH: Text("Báo cáo tháng", "Monthly report"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """From midnight to midnight, local; ``last`` is its last day."""

    span: Span
    first: date
    last: date

    @property
    def start(self) -> int:
        """Seconds since the epoch."""
        return _midnight(self.first)

    @property
    def end(self) -> int:
        """Seconds since the epoch, no longer part of it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def before(self) -> "Period":
        """The period that it is compared with."""
        return period_with(self.span, self.first - timedelta(days=1))

    @property
    def name(self) -> str:
        """For files: ``day-2025-10-31``."""
        return f"{self.span}-{self.first:%Y-%m-%d}"

    def title(self, language: Language) -> str:
        """``Báo cáo tuần 27/10/2025 – 02/11/2025``."""
        days = f"{self.first:%d/%m/%Y}"
        if self.first != self.last:
            days += f" – {self.last:%d/%m/%Y}"
        return f"{_TITLES[self.span].of(language)} {days}"


def period_with(span: Span, day: date) -> Period:
    """The period that holds a day."""
    if span is Span.DAY:
        return Period(span, day, day)
    if span is Span.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(span, monday, monday + timedelta(days=6))
    first = day.replace(day=1)
    return Period(span, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def last_over(span: Span, now: float) -> Period:
    """The newest period that is over at a moment, in seconds since the epoch."""
    return period_with(span, local_time(now).date()).before


def due_on(calendar: WorkingCalendar, day: date) -> list[Period]:
    """What leaders get on a working day: the day before; on the first working day of a week or month that one, too."""
    yesterday = day - timedelta(days=1)
    periods = [period_with(Span.DAY, yesterday)]
    for span in (Span.WEEK, Span.MONTH):
        first = period_with(span, day).first
        if not any(calendar.is_working_day(first + timedelta(days=n)) for n in range((day - first).days)):
            periods.append(period_with(span, day).before)
    return periods


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - UTC_OFFSET
