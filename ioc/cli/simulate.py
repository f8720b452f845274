"""``ioc simulate``: a scenario or the live simulator into the topics."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import count

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn

from ioc.catalogue import Catalogue
from ioc.catalogue.faults import nearest
from ioc.cli.installation import catalogue_of
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event
from ioc.scenarios.incidents import INCIDENTS
from ioc.scenarios.simulator import Simulator
from ioc.time.windows import UTC_OFFSET
from streams.kafka.producer import Publisher
from streams.settings.settings import Settings

Advance = Callable[[int], None]
"""Told every now and then how many events were sent since the last time."""

LIVE = "live"
_STEP = 60
"""Seconds of event time that the simulator is asked for at once."""

_BETWEEN_REPORTS = 2_000
_LOCAL = timezone(timedelta(seconds=UTC_OFFSET))


class UnknownScenario(ValueError):
    """There is no scenario, incident, subsystem or time as it was written."""


@dataclass(frozen=True)
class Trouble:
    """What is to go wrong in the live simulator.

    Args:
        incidents: names in `INCIDENTS`.
        at: when they begin, in ISO 8601; None begins them at once.
    """

    incidents: Sequence[str] = ()
    at: str | None = None

    def begin(self, simulator: Simulator, catalogue: Catalogue) -> None:
        """Tell a simulator. Raises UnknownScenario."""
        start = simulator.position if self.at is None else _instant(self.at)
        if start < simulator.position:
            raise UnknownScenario(f"--at {self.at} is before {_local(simulator.position)}, when the simulator starts")
        for name in self.incidents:
            if name not in INCIDENTS:
                fix = nearest(name, INCIDENTS, f"there are {', '.join(INCIDENTS)}")
                raise UnknownScenario(f"there is no incident {name!r}: {fix}")
            simulator.begin(INCIDENTS[name](catalogue, start))


def simulate(
    settings: Settings,
    scenario: str,
    console: Console,
    trouble: Trouble,
    *,
    scale: float,
    speed: float | None,
    seed: int,
    subsystems: Collection[str] = (),
) -> int:
    """Publish a scenario, or ``live`` what comes after it; returns how many events were delivered.

    Args:
        subsystems: whose events are sent; none named means all.
        trouble: what goes wrong; with ``live`` only.

    Raises UnknownScenario, PublishError.
    """
    catalogue = catalogue_of(settings)
    for slug in subsystems:
        if slug not in catalogue.subsystems:
            fix = nearest(slug, catalogue.subsystems, f"there are {', '.join(catalogue.subsystems)}")
            raise UnknownScenario(f"there is no subsystem {slug!r}: {fix}")
    if trouble != Trouble() and scenario != LIVE:
        raise UnknownScenario(f"incidents happen in the live simulator: write `ioc simulate {LIVE}`")
    if scenario == phu_tho_2025.NAME:
        events = scenario_events(catalogue, seed, scale)
    elif scenario == LIVE:
        events, speed = live_events(catalogue, seed, scale, trouble), speed or 1.0
    else:
        raise UnknownScenario(f"there is no scenario {scenario!r}; there are {phu_tho_2025.NAME} and {LIVE}")
    if subsystems:
        events = (event for event in events if event.subsystem in subsystems)
    with Progress(SpinnerColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as bars:
        bar = bars.add_task("published", total=None)
        return asyncio.run(publish_events(settings, events, speed, lambda count: bars.update(bar, advance=count)))


def scenario_events(catalogue: Catalogue, seed: int, scale: float) -> Iterator[Event]:
    """The four months of ``phu-tho-2025``."""
    return phu_tho_2025.events(catalogue, seed, scale)


def live_events(catalogue: Catalogue, seed: int, scale: float, trouble: Trouble = Trouble()) -> Iterator[Event]:
    """What comes after the scenario, without end. Raises UnknownScenario."""
    simulator = Simulator(catalogue, phu_tho_2025.END, seed, scale=scale)
    trouble.begin(simulator, catalogue)
    return _without_end(simulator)


def _without_end(simulator: Simulator) -> Iterator[Event]:
    for instant in count(phu_tho_2025.END + _STEP, _STEP):
        yield from simulator.events_until(instant)


async def publish_events(settings: Settings, events: Iterable[Event], speed: float | None, advance: Advance) -> int:
    """Send events in their order: as fast as possible, or ``speed`` times as fast as they happened.

    Returns how many were delivered. Raises PublishError.
    """
    names = settings.names
    topics: dict[str, str] = {}
    pace = _Pace(speed)
    async with Publisher(settings) as publisher:
        sent = 0
        for event in events:
            if (early := pace.ahead(event.time)) > 0:
                await asyncio.sleep(early)
            topic = topics.get(event.subsystem) or topics.setdefault(event.subsystem, names.events(event.subsystem))
            if not publisher.offer(topic, event.key, event.value):
                await publisher.send(topic, event.key, event.value)
            sent += 1
            if sent % _BETWEEN_REPORTS == 0:
                advance(_BETWEEN_REPORTS)
                # What was sent must also get on its way.
                await asyncio.sleep(0)
        await publisher.flush()
        advance(sent % _BETWEEN_REPORTS)
        return publisher.delivered


class _Pace:
    """Holds events back until their time comes, ``speed`` times as fast as they happened; none at no speed."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._started = time.monotonic()
        self._first: int | None = None

    def ahead(self, instant: int) -> float:
        """How many seconds too early an event at ``instant`` is, the first one not being early."""
        if self._speed is None:
            return 0.0
        if self._first is None:
            self._first = instant
        return (instant - self._first) / self._speed - (time.monotonic() - self._started)


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnknownScenario(f"--at {text!r} is no time; write it as in 2025-11-01T08:00") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).timestamp())


def _local(instant: int) -> str:
    return datetime.fromtimestamp(instant, _LOCAL).isoformat(timespec="minutes")
