"""Follows the entities' state of all partitions, whichever worker holds each, and answers for cases.

Like the exporter it reads without a group, committed records only, so that it can run twice and disturbs no worker.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

import msgspec

from ioc.cases.book import CaseBook, in_order
from ioc.cases.find import Found, find
from ioc.engine.plan import Plan
from ioc.engine.store.keys import HEADER
from ioc.figures.clock import Clock
from ioc.figures.merged import MergedFigures
from ioc.time.windows import Window
from streams.kafka.log_reader import LogReader, compact
from streams.kafka.source_ends import SourceEnds
from streams.settings.settings import Settings
from streams.web.together import together

log = logging.getLogger(__name__)

_STUCK = 60.0
"""Seconds without progress after which the follower is not healthy."""


class CaseFollower:
    """Keeps a book of what is open, and the one ``now`` that figures are read at; `run` keeps both current."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self._settings = settings
        self._plan = plan
        self._book = CaseBook(plan)
        self._merged = MergedFigures(plan)
        self._clock = Clock(settings.clock.value)
        self._ends = SourceEnds(settings, plan.subsystems)
        self._busy = asyncio.Lock()
        self._unread = {"state", "headers", "ends"}
        self._ready = asyncio.Event()
        self._progress = dict.fromkeys(("state", "headers", "ends"), time.monotonic())

    @property
    def ready(self) -> bool:
        """Whether everything that was there at the start is known."""
        return self._ready.is_set()

    @property
    def unready(self) -> list[str]:
        """Why it cannot answer for cases yet."""
        return [] if self.ready else ["still reading the state"]

    @property
    def stuck(self) -> list[str]:
        """What has made no progress for a minute."""
        return [f"no progress: {what}" for what, at in self._progress.items() if time.monotonic() - at > _STUCK]

    async def run(self) -> None:
        """Follow until cancelled.

        Raises:
            LogError: a topic does not exist or cannot be read.
            TopicError: no broker answers.
        """
        ends = self._ends.watch(lambda: self._progressed("ends", whole=True))
        await together(self._follow_state(), self._follow_headers(), ends)

    async def until_ready(self) -> None:
        """Wait until everything is known."""
        await self._ready.wait()

    async def find(
        self,
        subsystem: str,
        kpi: str,
        only: Mapping[str, str],
        *,
        window: Window | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Found:
        """The cases behind a KPI now. Raises CasesError."""
        lag = self._ends.backlog(self._merged).records
        now = self._clock.advance(self._merged, time.time())
        reached = self._clock.reached(self._merged, subsystem, lag, now)
        async with self._busy:
            return await asyncio.to_thread(
                find, self._book, subsystem, kpi, now, only, reached=reached, window=window, limit=limit, offset=offset
            )

    async def _follow_state(self) -> None:
        async with LogReader(self._settings, self._settings.names.state) as reader:
            live: dict[int, dict[bytes, bytes]] = {partition: {} for partition in reader.partitions}
            while not reader.caught_up:
                for partition, records in (await reader.poll()).items():
                    compact(records, live[partition])
                self._progressed("state")
            for partition in reader.partitions:
                for key, value in in_order(live.pop(partition)):
                    self._put(partition, key, value)
                self._progressed("state")
                await asyncio.sleep(0)
            self._progressed("state", whole=True)
            while True:
                polled = await reader.poll()
                async with self._busy:
                    for partition, records in polled.items():
                        for record in records:
                            self._put(partition, record.key, record.value)
                self._progressed("state")

    def _put(self, partition: int, key: bytes, value: bytes | None) -> None:
        try:
            self._book.put(partition, key, value)
        except (msgspec.MsgspecError, ValueError) as error:
            log.error("%s partition %d: %r: %s", self._settings.names.state, partition, key, error)

    async def _follow_headers(self) -> None:
        """Of the figures only the headers matter: how far each partition is."""
        async with LogReader(self._settings, self._settings.names.figures) as reader:
            while True:
                for partition, records in (await reader.poll()).items():
                    for record in records:
                        if record.key == HEADER:
                            self._merged.put(partition, HEADER, record.value)
                self._progressed("headers", whole=reader.caught_up)

    def _progressed(self, part: str, *, whole: bool = False) -> None:
        """``whole``: everything that was there at the start is read."""
        self._progress[part] = time.monotonic()
        if whole:
            self._unread.discard(part)
        if not self._unread:
            self._ready.set()
