"""Panes of event time and the windows that are sums of them.

All instants are whole seconds since the epoch. Days begin at local midnight;
hours and five-minute panes need no zone because the province's offset is a
whole number of hours (Viet Nam has had no daylight saving since 1979).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

DAY = 86_400
UTC_OFFSET = 7 * 3600

Window = Literal["5m", "1h", "3h", "24h", "today", "7d", "30d", "month", "total"]
WINDOWS: tuple[Window, ...] = get_args(Window)

FIVE_MINUTES = 300
HOUR = 3600
TOTAL = 0
"""The size of the one pane that holds everything since the beginning."""

RETENTION = {FIVE_MINUTES: 8 * DAY, HOUR: 29 * DAY, DAY: 400 * DAY}
"""How long after its end a pane of a size is kept, against the newest event time."""

PANE_OF_WINDOW: dict[Window, int] = {
    "5m": FIVE_MINUTES,
    "1h": FIVE_MINUTES,
    "3h": HOUR,
    "24h": HOUR,
    "today": DAY,
    "7d": DAY,
    "30d": DAY,
    "month": DAY,
    "total": TOTAL,
}


def pane_start(size: int, instant: int) -> int:
    """The start of the pane of ``size`` seconds that holds ``instant``; 0 for the total."""
    if size == TOTAL:
        return 0
    return instant - (instant + UTC_OFFSET) % size


def expired(size: int, start: int, newest: int) -> bool:
    """Whether a pane is past its retention once event time has reached ``newest``."""
    return size != TOTAL and start + size + RETENTION[size] <= newest


@dataclass(frozen=True, slots=True)
class Span:
    """The instants from ``start`` (included) to ``end`` (excluded)."""

    start: int
    end: int


def span_of(window: Window, now: int) -> Span:
    """The instants that ``window`` covers at ``now``; a total begins at the epoch.

    ``5m`` and the windows of hours end with the last complete pane, those of days with ``now``.
    """
    match window:
        case "5m" | "1h" | "3h" | "24h":
            end = pane_start(PANE_OF_WINDOW[window], now)
            return Span(end - {"5m": 300, "1h": HOUR, "3h": 3 * HOUR, "24h": 24 * HOUR}[window], end)
        case "today" | "7d" | "30d":
            days = {"today": 1, "7d": 7, "30d": 30}[window]
            return Span(pane_start(DAY, now) - (days - 1) * DAY, now + 1)
        case "month":
            return Span(month_start(now), now + 1)
        case "total":
            return Span(0, now + 1)


def month_start(now: int) -> int:
    """Local midnight of the first day of the month of ``now``."""
    local = datetime.fromtimestamp(now + UTC_OFFSET, UTC)
    return pane_start(DAY, now) - (local.day - 1) * DAY


def pane_starts(window: Window, now: int) -> Iterator[int]:
    """The starts of the panes whose sum is ``window`` at ``now``."""
    size = PANE_OF_WINDOW[window]
    if size == TOTAL:
        yield 0
        return
    span = span_of(window, now)
    yield from range(span.start, span.end, size)
