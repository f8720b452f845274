"""Publishing events: idempotent, in order per partition, a batch of records at a time."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from ioc.events.partitioning import partition_of_recurring
from ioc.events.records import Header
from streams.kafka.closing import close
from streams.kafka.refusals import forbidden, refusal
from streams.kafka.silence import bear_silence
from streams.kafka.topics import MAX_MESSAGE_BYTES
from streams.settings.settings import Settings

# Room for the framing of one record and its batch.
_FRAMING = 1024
_BATCH_BYTES = 256 * 1024
_TOPIC_WAIT = 15.0


class PublishError(RuntimeError):
    """Records that may not have reached Kafka; the publisher takes no more of them."""


class MessageTooLargeError(ValueError):
    """A record that no topic takes; nothing was sent, and the publisher goes on."""


class _Partition:
    """One partition's open batch, and the lock that keeps its full batches in order."""

    __slots__ = ("batch", "index", "lock", "topic")

    def __init__(self, topic: str, index: int) -> None:
        self.topic = topic
        self.index = index
        self.batch: BatchBuilder | None = None
        self.lock = asyncio.Lock()


class Publisher:
    """Writes records to Kafka; leaving its context waits until all are delivered.

    aiokafka's own ``send`` makes a future per record (50,000 a second); whole
    batches go at 130,000. They are still numbered per partition by the
    idempotent producer, so a retry neither doubles nor reorders.

    Args:
        settings: where Kafka is.
        linger: seconds that a batch that is not full waits for more records.
    """

    def __init__(self, settings: Settings, linger: float = 0.05) -> None:
        self._settings = settings
        self._linger = linger
        self._topics: dict[str, list[_Partition]] = {}
        self._pending: set[asyncio.Future] = set()
        self._shipping: set[asyncio.Task] = set()
        self._error: BaseException | None = None
        self._producer: AIOKafkaProducer | None = None
        self.delivered = 0
        """Records that Kafka has acknowledged on all in-sync replicas."""

    async def __aenter__(self) -> Self:
        producer = AIOKafkaProducer(
            **self._settings.kafka_options(),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=_BATCH_BYTES,
            request_timeout_ms=60_000,
        )
        bear_silence(producer.client)
        try:
            await producer.start()
        except ClusterAuthorizationFailedError as error:
            await close(producer)
            raise PublishError(forbidden(self._settings, "write any topic")) from error
        except KafkaError as error:
            await close(producer)
            silent = f"no Kafka broker answers at {self._settings.bootstrap_servers}: {error}"
            raise PublishError(await asyncio.to_thread(refusal, self._settings) or silent) from error
        self._producer = producer
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            for task in self._shipping:
                task.cancel()
            if self._producer is not None:
                await close(self._producer)

    def offer(self, topic: str, key: bytes, value: bytes) -> bool:
        """Put one record into its partition's open batch; False where `send` must do it, since it may have to wait."""
        partitions = self._topics.get(topic)
        if partitions is None or self._error is not None or len(value) > _BATCH_BYTES:
            return False
        batch = partitions[partition_of_recurring(key, len(partitions))].batch
        return batch is not None and batch.append(timestamp=None, key=key, value=value, headers=[]) is not None

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[Header] = (),
        partition: int | None = None,
    ) -> None:
        """Put one record into its partition's batch; waits only when that partition is behind.

        The partition is that of the key unless given.

        Raises:
            MessageTooLargeError: key, value and headers exceed what topics take.
            PublishError: an earlier record was lost, or the topic does not exist.
            ValueError: neither key nor partition is given, or there is no such partition.
        """
        if self._error is not None:
            raise self._failure()
        partitions = self._topics.get(topic) or await self._discover(topic)
        if partition is None:
            if key is None:
                raise ValueError(f"a record of {topic} needs a key or a partition")
            partition = partition_of_recurring(key, len(partitions))
        elif not 0 <= partition < len(partitions):
            raise ValueError(f"{topic} has partitions 0 to {len(partitions) - 1}, not {partition}")
        if value is not None and len(value) > _BATCH_BYTES:
            _refuse_oversize(topic, key, value, headers)
        target = partitions[partition]
        own_headers = [*headers]
        batch = target.batch or self._open(target)
        while batch.append(timestamp=None, key=key, value=value, headers=own_headers) is None:
            await self._ship(target, batch)
            batch = target.batch or self._open(target)

    async def flush(self) -> None:
        """Wait until everything sent so far is delivered.

        Raises:
            PublishError: some of it was not.
        """
        # A copy: while this waits, a record of another topic may be sent.
        for partitions in [*self._topics.values()]:
            for target in partitions:
                # Taking the lock also waits for a batch that is on its way out.
                async with target.lock:
                    pass
                if target.batch is not None:
                    await self._ship(target, target.batch)
        if self._pending:
            await asyncio.wait([*self._pending])
        if self._error is not None:
            raise self._failure()

    async def _discover(self, topic: str) -> list[_Partition]:
        producer = self._started()
        try:
            async with asyncio.timeout(_TOPIC_WAIT):
                found = await producer.partitions_for(topic)
        except TopicAuthorizationFailedError as error:
            raise PublishError(forbidden(self._settings, f"write {topic}")) from error
        except (KafkaError, TimeoutError) as error:
            raise PublishError(
                f"there is no topic {topic} at {self._settings.bootstrap_servers}: create it with `ioc topics`"
            ) from error
        return self._topics.setdefault(topic, [_Partition(topic, index) for index in sorted(found)])

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise PublishError("a publisher is used inside `async with`")
        return self._producer

    def _open(self, target: _Partition) -> BatchBuilder:
        batch = target.batch = self._started().create_batch()
        asyncio.get_running_loop().call_later(self._linger, self._ship_lingering, target, batch)
        return batch

    def _ship_lingering(self, target: _Partition, batch: BatchBuilder) -> None:
        if target.batch is batch and self._error is None:
            task = asyncio.create_task(self._ship(target, batch))
            self._shipping.add(task)
            task.add_done_callback(self._shipped)

    async def _ship(self, target: _Partition, batch: BatchBuilder) -> None:
        async with target.lock:
            if target.batch == batch:
                target.batch = None
                batch.close()
                future = await self._started().send_batch(batch, target.topic, partition=target.index)
                self._pending.add(future)
                future.add_done_callback(lambda done: self._acknowledged(done, target, batch.record_count()))

    def _shipped(self, task: asyncio.Task) -> None:
        self._shipping.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._error = self._error or error

    def _acknowledged(self, future: asyncio.Future, target: _Partition, records: int) -> None:
        self._pending.discard(future)
        if future.cancelled():
            self._error = self._error or PublishError(f"{records} records to {target.topic} were abandoned")
        elif (error := future.exception()) is not None:
            self._error = self._error or self._explain(error, target, records)
        else:
            self.delivered += records

    def _explain(self, error: BaseException, target: _Partition, records: int) -> PublishError:
        where = f"{target.topic} partition {target.index}: {records} records not delivered"
        match error:
            case MessageSizeTooLargeError():
                why = "larger than the topic's max.message.bytes; see `ioc topics` for its drift"
            case UnknownTopicOrPartitionError():
                why = "the topic has been deleted"
            case TopicAuthorizationFailedError():
                why = forbidden(self._settings, f"write {target.topic}")
            case _:
                why = f"{type(error).__name__}: {error}"
        return PublishError(f"{where}: {why}")

    def _failure(self) -> PublishError:
        failure = PublishError(f"publishing stopped after {self.delivered} delivered records: {self._error}")
        failure.__cause__ = self._error
        return failure


def _refuse_oversize(topic: str, key: bytes | None, value: bytes, headers: Sequence[Header]) -> None:
    size = _FRAMING + len(key or b"") + len(value) + sum(len(name) + len(text) for name, text in headers)
    if size > MAX_MESSAGE_BYTES:
        shown = "none" if key is None else key[:100].decode(errors="replace")
        raise MessageTooLargeError(
            f"{topic}: the record with key {shown} has {size} bytes with its frame, more than the "
            f"{MAX_MESSAGE_BYTES} that topics take: send less, or split it at the source"
        )
