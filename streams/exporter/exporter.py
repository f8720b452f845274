"""The exporter: the figures of all partitions, merged, as a page that Prometheus scrapes.

It reads the figures topic without a group, so that it can run twice. A scrape gets a page of its own moment: one made
beforehand would be older, and most of them nobody would read.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
from aiokafka.structs import ConsumerRecord
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector

from ioc.engine.plan import Plan
from ioc.engine.store.keys import HEADER
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.merged import MergedFigures
from ioc.kpis import platform_metrics
from ioc.time.instants import EpochMs, float_from_ms
from streams.exporter.broker_time import BrokerTime
from streams.exporter.http import serve
from streams.exporter.text_format import FamilyPages
from streams.kafka.log_reader import LogReader
from streams.kafka.source_ends import SourceEnds
from streams.settings.settings import Settings
from streams.web.metrics import MetricsPage
from streams.web.together import together

log = logging.getLogger(__name__)

_TICK = 5
"""Seconds by which the wall clock of the figures moves: less would render anew what nobody scrapes."""

_UNASKED = 5.0
"""Seconds after which a page is made that nobody asked for: whether that goes well is known before the next scrape."""

_SHARE = 0.5
"""The most of a core that pages take, however many series there are and however often they are asked for."""

_SHORTEST = 0.05
"""Seconds that a page is fresh, whatever it took."""

_STUCK = 30.0
"""Seconds without progress after which the exporter is not healthy and shows no page: a broker is back sooner."""


class Exporter:
    """Holds the merged and the page made of it; `run` keeps both current."""

    def __init__(self, settings: Settings, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = clock
        self._plan = plan
        self._names = settings.names
        self._merged = MergedFigures(plan)
        self._exposition = Exposition(
            plan,
            Clock(settings.clock.value),
            simulated=settings.simulated,
            accepted_before=settings.accepted_before,
        )
        self._pages = FamilyPages()
        self._ends = SourceEnds(settings, plan.subsystems)
        self._time = BrokerTime()
        self._caught_up = False
        self._newest = EpochMs(0)
        """When Kafka got the newest checkpoint of figures."""
        self._rendered: object = None
        self._page_cpu = 0.0
        self._busy = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._fresh = asyncio.Event()
        self._fresh.set()
        self._progress = dict.fromkeys(("figures", "ends", "page"), self._monotonic())
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._records = Counter(*platform_metrics.EXPORTER_RECORDS, registry=self._registry)
        self._unreadable = Counter(*platform_metrics.EXPORTER_UNREADABLE_RECORDS, registry=self._registry)
        skew = Gauge(*platform_metrics.EXPORTER_CLOCK_SKEW, registry=self._registry)
        skew.set_function(lambda: self._time.skew or 0.0)
        self._checkpoint = Gauge(*platform_metrics.EXPORTER_CHECKPOINT, registry=self._registry)
        self._seconds = Gauge(*platform_metrics.EXPORTER_RENDER_SECONDS, registry=self._registry)
        self.page: MetricsPage | None = None
        """The metrics; None until all figures there were at the start are in it."""

    @property
    def stuck(self) -> list[str]:
        """What has made no progress for too long: reading figures, looking at ends, making the page."""
        return [f"no progress: {what}" for what, at in self._progress.items() if self._monotonic() - at > _STUCK]

    @property
    def unready(self) -> list[str]:
        """Why there is no page: an incomplete one would show every figure falling and rising again."""
        return ["still reading the figures"] if self.page is None else []

    async def current(self) -> MetricsPage | None:
        """The page of now; None until there is one."""
        self._wanted.set()
        await self._fresh.wait()
        return self.page

    async def run(self, listening: Callable[[str], None] = log.info) -> None:
        """Serve until cancelled; ``listening`` is told the page's address.

        Raises:
            LogError: the figures topic does not exist or cannot be read.
            TopicError: no broker answers.
        """
        async with serve(self, self._settings.exporter, listening):
            await together(self._follow(), self._watch_ends(), self._keep_page())

    async def _follow(self) -> None:
        async with LogReader(self._settings, self._names.figures) as reader:
            while True:
                polled = await reader.poll()
                self._progress["figures"] = self._monotonic()
                if self._caught_up:
                    self._time.read(record.timestamp for records in polled.values() for record in records)
                async with self._busy:
                    for partition, records in polled.items():
                        for record in records:
                            self._put(partition, record)
                self._caught_up = reader.caught_up

    def _put(self, partition: int, record: ConsumerRecord) -> None:
        self._records.inc()
        if record.key == HEADER:
            # Figures show with the header of their checkpoint; the barrier of a takeover is no figures.
            self._newest = max(self._newest, EpochMs(record.timestamp))
        try:
            self._merged.put(partition, record.key, record.value)
        except (msgspec.MsgspecError, ValueError) as error:
            self._unreadable.inc()
            log.error("%s partition %d offset %d: %s", self._names.figures, partition, record.offset, error)

    async def _watch_ends(self) -> None:
        await self._ends.watch(lambda: self._progress.update(ends=self._monotonic()))

    async def _keep_page(self) -> None:
        try:
            while True:
                if self._caught_up and self._ends.known:
                    async with self._busy:
                        await asyncio.to_thread(self._render)
                self._progress["page"] = self._monotonic()
                self._fresh.set()
                await asyncio.sleep(max(_SHORTEST, self._page_cpu * (1 / _SHARE - 1)))
                if self.page is not None:
                    await self._until_wanted()
        finally:
            # Who waits for a page is let go.
            self._fresh.set()

    async def _until_wanted(self) -> None:
        self._fresh.clear()
        self._wanted.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), _UNASKED)

    def _render(self) -> None:
        backlog = self._ends.backlog(self._merged)
        wall = self._time.now() // _TICK * _TICK
        state = (self._newest, backlog.records, backlog.behind, wall)
        if state == self._rendered:
            return
        started, cpu = time.monotonic(), time.thread_time()
        families = self._exposition.families(self._merged, backlog, wall)
        self._checkpoint.set(float_from_ms(self._newest))
        written, own = self._pages.written(families), MetricsPage.of(self._registry)
        text, openmetrics = written.text + own.text(), written.openmetrics + own.openmetrics()
        self.page = MetricsPage(lambda: text, lambda: openmetrics)
        self._seconds.set(time.monotonic() - started)
        self._page_cpu = time.thread_time() - cpu
        self._rendered = state
