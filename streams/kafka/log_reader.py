"""Reading a topic from its beginning, without a group, and knowing when its end was reached."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from aiokafka.structs import ConsumerRecord, TopicPartition

from streams.kafka.closing import close
from streams.kafka.fetching import FETCH_WAIT_MS
from streams.kafka.refusals import forbidden, refusal, secured
from streams.kafka.silence import bear_silence
from streams.settings.settings import Settings

log = logging.getLogger(__name__)

_FETCH_BYTES = 512 * 1024
_POLL_RECORDS = 10_000


class LogError(RuntimeError):
    """A topic that cannot be read; the message says what to do."""


class LogReader:
    """Follows partitions of one topic, committed records only.

    Args:
        settings: where Kafka is.
        topic: its full name.
        partitions: which ones; None reads all there are.
        at_least: by partition an offset that is known to be there; until it is read the reader has not caught up.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        partitions: Iterable[int] | None = None,
        at_least: Mapping[int, int] | None = None,
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._wanted = None if partitions is None else sorted(partitions)
        self._at_least = at_least or {}
        self._consumer: AIOKafkaConsumer | None = None
        self._behind: dict[TopicPartition, int] = {}
        self.partitions: list[int] = []
        """The partitions read, known once the reader is entered."""
        self.ends: dict[int, int] = {}
        """The next offset of each of them, as of then."""

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            **self._settings.kafka_options(),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            check_crcs=False,  # the broker checked them when it took them, and TCP checks what it carries
        )
        bear_silence(self._consumer._client)
        try:
            await self._consumer.start()
            await self._assign(self._consumer)
        except KafkaError as error:
            await close(self._consumer)
            why = await asyncio.to_thread(refusal, self._settings) or str(error)
            raise LogError(f"cannot read {self._topic} at {self._settings.bootstrap_servers}: {why}") from error
        except BaseException:
            await close(self._consumer)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._consumer is not None:
            await close(self._consumer)

    @property
    def caught_up(self) -> bool:
        """Whether everything that was committed when the reader was entered has been returned."""
        return not self._behind

    async def poll(self, timeout: float = 0.2) -> Mapping[int, list[ConsumerRecord]]:  # noqa: ASYNC109 (of the fetch)
        """The next records of each partition, in order; empty when none came within ``timeout`` seconds.

        Raises:
            LogError: the broker refuses the read.
        """
        consumer = self._entered()
        try:
            fetched = await consumer.getmany(timeout_ms=int(timeout * 1000), max_records=_POLL_RECORDS)
            for tp, end in [*self._behind.items()]:
                if await consumer.position(tp) >= end:
                    del self._behind[tp]
        except TopicAuthorizationFailedError as error:
            raise LogError(forbidden(self._settings, f"read {self._topic}")) from error
        except KafkaError as error:
            raise LogError(f"cannot read {self._topic}: {error!r}") from error
        return {tp.partition: records for tp, records in fetched.items()}

    async def _assign(self, consumer: AIOKafkaConsumer) -> None:
        # An unknown topic is not asked for by name: a broker that creates topics on demand would make one.
        if self._topic not in await consumer.topics():
            # What a user may not read does not exist for it.
            hidden = f", or {forbidden(self._settings, 'read it')}" if secured(self._settings) else ""
            raise LogError(
                f"there is no topic {self._topic} at {self._settings.bootstrap_servers}: create it with "
                f"`ioc topics`{hidden}"
            )
        # Only an assignment makes the consumer learn how many partitions a topic has.
        consumer.assign([TopicPartition(self._topic, 0)])
        await consumer.seek_to_beginning()
        existing = sorted(consumer.partitions_for_topic(self._topic))
        self.partitions = existing if self._wanted is None else self._wanted
        if not set(self.partitions) <= set(existing):
            raise LogError(f"{self._topic} has {len(existing)} partitions; {self.partitions} were asked for")
        assigned = [TopicPartition(self._topic, partition) for partition in self.partitions]
        consumer.assign(assigned)
        await consumer.seek_to_beginning(*assigned)
        begins = await consumer.beginning_offsets(assigned)
        ends = await consumer.end_offsets(assigned)
        self.ends = {tp.partition: end for tp, end in ends.items()}
        ends = {tp: max(end, self._at_least.get(tp.partition, -1) + 1) for tp, end in ends.items()}
        self._behind = {tp: end for tp, end in ends.items() if end > begins[tp]}

    def _entered(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise LogError("a reader is used inside `async with`")
        return self._consumer


async def read_latest(
    settings: Settings, topic: str, partitions: Iterable[int] | None = None
) -> dict[int, dict[bytes, bytes]]:
    """The newest value of every key of each partition up to the end it has now, deleted keys left out.

    Raises:
        LogError: the topic does not exist or cannot be read.
    """
    async with LogReader(settings, topic, partitions) as reader:
        live: dict[int, dict[bytes, bytes]] = {partition: {} for partition in reader.partitions}
        while not reader.caught_up:
            for partition, records in (await reader.poll()).items():
                compact(records, live[partition])
    return live


def compact(records: Iterable[ConsumerRecord], live: dict[bytes, bytes]) -> None:
    """Apply records to the live pairs of their partition: the last value of a key stays, a tombstone deletes it."""
    for record in records:
        if record.value is None:
            live.pop(record.key, None)
        else:
            live[record.key] = record.value
