"""The heartbeats of feeds whose events are rare: while they live, no feed is silent and none was never heard."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ioc.catalogue.feeds import heartbeat_of
from ioc.catalogue.model import Catalogue
from ioc.scenarios.events import Event, Writer
from ioc.scenarios.setting import END, Setting
from ioc.scenarios.timeline import Telemetry, instants
from ioc.time.windows import DAY

SINCE = END - 2 * DAY
"""More than any feed's expected interval before the end: whether one spoke earlier, nothing asks."""
_BEATS = 3
"""How often a feed beats within its expected interval: it takes three lost ones to make it silent."""


class _Heart(NamedTuple):
    """What beats, and how many seconds apart."""

    feed: bytes
    write: Writer
    apart: float


class Heartbeats(Telemetry):
    """Every feed with a heartbeat, at all hours; how much else it sends does not change how often it beats."""

    def __init__(self, setting: Setting, subsystems: Collection[str]) -> None:
        self._hearts = list(_hearts(setting.catalogue, subsystems))

    def between(self, start: int, end: int) -> Iterator[Event]:
        for number, heart in enumerate(self._hearts):
            for time in instants(max(start, SINCE), end, heart.apart, 7 * number):
                yield heart.write(time, heart.feed)


def _hearts(catalogue: Catalogue, subsystems: Collection[str]) -> Iterator[_Heart]:
    for slug, subsystem in catalogue.subsystems.items():
        for feed, spec in subsystem.feeds.items():
            if slug in subsystems and spec.heartbeat and spec.expected_interval is not None:
                write = Writer(slug, heartbeat_of(feed))
                yield _Heart(feed.encode(), write, spec.expected_interval.seconds / _BEATS)
