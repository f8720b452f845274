"""Each incident of `ioc simulate live` turns red what it is about and nothing else, as the engine itself reads it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import pytest

from ioc.catalogue.feeds import feeds_of_kpi
from ioc.catalogue.model import FeedSpec
from ioc.engine.shard import Shard
from ioc.events.records import Batch
from ioc.figures.merged import MergedFigures
from ioc.figures.view import SubsystemView
from ioc.kpis.base import Kpi
from ioc.kpis.limits import effective_limits, status_of
from ioc.kpis.status import KNOWN, Certainty, Knowledge, Status
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event
from ioc.scenarios.incidents import INCIDENTS, feed_dies
from ioc.scenarios.setting import END
from ioc.scenarios.simulator import Simulator
from tests.packaged import packaged_plan

PLAN = packaged_plan()
SCALE = 0.02
HOUR = 3600
BEGINS = END + HOUR
MOMENTS = range(BEGINS + HOUR // 3, BEGINS + 4 * HOUR, HOUR // 3)
"""When statuses are read: every incident shows by then."""

RED = {
    "flood": {"environment.river_alarm_level", "environment.rain"},
    "feed-dies": set(),
    "overdue-storm": {"public_services.overdue_share"},
    "camera-outage": {"cameras_traffic.cameras_online_ratio"},
    "attack": {"cybersecurity.oldest_untaken_alert", "cybersecurity.systems_up_ratio"},
}
SUBSYSTEM = {
    "flood": "environment",
    "feed-dies": "social_listening",
    "overdue-storm": "public_services",
    "camera-outage": "cameras_traffic",
    "attack": "cybersecurity",
}


class Wall:
    """A subsystem on the wall: the engine without Kafka, and the status of each KPI as a whole."""

    def __init__(self, slug: str) -> None:
        self._slug = slug
        self._subsystem = PLAN.subsystems[slug].subsystem
        self._shard, self._merged, self._consumed = Shard(PLAN, 0, 1), MergedFigures(PLAN), 0
        self._spoke: dict[str, int] = {}
        """When each feed was last heard: the time of its newest event."""
        self.statuses: dict[str, Status] = {}

    def take(self, events: Iterable[Event]) -> None:
        """Apply the subsystem's events."""
        own = [event for event in events if event.subsystem == self._slug]
        offsets = range(self._consumed, self._consumed + len(own))
        self._consumed += len(own)
        for event in own:
            name = self._subsystem.event_of(event.type.decode())
            assert name is not None
            self._spoke[self._subsystem.feed_of(name)] = event.time
        appended = [event.time * 1000 for event in own]
        keys, values = [event.key for event in own], [event.value for event in own]
        self._shard.apply(Batch(self._slug, 0, offsets, appended, keys, values, [()] * len(own)))
        if (checkpoint := self._shard.checkpoint()) is not None:
            assert checkpoint.dead_letters == []
            for record in checkpoint.figures:
                self._merged.put(0, record.key, record.value)

    def judge(self, instant: int) -> None:
        """Read every KPI with limits; the status before decides between raise and clear."""
        view = SubsystemView(self._merged, self._slug, instant, PLAN.calendar)
        for name, kpi in self._subsystem.kpis.items():
            if (limits := effective_limits(kpi)) is not None:
                value = view.kpi(name, (), limits.window).get(())
                self.statuses[name] = status_of(
                    None if value is None else value.value,
                    None if value is None else value.sample if value.denominator is None else value.denominator,
                    self.statuses.get(name),
                    limits,
                    self._knowledge(name, kpi, instant),
                )

    def silent(self, instant: int) -> set[str]:
        """The feeds that were not heard for longer than their expected interval, in their hours, or never."""
        return {slug for slug, feed in self._subsystem.feeds.items() if self._is_silent(slug, feed, instant)}

    def _is_silent(self, slug: str, feed: FeedSpec, instant: int) -> bool:
        if feed.expected_interval is None:
            return False
        if slug not in self._spoke:
            return True
        silence = PLAN.calendar.seconds_in_hours_between(feed.hours, self._spoke[slug], instant)
        return silence > feed.expected_interval.seconds

    def _knowledge(self, name: str, kpi: Kpi, instant: int) -> Knowledge:
        """Known where its report is due and every feed that makes it speaks; all that was sent has been read."""
        is_due = kpi.reporting is None or PLAN.calendar.is_due(kpi.reporting, instant)
        is_heard = self.silent(instant).isdisjoint(feeds_of_kpi(self._subsystem, name))
        return KNOWN if is_due and is_heard else Knowledge(Certainty.UNKNOWN)

    def having(self, status: Status) -> set[str]:
        return {f"{self._slug}.{name}" for name, own in self.statuses.items() if own is status}


@pytest.fixture(scope="module")
def four_months() -> Mapping[str, list[Event]]:
    """What went before, by subsystem."""
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for event in phu_tho_2025.events(PLAN.catalogue, scale=SCALE):
        events[event.subsystem].append(event)
    return events


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_turns_exactly_its_kpis_red(name: str, four_months: Mapping[str, list[Event]]) -> None:
    slug = SUBSYSTEM[name]
    wall = Wall(slug)
    wall.take(four_months[slug])
    simulator = Simulator(PLAN.catalogue, END, scale=SCALE)
    simulator.begin(INCIDENTS[name](PLAN.catalogue, BEGINS))
    wall.take(simulator.events_until(BEGINS))
    wall.judge(BEGINS)
    assert wall.having(Status.RED) == set()
    assert wall.silent(BEGINS) == set()
    red = set()
    for moment in MOMENTS:
        wall.take(simulator.events_until(moment))
        wall.judge(moment)
        red |= wall.having(Status.RED)
    assert red == RED[name]
    if name == "feed-dies":
        assert wall.having(Status.GREY) == {f"{slug}.{kpi}" for kpi in wall.statuses}
    else:
        assert wall.silent(MOMENTS[-1]) == set()


def test_a_feed_that_dies_leaves_green_what_rests_on_the_other_feeds_of_its_subsystem(
    four_months: Mapping[str, list[Event]],
) -> None:
    wall = Wall("cybersecurity")
    wall.take(four_months["cybersecurity"])
    simulator = Simulator(PLAN.catalogue, END, scale=SCALE)
    simulator.begin(feed_dies(PLAN.catalogue, "cybersecurity", "siem", BEGINS))
    wall.take(simulator.events_until(BEGINS + HOUR))
    wall.judge(BEGINS + HOUR)
    assert wall.silent(BEGINS + HOUR) == {"siem"}
    assert wall.having(Status.GREY) == {"cybersecurity.oldest_untaken_alert"}
    assert wall.having(Status.GREEN) == {"cybersecurity.systems_up_ratio", "cybersecurity.backup_age"}


@pytest.fixture(scope="module")
def ordinary_night() -> set[Event]:
    return set(Simulator(PLAN.catalogue, END, scale=SCALE).events_until(MOMENTS[-1]))


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_leaves_every_other_subsystem_as_it_is(name: str, ordinary_night: set[Event]) -> None:
    simulator = Simulator(PLAN.catalogue, END, scale=SCALE)
    simulator.begin(INCIDENTS[name](PLAN.catalogue, BEGINS))
    differing = ordinary_night ^ set(simulator.events_until(MOMENTS[-1]))
    assert {event.subsystem for event in differing} == {SUBSYSTEM[name]}
