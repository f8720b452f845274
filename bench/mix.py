"""The mix of the full catalogue: all twelve feeds of the province over two days, in the proportions of a busy one.

60 % are signs of life, counts and measurements of cameras and stations, 10 % the steps of lifecycles, 30 % reports,
mentions and security alerts. One event in 200 comes twice.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from bench.readings import Keyed
from ioc.catalogue import load
from ioc.catalogue.model import Catalogue
from ioc.scenarios.events import Event
from ioc.scenarios.feeds import (
    cameras_traffic,
    citizen_feedback,
    cybersecurity,
    e_documents,
    education,
    environment,
    health,
    public_services,
    social_listening,
    socioeconomic,
    statistics,
    tourism,
)
from ioc.scenarios.setting import LAST_DAY, Setting
from ioc.scenarios.timeline import Timeline

_SEED = 2025
_DAYS = range(LAST_DAY + 3, LAST_DAY + 5)
"""A Monday and a Tuesday after the scenario."""

_RATES = {
    cameras_traffic: 0.335,
    environment: 3.0,
    public_services: 4.5,
    citizen_feedback: 100.0,
    e_documents: 5.0,
    health: 5.0,
    social_listening: 66.0,
    cybersecurity: 10.0,
    tourism: 10.0,
    education: 1.0,
    statistics: 1.0,
    socioeconomic: 1.0,
}
"""How many times its real volume each feed has where the mix has a million events."""

_MILLION = 1_000_000
_TWICE = 200
_LATER = 50
"""One event in so many is sent again, so many events later."""


@dataclass
class Mix:
    """About ``count`` events of all subsystems in order of time, and how many of each type there are."""

    count: int
    catalogue: Catalogue = field(default_factory=load)
    types: Counter[bytes] = field(default_factory=Counter)
    """Events by type, those that come twice once."""
    duplicates: Counter[str] = field(default_factory=Counter)
    """By subsystem."""

    def __iter__(self) -> Iterator[Keyed]:
        self.types.clear()
        self.duplicates.clear()
        waiting: dict[int, Event] = {}
        for number, event in enumerate(self._events()):
            yield Keyed(event.subsystem, event.key, event.value)
            self.types[type_of(event.value)] += 1
            if number % _TWICE == 0:
                waiting[number + _LATER] = event
            if (again := waiting.pop(number, None)) is not None:
                self.duplicates[again.subsystem] += 1
                yield Keyed(again.subsystem, again.key, again.value)

    def _events(self) -> Iterator[Event]:
        share = self.count / _MILLION
        timelines = [
            Timeline(feed.feeds(Setting(self.catalogue, _SEED, 1.0, rate * share))) for feed, rate in _RATES.items()
        ]
        for day in _DAYS:
            events = [event for timeline in timelines for event in timeline.day(day)]
            events.sort(key=itemgetter(0))
            yield from events


def type_of(value: bytes) -> bytes:
    """The CloudEvents type of one of the scenario's events."""
    return value.partition(b'"type":"')[2].partition(b'"')[0]
