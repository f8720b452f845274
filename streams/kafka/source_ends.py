"""How far the source topics have been appended to, and so how far the figures are behind.

They end where what was appended ends, not where it can be read: what a transaction holds back waits, too.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from streams.kafka.closing import close
from streams.kafka.silence import bear_silence
from streams.kafka.topics import TopicError
from streams.settings.settings import Settings

log = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks."""


class SourceEnds:
    """The next offset of every partition of the source topics, as of the last look."""

    def __init__(self, settings: Settings, subsystems: Iterable[str]) -> None:
        self._settings = settings
        self._topics = {settings.names.events(slug): slug for slug in subsystems}
        self._places: dict[TopicPartition, tuple[str, int]] = {}
        """The partitions there are, with their subsystems."""
        self._ends: dict[tuple[str, int], int] | None = None
        self._seen: dict[tuple[str, int], deque[tuple[float, int]]] = {}
        """By partition when each end was first seen, the oldest first, by the monotonic clock."""
        self._held_back: dict[tuple[str, int], tuple[int, float]] = {}
        """By partition the first offset that a transaction keeps from being read, and since when it was seen to."""

    @property
    def known(self) -> bool:
        """Whether there was a look."""
        return self._ends is not None

    async def watch(self, looked: Callable[[], None] = lambda: None) -> None:
        """Look until cancelled; ``looked`` is told of every look. Raises TopicError: no broker answers."""
        options = {**self._settings.kafka_options(), "enable_auto_commit": False}
        appended, readable = AIOKafkaConsumer(**options), AIOKafkaConsumer(**options, isolation_level="read_committed")
        try:
            for consumer in (appended, readable):
                await _start(consumer, self._settings)
            while True:
                try:
                    await self._look(appended, readable)
                    looked()
                except KafkaError as error:
                    # A broker that restarts is no reason to take the wall down; /healthz tells if it lasts.
                    log.warning("cannot see the ends of the source topics: %r", error)
                await asyncio.sleep(_LOOK)
        finally:
            for consumer in (appended, readable):
                await close(consumer)

    def backlog(self, merged: MergedFigures) -> Backlog:
        """What was appended and is not in the figures yet.

        What already waited at the first look may have done so for ever.
        """
        now, records, waiting = time.monotonic(), {}, {}
        for place, end in (self._ends or {}).items():
            slug, partition = place
            source = merged.sources(slug).get(partition)
            position = 0 if source is None else max(0, source.position)
            records[place] = max(0, end - position)
            seen = self._seen[place]
            while seen and seen[0][1] <= position:
                seen.popleft()
            if not seen and records[place]:
                # The position went back: another state has begun.
                seen.append((now, end))
            if seen:
                waiting[place] = now - seen[0][0]
        return Backlog(records, waiting, {place: now - since for place, (_, since) in self._held_back.items()})

    async def _look(self, appended: AIOKafkaConsumer, readable: AIOKafkaConsumer) -> None:
        await self._find_partitions(appended)
        # In this order: what is appended in between would look held back the other way round.
        ends = await self._ends_of(appended)
        self._hold_back(await self._ends_of(readable), ends)
        self._remember(ends)
        self._ends = ends

    async def _find_partitions(self, consumer: AIOKafkaConsumer) -> None:
        known = {slug for slug, _ in self._places.values()}
        if missing := [topic for topic, slug in self._topics.items() if slug not in known]:
            # aiokafka's public calls tell the partitions only of topics that a consumer reads.
            cluster = await consumer._client.fetch_all_metadata()
            for topic in missing:
                for partition in cluster.partitions_for_topic(topic) or ():
                    self._places[TopicPartition(topic, partition)] = self._topics[topic], partition

    async def _ends_of(self, consumer: AIOKafkaConsumer) -> dict[tuple[str, int], int]:
        return {self._places[tp]: end for tp, end in (await consumer.end_offsets([*self._places])).items()}

    def _remember(self, ends: Mapping[tuple[str, int], int]) -> None:
        for place, end in ends.items():
            seen = self._seen.setdefault(place, deque([(-math.inf, end)]))
            if self._ends is not None and end > self._ends.get(place, 0):
                seen.append((time.monotonic(), end))

    def _hold_back(self, readable: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int]) -> None:
        """The same transaction is open for as long as the same offset is the first that cannot be read."""
        now, before = time.monotonic(), self._held_back
        self._held_back = {}
        for place, end in readable.items():
            if end < ends[place]:
                offset, since = before.get(place, (end, now))
                self._held_back[place] = (end, since if offset == end else now)


async def _start(consumer: AIOKafkaConsumer, settings: Settings) -> None:
    bear_silence(consumer._client)
    try:
        await consumer.start()
    except KafkaError as error:
        raise TopicError(
            f"no Kafka broker answers at {settings.bootstrap_servers} ({error}): start it, or set IOC_BOOTSTRAP_SERVERS"
        ) from error
