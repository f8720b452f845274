"""Feeds put in the order of time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Protocol

from ioc.scenarios.events import Event, day_of, midnight
from ioc.time.windows import DAY, UTC_OFFSET


class Feed(Protocol):
    """A feed is a function of the day: everything that begins on it, with what follows on later days."""

    def day(self, day: int) -> Iterable[Event]:
        """The events that begin on a day, in any order."""
        ...

    def under_way(self, day: int) -> Iterable[Event]:
        """Events from before a day and after it, of what began before; those before it are left out by the caller."""
        ...


class Remembering:
    """A feed of which nothing lasts longer than ``memory`` days: what is under way began within them."""

    memory = 0

    def day(self, day: int) -> Iterable[Event]:
        raise NotImplementedError

    def under_way(self, day: int) -> Iterable[Event]:
        for earlier in range(day - self.memory, day):
            yield from self.day(earlier)


class Telemetry:
    """A feed without a memory: what it sends between two instants depends on these alone."""

    def between(self, start: int, end: int) -> Iterable[Event]:
        """The events from ``start`` (included) to ``end`` (excluded), in any order."""
        raise NotImplementedError


def instants(start: int, end: int, apart: float, offset: int) -> Sequence[int]:
    """Instants between two others that come round after so many seconds, shifted so that things take turns."""
    step = max(1, round(apart))
    return range(start + (offset - start) % step, end, step)


class Timeline:
    """The events of several feeds, day by day in order of time."""

    def __init__(self, feeds: Sequence[Feed | Telemetry]) -> None:
        self._feeds = [feed for feed in feeds if not isinstance(feed, Telemetry)]
        self.telemetry = [feed for feed in feeds if isinstance(feed, Telemetry)]
        self._agenda: defaultdict[int, list[Event]] = defaultdict(list)

    def day(self, day: int) -> list[Event]:
        """All events of a day; days are asked for one after the other."""
        for telemetry in self.telemetry:
            self._note(telemetry.between(midnight(day), midnight(day + 1)))
        return self.day_without_telemetry(day)

    def day_without_telemetry(self, day: int) -> list[Event]:
        """All events of a day but those of the feeds without a memory."""
        for feed in self._feeds:
            self._note(feed.day(day))
        events = self._agenda.pop(day, [])
        events.sort(key=itemgetter(0))
        return events

    def take_over(self, day: int) -> None:
        """Note what is under way when ``day`` begins, for a timeline that begins midstream."""
        for feed in self._feeds:
            self._note(event for event in feed.under_way(day) if day_of(event.time) >= day)

    def _note(self, events: Iterable[Event]) -> None:
        agenda = self._agenda
        for event in events:
            # day_of, written out: this runs for every event.
            agenda[(event[0] + UTC_OFFSET) // DAY].append(event)
