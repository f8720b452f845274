"""How far the source topics have been appended to, and so how far the figures are behind."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from ioc.figures.merged import MergedFigures
from streams.kafka.closing import close
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

    @property
    def known(self) -> bool:
        """Whether there was a look."""
        return self._ends is not None

    async def watch(self, looked: Callable[[], None] = lambda: None) -> None:
        """Look until cancelled; ``looked`` is told of every look. Raises TopicError: no broker answers."""
        consumer = AIOKafkaConsumer(**self._settings.kafka_options(), enable_auto_commit=False)
        try:
            await _start(consumer, self._settings)
            while True:
                try:
                    self._ends = await self._look(consumer)
                    looked()
                except KafkaError as error:
                    # A broker that restarts is no reason to take the wall down; /healthz tells if it lasts.
                    log.warning("cannot see the ends of the source topics: %r", error)
                await asyncio.sleep(_LOOK)
        finally:
            await close(consumer)

    def lag(self, merged: MergedFigures) -> dict[tuple[str, int], int]:
        """Records appended and not yet in the figures, by subsystem and partition."""
        positions = {
            (slug, partition): source.position
            for slug in self._topics.values()
            for partition, source in merged.sources(slug).items()
        }
        return {place: max(0, end - max(0, positions.get(place, 0))) for place, end in (self._ends or {}).items()}

    async def _look(self, consumer: AIOKafkaConsumer) -> dict[tuple[str, int], int]:
        known = {slug for slug, _ in self._places.values()}
        if missing := [topic for topic, slug in self._topics.items() if slug not in known]:
            # aiokafka's public calls tell the partitions only of topics that a consumer reads.
            cluster = await consumer._client.fetch_all_metadata()
            for topic in missing:
                for partition in cluster.partitions_for_topic(topic) or ():
                    self._places[TopicPartition(topic, partition)] = self._topics[topic], partition
        ends = await consumer.end_offsets([*self._places])
        return {self._places[tp]: end for tp, end in ends.items()}


async def _start(consumer: AIOKafkaConsumer, settings: Settings) -> None:
    try:
        await consumer.start()
    except KafkaError as error:
        raise TopicError(
            f"no Kafka broker answers at {settings.bootstrap_servers} ({error}): start it, or set IOC_BOOTSTRAP_SERVERS"
        ) from error
