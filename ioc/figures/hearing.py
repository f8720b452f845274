"""Whether the feeds of a subsystem speak: how fresh each is, how long it has been silent in its hours."""

from collections.abc import Mapping
from typing import NamedTuple

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import FeedSpec, Subsystem
from ioc.engine.store.checkpoint_header import FeedState
from ioc.figures.clock import ClockKind
from ioc.time.instants import EpochMs, EpochSeconds, Seconds, seconds_from_ms


class Hearing(NamedTuple):
    """What is known of one feed at one moment."""

    newest: EpochMs | None
    """Its newest event time; None where it was never heard."""
    silence: Seconds | None
    """How long it has said nothing in its hours; None where it was never heard."""
    is_expected: bool
    """Whether it is expected to speak now."""
    is_silent: bool
    """Whether it has been silent for longer than it ever is while it is well."""


def hear(
    subsystem: Subsystem,
    feeds: Mapping[str, FeedState],
    clock: ClockKind,
    now: EpochSeconds,
    calendar: WorkingCalendar,
) -> dict[str, Hearing]:
    """Every feed of the catalogue, in its order.

    A live feed speaks when its events are appended, unless they are late: a history that somebody imports is no sign
    of life. On the event clock nothing is live, and it speaks when its events happen.
    """
    heard = {}
    for slug, spec in subsystem.feeds.items():
        state = feeds.get(slug)
        spoke = None if state is None else state.newest if clock == "event" else state.heard
        silence = None if not spoke else _silence(spec, seconds_from_ms(spoke), now, calendar)
        heard[slug] = Hearing(
            newest=state.newest if state is not None and state.newest else None,
            silence=silence,
            is_expected=calendar.in_hours(spec.hours, now),
            is_silent=_is_silent(spec, silence),
        )
    return heard


def _silence(spec: FeedSpec, spoke: EpochSeconds, now: EpochSeconds, calendar: WorkingCalendar) -> Seconds:
    return calendar.seconds_in_hours_between(spec.hours, spoke, max(spoke, now))


def _is_silent(spec: FeedSpec, silence: Seconds | None) -> bool:
    if silence is None or spec.expected_interval is None:
        return False
    return silence > spec.expected_interval.seconds
