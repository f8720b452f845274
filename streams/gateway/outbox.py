"""Events on their way to Kafka: delivered when all in-sync replicas have acknowledged them, and told so only then."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ioc.events.admission import Admitted
from ioc.events.partitioning import partition_of_recurring
from streams.kafka.closing import close
from streams.kafka.producer import PublishError
from streams.kafka.silence import bear_silence
from streams.settings.settings import Settings
from streams.web.together import together

log = logging.getLogger(__name__)

_BATCH_BYTES = 256 * 1024
_LINGER_MS = 5
_LOOK = 2.0
_FRAME = 512
"""Bytes that a record takes in memory beside its key and value, roughly."""


class NotAcknowledged(RuntimeError):
    """Kafka has not said in time that it has all of the events; some may be there, or come to be."""


class Full(RuntimeError):
    """Too many events wait for Kafka; none of these was taken."""


class Outbox:
    """Delivers the events of many requests at once, by an idempotent producer that outlives a broker's restart.

    Args:
        patience: seconds that a delivery may take.
        room: bytes that may wait for Kafka.
    """

    def __init__(self, settings: Settings, subsystems: Sequence[str], patience: float, room: int) -> None:
        self._settings = settings
        self._topics = {slug: settings.names.events(slug) for slug in subsystems}
        self._partitions: dict[str, int] = {}
        self._patience = patience
        self._room = room
        self._producer: AIOKafkaProducer | None = None
        self._broken: asyncio.Queue[AIOKafkaProducer] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self.waiting_bytes = 0
        """Of events that Kafka has not acknowledged yet."""
        self._answered = 0.0

    async def __aenter__(self) -> Self:
        self._producer = await self._connect()
        try:
            for slug, topic in self._topics.items():
                async with asyncio.timeout(self._patience):
                    self._partitions[slug] = len(await self._producer.partitions_for(topic))
        except (KafkaError, TimeoutError) as error:
            await close(self._producer)
            raise PublishError(
                f"there is no topic {topic} at {self._settings.bootstrap_servers}: create it with `ioc topics`"
            ) from error
        self._answered = time.monotonic()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._producer is not None:
            await close(self._producer)

    async def run(self) -> None:
        """Keep the connection to Kafka until cancelled: see whether it answers, make it anew where it broke."""
        await together(self._watch(), self._mend())

    @property
    def unready(self) -> list[str]:
        """Why nothing can be delivered now; empty where it can."""
        silent = time.monotonic() - self._answered
        return [f"Kafka has not answered for {silent:.0f} s"] if silent > 2 * _LOOK + 1 else []

    async def deliver(self, events: Sequence[Admitted]) -> None:
        """Return once all events are acknowledged.

        Raises:
            Full: too much waits already.
            NotAcknowledged: it took too long, or Kafka refused some.
        """
        size = sum(len(event.key) + len(event.value) + _FRAME for event in events)
        if self.waiting_bytes and self.waiting_bytes + size > self._room:
            raise Full(f"{self.waiting_bytes:,} bytes wait for Kafka")
        sending = self._start(self._send(events, size))
        done, _ = await asyncio.wait([sending], timeout=self._patience)
        if not done:
            # They stay on their way: the producer does not give up, and their place is taken until then.
            raise NotAcknowledged(f"Kafka has not acknowledged all events within {self._patience:g} s")
        if sending.cancelled():
            raise NotAcknowledged("the gateway stops")
        if (error := sending.exception()) is not None:
            raise NotAcknowledged(f"Kafka did not take all events: {type(error).__name__}") from error

    async def _send(self, events: Sequence[Admitted], size: int) -> None:
        producer = self._current()
        self.waiting_bytes += size
        try:
            acknowledgements = [
                await producer.send(
                    self._topics[event.subsystem],
                    value=event.value,
                    key=event.key,
                    partition=partition_of_recurring(event.key, self._partitions[event.subsystem]),
                    headers=[*event.headers],
                )
                for event in events
            ]
            results = await asyncio.gather(*acknowledgements, return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
        except KafkaError as error:
            log.error("events not acknowledged: %s: %s", type(error).__name__, error)
            self._give_up(producer)
            raise
        finally:
            self.waiting_bytes -= size

    def _current(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise KafkaError("the connection to Kafka is being made anew")
        return self._producer

    def _give_up(self, broken: AIOKafkaProducer) -> None:
        """Have a producer made anew: after a lost batch its numbering has a hole, which brokers do not take."""
        if self._producer is broken:
            self._producer = None
            self._broken.put_nowait(broken)

    async def _mend(self) -> None:
        while True:
            await close(await self._broken.get())
            while self._producer is None:
                try:
                    self._producer = await self._connect()
                except PublishError as error:
                    log.error("%s", error)
                    await asyncio.sleep(_LOOK)

    async def _watch(self) -> None:
        while True:
            if self._producer is not None:
                # One that is closed meanwhile may never answer.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        if await self._producer.client.force_metadata_update():
                            self._answered = time.monotonic()
            await asyncio.sleep(_LOOK)

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._settings.kafka_options(),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=_BATCH_BYTES,
            linger_ms=_LINGER_MS,
            request_timeout_ms=round(self._patience * 1000),
        )
        bear_silence(producer.client)
        try:
            await producer.start()
        except KafkaError as error:
            await close(producer)
            servers = self._settings.bootstrap_servers
            raise PublishError(f"no Kafka broker answers at {servers}: {error}") from error
        return producer

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # Read, so that asyncio does not tell of it: who waited has been told.
            task.exception()
