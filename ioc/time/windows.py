"""Panes of event time and the windows that are sums of them.

Days begin at local midnight;
hours and five-minute panes need no zone because the province's offset is a
whole number of hours (Viet Nam has had no daylight saving since 1979).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from ioc.time.instants import EpochSeconds, Seconds

DAY = Seconds(86_400)
UTC_OFFSET = Seconds(7 * 3600)

Window = Literal["5m", "1h", "3h", "24h", "today", "7d", "30d", "month", "total"]
WINDOWS: tuple[Window, ...] = get_args(Window)

FIVE_MINUTES = Seconds(300)
HOUR = Seconds(3600)
TOTAL = Seconds(0)
"""The size of the one pane that holds everything since the beginning."""

_MORE_THAN_A_MONTH = 32 * DAY
"""From the first of any month into the next one."""

RETENTION = {FIVE_MINUTES: Seconds(8 * DAY), HOUR: Seconds(29 * DAY), DAY: Seconds(400 * DAY)}
"""How long after its end a pane of a size is kept, against the newest event time."""

PANE_OF_WINDOW: dict[Window, Seconds] = {
    "5m": FIVE_MINUTES,
    "1h": FIVE_MINUTES,
    "3h": FIVE_MINUTES,
    "24h": HOUR,
    "today": DAY,
    "7d": DAY,
    "30d": DAY,
    "month": DAY,
    "total": TOTAL,
}


def pane_start(size: Seconds, instant: EpochSeconds) -> EpochSeconds:
    """The start of the pane of this size that holds ``instant``; 0 for the total."""
    if size == TOTAL:
        return EpochSeconds(0)
    return EpochSeconds(instant - (instant + UTC_OFFSET) % size)


END_OF_TIME = EpochSeconds(sys.maxsize)


def expiry(size: Seconds, start: EpochSeconds) -> EpochSeconds:
    """The event time from which on a pane is past its retention; `END_OF_TIME` of the total."""
    return END_OF_TIME if size == TOTAL else EpochSeconds(start + size + RETENTION[size])


def expired(size: Seconds, start: EpochSeconds, newest: EpochSeconds) -> bool:
    """Whether a pane is past its retention once event time has reached ``newest``."""
    return expiry(size, start) <= newest


@dataclass(frozen=True, slots=True)
class Span:
    """The instants from ``start`` (included) to ``end`` (excluded)."""

    start: EpochSeconds
    end: EpochSeconds


def span_of(window: Window, now: EpochSeconds) -> Span:
    """The instants that ``window`` covers at ``now``; a total begins at the epoch.

    ``5m`` and the windows of hours end with the last complete pane, those of days with ``now``.
    """
    match window:
        case "5m" | "1h" | "3h" | "24h":
            end = pane_start(PANE_OF_WINDOW[window], now)
            length = {"5m": FIVE_MINUTES, "1h": HOUR, "3h": 3 * HOUR, "24h": 24 * HOUR}[window]
            return Span(EpochSeconds(end - length), end)
        case "today" | "7d" | "30d":
            days = {"today": 1, "7d": 7, "30d": 30}[window]
            return Span(EpochSeconds(pane_start(DAY, now) - (days - 1) * DAY), EpochSeconds(now + 1))
        case "month":
            return Span(month_start(now), EpochSeconds(now + 1))
        case "total":
            return Span(EpochSeconds(0), EpochSeconds(now + 1))


def month_start(now: EpochSeconds) -> EpochSeconds:
    """Local midnight of the first day of the month of ``now``."""
    local = datetime.fromtimestamp(now + UTC_OFFSET, UTC)
    return EpochSeconds(pane_start(DAY, now) - (local.day - 1) * DAY)


def next_month(start: EpochSeconds) -> EpochSeconds:
    """Local midnight of the first day of the month after the one that begins at ``start``."""
    return month_start(EpochSeconds(start + _MORE_THAN_A_MONTH))


def pane_starts(window: Window, now: EpochSeconds) -> Iterator[EpochSeconds]:
    """The starts of the panes whose sum is ``window`` at ``now``."""
    size = PANE_OF_WINDOW[window]
    if size == TOTAL:
        yield EpochSeconds(0)
        return
    span = span_of(window, now)
    yield from map(EpochSeconds, range(span.start, span.end, size))
