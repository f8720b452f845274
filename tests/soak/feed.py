"""Publishing at a steady rate from a thread of its own, whatever happens to the brokers."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from random import Random

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ioc.events.partitioning import partition_of
from streams.kafka.producer import Publisher, PublishError
from streams.kafka.topics import MAX_MESSAGE_BYTES
from streams.settings.settings import Settings
from tests.soak.made_up import Message

_TURN = 0.05
_TURNS_TO_FLUSH = 20

_TRANSACTIONS = 0.1
"""Share of the messages that is sent in transactions."""
_ABORTED = 0.3
"""Share of the transactions that is taken back."""


Fingerprint = tuple[str, int]
"""A subsystem, and what its record says."""


def fingerprint(
    subsystem: str, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
) -> Fingerprint:
    """What a record is known by in its topic; those that say the same have the same."""
    return subsystem, hash((key, value, *map(tuple, headers)))


def _says(message: Message) -> Fingerprint:
    return fingerprint(message.subsystem, message.key, message.value, message.headers)


class Feed:
    """Publishes messages until stopped, some in transactions of which some are aborted.

    What an outage keeps from the topics is gone, as far as anybody knows: only what the topics hold counts, which is at
    least what was acknowledged.
    """

    def __init__(self, settings: Settings, messages: Iterator[Message], rate: float, random: Random) -> None:
        self._settings = settings
        self._names = settings.names
        self._messages = messages
        self._rate = rate
        self._random = random
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="feed", daemon=True)
        self._error: BaseException | None = None
        self.interruptions = 0
        """How often a publisher gave up and another one went on."""
        self.acknowledged: Counter[Fingerprint] = Counter()
        """What the brokers said that they have."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop when what was sent has arrived; raises what ended the feed before."""
        self._stopping.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    async def _run(self) -> None:
        try:
            await asyncio.gather(self._again_and_again(self._plainly), self._again_and_again(self._in_transactions))
        except BaseException as error:
            self._error = error
            raise

    async def _again_and_again(self, publish: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            try:
                await publish()
            except (PublishError, KafkaError):
                self.interruptions += 1
                await asyncio.sleep(1.0)

    async def _plainly(self) -> None:
        async with Publisher(self._settings) as publisher:
            while not self._stopping.is_set():
                sent = []
                for _ in range(_TURNS_TO_FLUSH):
                    due = time.monotonic() + _TURN
                    for _ in range(round(self._rate * (1 - _TRANSACTIONS) * _TURN)):
                        message = next(self._messages)
                        topic = self._names.events(message.subsystem)
                        await publisher.send(topic, message.key, message.value, message.headers, message.partition)
                        sent.append(_says(message))
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                await publisher.flush()
                self.acknowledged.update(sent)

    async def _in_transactions(self) -> None:
        options = self._settings.kafka_options()
        producer = AIOKafkaProducer(**options, transactional_id="soak", max_request_size=MAX_MESSAGE_BYTES)
        try:
            await producer.start()
            while not self._stopping.is_set():
                await self._transaction(producer, messages := self._random.randint(1, 40))
                await asyncio.sleep(messages / (self._rate * _TRANSACTIONS))
        finally:
            await producer.stop()

    async def _transaction(self, producer: AIOKafkaProducer, messages: int) -> None:
        await producer.begin_transaction()
        sent, says = [], []
        for message in islice(self._messages, messages):
            says.append(_says(message))
            topic = self._names.events(message.subsystem)
            partition = message.partition
            if partition is None:
                partition = partition_of(message.key, self._settings.partitions)
            record = {"key": message.key, "value": message.value, "headers": message.headers}
            sent.append(await producer.send(topic, partition=partition, **record))
        await asyncio.gather(*sent)
        if self._random.random() < _ABORTED:
            await producer.abort_transaction()
        else:
            await producer.commit_transaction()
            self.acknowledged.update(says)
