"""Feeds put in the order of time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Protocol

from ioc.scenarios.events import Event, day_of


class Feed(Protocol):
    """A feed is a function of the day: everything that begins on it, with what follows on later days."""

    def day(self, day: int) -> Iterable[Event]:
        """The events that begin on a day, in any order."""
        ...

    def under_way(self, day: int) -> Iterable[Event]:
        """Events from before a day and after it, of what began before; those before it are left out by the caller."""
        ...


class Timeline:
    """The events of several feeds, day by day in order of time."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds
        self._agenda: defaultdict[int, list[Event]] = defaultdict(list)

    def day(self, day: int) -> list[Event]:
        """All events of a day; days are asked for one after the other."""
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
            agenda[day_of(event.time)].append(event)


class Remembering:
    """A feed of which nothing lasts longer than ``memory`` days: what is under way began within them."""

    memory = 0

    def day(self, day: int) -> Iterable[Event]:
        raise NotImplementedError

    def under_way(self, day: int) -> Iterable[Event]:
        for earlier in range(day - self.memory, day):
            yield from self.day(earlier)
