"""Feeds of the scenario and of the simulator after it: while they are well none is silent, however rare its events."""

from collections.abc import Iterable, Mapping

import pytest

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import Catalogue
from ioc.scenarios import heartbeats, phu_tho_2025
from ioc.scenarios.events import Event
from ioc.scenarios.setting import END
from ioc.scenarios.simulator import Simulator

pytestmark = pytest.mark.slow

SCALE = 0.02
HOUR = 3600
SpokenAt = Mapping[tuple[str, str], int]
"""By subsystem and feed, the time of its newest event."""


@pytest.fixture(scope="module")
def scenario(catalogue: Catalogue) -> list[Event]:
    return list(phu_tho_2025.events(catalogue, scale=SCALE))


@pytest.fixture(scope="module")
def at_the_end(catalogue: Catalogue, scenario: list[Event]) -> SpokenAt:
    return newest_by_feed(catalogue, scenario)


def silent_feeds(catalogue: Catalogue, newest: SpokenAt, instant: int) -> set[tuple[str, str]]:
    """The feeds that were never heard or are silent, by the time of each one's newest event.

    Of a feed that has no expected interval, as a register kept by hand, nobody expects a word.
    """
    calendar = WorkingCalendar.of(catalogue.province.calendar)
    silent = set()
    for slug, subsystem in catalogue.subsystems.items():
        for feed, spec in subsystem.feeds.items():
            if spec.expected_interval is not None:
                spoke = newest.get((slug, feed), 0)
                if calendar.seconds_in_hours_between(spec.hours, spoke, instant) > spec.expected_interval.seconds:
                    silent.add((slug, feed))
    return silent


def newest_by_feed(catalogue: Catalogue, events: Iterable[Event]) -> dict[tuple[str, str], int]:
    by_type = {(event.subsystem, event.type): event.time for event in events}
    newest: dict[tuple[str, str], int] = {}
    for (slug, type_), time in sorted(by_type.items(), key=lambda each: each[1]):
        subsystem = catalogue.subsystems[slug]
        name = subsystem.event_of(type_.decode())
        assert name is not None
        newest[slug, subsystem.feed_of(name)] = time
    return newest


def test_no_feed_is_silent_at_the_end(catalogue: Catalogue, at_the_end: SpokenAt) -> None:
    assert silent_feeds(catalogue, at_the_end, END - 1) == set()


def test_no_feed_falls_silent_from_the_end_to_monday_noon(catalogue: Catalogue, at_the_end: SpokenAt) -> None:
    newest = dict(at_the_end)
    simulator = Simulator(catalogue, END, scale=SCALE)
    # Steps that are no feed's interval.
    for instant in range(END + 400, END + 60 * HOUR, 2_000):
        newest |= newest_by_feed(catalogue, simulator.events_until(instant))
        assert silent_feeds(catalogue, newest, instant) == set()


def test_heartbeats_begin_before_any_feed_could_be_silent_at_the_end_and_are_few(
    catalogue: Catalogue, scenario: list[Event]
) -> None:
    beating = [feed for each in catalogue.subsystems.values() for feed in each.feeds.values() if feed.heartbeat]
    assert all(feed.expected_interval and feed.expected_interval.seconds < END - heartbeats.SINCE for feed in beating)
    beats = [event for event in scenario if b".heartbeat_sent." in event.type]
    assert len(beats) < 10_000
    assert {event.key for event in beats} == {
        slug.encode() for each in catalogue.subsystems.values() for slug, feed in each.feeds.items() if feed.heartbeat
    }
