"""The province goes on after the scenario: the same feeds, day by day, with what the scenario left open."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter

from ioc.catalogue.model import Catalogue
from ioc.scenarios.events import Event, day_of
from ioc.scenarios.phu_tho_2025 import SEED, feeds_of
from ioc.scenarios.setting import END, Setting
from ioc.scenarios.timeline import Timeline


@dataclass(frozen=True)
class Incident:
    """Something that goes wrong: events that are sent beside the ordinary ones, and ordinary ones that are not sent."""

    events: tuple[Event, ...] = ()
    silences: Callable[[Event], bool] = lambda event: False


class Simulator:
    """Simulated events from an instant on, at the pace at which the caller asks for them.

    Args:
        start: seconds since the epoch, not before the scenario's end.
        rate: how many times its real volume a feed has. Stays in hospital, schools and reports keep theirs: they are
            as many as there are beds, schools and dates.
        scale: that of the scenario that went before, so that the same dossiers are open.

    Raises:
        ValueError: where the start is before the scenario's end, or the rate is not above 0.
    """

    def __init__(
        self, catalogue: Catalogue, start: int, seed: int = SEED, rate: float = 1.0, *, scale: float = 1.0
    ) -> None:
        if start < END:
            raise ValueError(f"the simulator starts at {start}; write the scenario's end, {END}, or later")
        if rate <= 0:
            raise ValueError(f"the rate is {rate}; write a number above 0, such as 1 or 10")
        self.position = start
        """Everything before this instant was handed out."""
        self._timeline = Timeline(feeds_of(Setting(catalogue, seed, scale, rate)))
        self._day = day_of(start)
        self._timeline.take_over(self._day)
        self._incidents: list[Incident] = []
        self._extra: list[Event] = []
        self._ahead = self._events_of_day()

    def begin(self, incident: Incident) -> None:
        """Let something go wrong; of its events those before the position are left out."""
        self._incidents.append(incident)
        self._extra += [event for event in incident.events if event.time >= self.position]

    def events_until(self, instant: int) -> list[Event]:
        """The events from the position to an instant, which is not included, in order of time."""
        if instant <= self.position:
            return []
        events = self._lifecycles_until(instant)
        for telemetry in self._timeline.telemetry:
            events += telemetry.between(self.position, instant)
        if self._incidents:
            events = self._disturbed(events, instant)
        self.position = instant
        events.sort(key=itemgetter(0))
        return events

    def _lifecycles_until(self, instant: int) -> list[Event]:
        events: list[Event] = []
        while True:
            while self._ahead and self._ahead[0].time < instant:
                events.append(self._ahead.popleft())
            if day_of(instant) == self._day:
                return events
            self._day += 1
            self._ahead = self._events_of_day()

    def _events_of_day(self) -> deque[Event]:
        events = self._timeline.day_without_telemetry(self._day)
        return deque(event for event in events if event.time >= self.position)

    def _disturbed(self, ordinary: Iterable[Event], instant: int) -> list[Event]:
        """The events as the incidents leave them."""
        heard = [event for event in ordinary if not any(incident.silences(event) for incident in self._incidents)]
        come = [event for event in self._extra if event.time < instant]
        self._extra = [event for event in self._extra if event.time >= instant]
        return heard + come
