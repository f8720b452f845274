"""Writing checkpoints: one Kafka transaction each, by one producer per partition index."""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalOperation,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from ioc.engine.store.keys import BARRIER
from ioc.events.records import Checkpoint, Record
from streams.kafka.closing import close
from streams.kafka.dead_letters import addressed
from streams.kafka.silence import begin_elsewhere
from streams.settings.settings import Settings

# Longer than any healthy transaction, shorter than aiokafka's request timeout, so that it never repeats a request
# on its own whose first copy may still arrive.
_TIME_LIMIT = 10.0
_BATCH_BYTES = 512 * 1024
_MAX_REQUEST_BYTES = 4 * 1024 * 1024

# Errors that no second attempt mends.
HOPELESS = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

# What aiokafka says of a producer that failed while it was used: it names the state it is in, not the cause. The system
# says that it has no socket or no time for it now.
_BROKEN = (KafkaError, AssertionError, IllegalOperation, OSError)


class Fenced(Exception):
    """Another worker owns this partition index now."""


class OutcomeUnknown(Exception):
    """The broker may or may not have taken the transaction: only the log can tell."""


class CheckpointWriter:
    """Writes one partition index' checkpoints. Opening it fences every earlier writer of the index.

    After an exception a writer is of no use: close it and open another one.
    """

    def __init__(self, settings: Settings, index: int) -> None:
        self._names = settings.names
        self._index = index
        self._producer = AIOKafkaProducer(
            **settings.kafka_options(),
            transactional_id=self._names.transactional_id(index),
            compression_type="zstd",
            max_batch_size=_BATCH_BYTES,
            max_request_size=_MAX_REQUEST_BYTES,
        )
        begin_elsewhere(self._producer.client)
        self.written: dict[str, int] = {}
        """By topic the offset of the barrier, before which everything is that any writer of the index ever wrote."""

    async def open(self) -> None:
        """Take the index over, ending what its former owner left open, and write the barrier.

        Raises:
            OutcomeUnknown: the broker did not answer.
        """
        await self._bounded(self._producer.start())
        await self._bounded(self._barrier())

    async def write(self, checkpoint: Checkpoint) -> None:
        """Write all of a checkpoint or nothing.

        Raises:
            Fenced: a newer writer exists.
            OutcomeUnknown: time-out, disconnect, or whatever else leaves it open.
        """
        await self._bounded(self._transaction(checkpoint))

    async def close(self) -> None:
        """Disconnect."""
        await close(self._producer)

    async def _bounded(self, work: Any) -> None:
        try:
            await asyncio.wait_for(work, _TIME_LIMIT)
        except ProducerFenced as error:
            raise Fenced(f"partition {self._index}") from error
        except HOPELESS:
            raise
        except _BROKEN as error:
            raise OutcomeUnknown(f"partition {self._index}: {error!r}") from error

    async def _barrier(self) -> None:
        async with self._producer.transaction():
            for topic in (self._names.state, self._names.figures):
                batch = self._producer.create_batch()
                _append(batch, Record(BARRIER, None))
                self.written[topic] = (await (await self._send_batch(topic, batch))).offset

    async def _transaction(self, checkpoint: Checkpoint) -> None:
        producer, names = self._producer, self._names
        dead_letters = [addressed(names, record) for record in checkpoint.dead_letters]
        deliveries: list[asyncio.Future[Any]] = []
        try:
            await producer.begin_transaction()
            await self._send(names.state, checkpoint.state, deliveries)
            await self._send(names.figures, checkpoint.figures, deliveries)
            await self._send(names.dead_letters, dead_letters, deliveries)
        except _BROKEN:
            # What it was sending knows the cause.
            await asyncio.gather(*deliveries)
            raise
        await asyncio.gather(*deliveries)
        await producer.commit_transaction()

    async def _send(self, topic: str, records: Iterable[Record], deliveries: list[asyncio.Future[Any]]) -> None:
        batch = self._producer.create_batch()
        for record in records:
            if not _append(batch, record):
                deliveries.append(await self._send_batch(topic, batch))
                batch = self._producer.create_batch()
                _append(batch, record)
        if batch.record_count():
            deliveries.append(await self._send_batch(topic, batch))

    async def _send_batch(self, topic: str, batch: Any) -> asyncio.Future[Any]:
        delivery: asyncio.Future[Any] = await self._producer.send_batch(batch, topic, partition=self._index)
        # One failure stands for all: asyncio need not report each of the others as forgotten.
        delivery.add_done_callback(lambda done: done.cancelled() or done.exception())
        return delivery


def _append(batch: Any, record: Record) -> bool:
    added = batch.append(timestamp=None, key=record.key, value=record.value, headers=list(record.headers))
    return added is not None
