"""Two workers and two exporters under the simulator, one of each killed: Prometheus hardly notices."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from itertools import count, pairwise
from pathlib import Path

import pytest

from dashboards.prometheus_api import Prometheus, Series
from ioc.catalogue import Catalogue
from ioc.cli.province_stack import ProvinceStack
from ioc.kpis import metric_names
from ioc.kpis.kinds.count import Count
from ioc.kpis.kinds.sum import Sum
from ioc.scenarios.events import Event
from ioc.scenarios.setting import END
from ioc.scenarios.simulator import Simulator
from streams.kafka.producer import Publisher
from streams.settings.settings import Settings, load_settings

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.soak, pytest.mark.timeout(900)]

LONGEST_STANDSTILL = 25.0
"""Seconds by which a figure may be behind what was sent; a silent worker's partitions go to the other after 12."""
BEFORE, AFTER = 60, 90
"""Seconds of steady load before and after the two are killed."""
STEP = 5.0
"""Seconds between two scrapes."""


class Load:
    """The simulator's events at the pace of the clock, and what was sent when."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._simulator = Simulator(catalogue, END, scale=0.05)
        self._settings = settings
        self.sent: dict[str, list[tuple[float, int]]] = defaultdict(list)
        """For each subsystem the seconds since the epoch at which an event was sent, with its time."""

    async def run(self) -> None:
        names = self._settings.names
        async with Publisher(self._settings) as publisher:
            async for event in self._paced():
                await publisher.send(names.events(event.subsystem), event.key, event.value)
                self.sent[event.subsystem].append((time.time(), event.time))

    async def _paced(self) -> AsyncIterator[Event]:
        for second in count(1):
            for event in self._simulator.events_until(END + second):
                yield event
            await asyncio.sleep(1)

    def owed(self, subsystem: str, at: float) -> int:
        """The newest time of the events sent until an instant, 0 where none was."""
        return max((event_time for sent, event_time in self.sent[subsystem] if sent <= at), default=0)


def never_falling(catalogue: Catalogue) -> Iterator[str]:
    """Metrics of which no series may fall: counters, and totals of events that nothing takes back."""
    yield metric_names.EVENTS_CONSUMED
    for slug, subsystem in catalogue.subsystems.items():
        for name, kpi in subsystem.kpis.items():
            if isinstance(kpi, Sum | Count) and "total" in kpi.windows:
                of = kpi.of
                if not any(subsystem.entity_of(event) for event in of):
                    yield metric_names.metric_name(slug, name, kpi)


def test_no_series_falls_or_vanishes_and_no_event_time_stands_still(catalogue: Catalogue, tmp_path: Path) -> None:
    settings = load_settings(clock="event", simulated=True)
    with ProvinceStack(settings, catalogue, 2, tmp_path, lambda _: None, exporters=2) as stack:
        addresses = stack.start()
        load_ = Load(catalogue, stack.settings)
        started, ended = asyncio.run(_kill_one_of_each(stack, load_))
        with Prometheus(addresses.prometheus, timeout=60) as prometheus:
            of_two = 'max without (instance, job) ({__name__=~"ioc_.*",job="ioc-exporter"})'
            everything = prometheus.query_range(of_two, started, ended, STEP)
            totals = "|".join(never_falling(catalogue))
            totals_of_two = f'max without (instance, job) ({{__name__=~"{totals}",window=~"total|"}})'
            rising = prometheus.query_range(totals_of_two, started, ended, STEP)
            times = prometheus.query_range(f"max by (subsystem) ({metric_names.EVENT_TIME})", started, ended, STEP)
            doubled = prometheus.query(
                "count(ioc_kpi_status) - count(count without (instance, job) (ioc_kpi_status))", at=started
            )
    assert len(everything) > 500
    assert [each.labels for each in everything if _has_gap(each, ended)] == []
    assert rising
    assert [each.labels for each in rising if _falls(each)] == []
    assert {each.labels["subsystem"] for each in times} >= {"cameras_traffic", "cybersecurity", "environment"}
    assert [late for each in times for late in _behind(each, load_)] == []
    assert doubled[0].value == 0


async def _kill_one_of_each(stack: ProvinceStack, load_: Load) -> tuple[float, float]:
    """Load for a while, kill a worker and an exporter, load on; returns when the watch begins and ends."""
    loading = asyncio.create_task(load_.run())
    await asyncio.sleep(BEFORE)
    started = time.time()
    await asyncio.sleep(2 * STEP)
    await asyncio.to_thread(stack.kill, "worker-1")
    await asyncio.to_thread(stack.kill, "exporter")
    await asyncio.sleep(AFTER)
    assert not loading.done(), loading.exception()
    loading.cancel()
    return started, time.time()


def _has_gap(series: Series, ended: float) -> bool:
    """Whether a series that was there once is missing at a later step."""
    instants = [instant for instant, _ in series.points]
    between = any(later - former > 1.5 * STEP for former, later in pairwise(instants))
    return between or instants[-1] < ended - 1.5 * STEP


def _falls(series: Series) -> bool:
    values = [value for _, value in series.points]
    return any(later < former for former, later in pairwise(values))


def _behind(series: Series, load_: Load) -> Iterator[tuple[str, float, float]]:
    """The instants at which an event time is older than what was sent 25 s before."""
    subsystem = series.labels["subsystem"]
    for instant, event_time in series.points:
        owed = load_.owed(subsystem, instant - LONGEST_STANDSTILL)
        if event_time < owed:
            yield subsystem, instant, owed - event_time
