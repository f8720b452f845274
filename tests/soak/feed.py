"""Publishing at a steady rate from a thread of its own, whatever happens to the broker."""

import asyncio
import threading
import time
from collections.abc import Iterator

from streams.publish import Publisher, PublishError
from streams.settings import Settings
from tests.soak.made_up import Message

_TURN = 0.05


class Feed:
    """Publishes messages until stopped.

    What an outage keeps from the topics is gone, as far as anybody knows: only what the topics hold counts.
    """

    def __init__(self, settings: Settings, messages: Iterator[Message], rate: float) -> None:
        self._settings = settings
        self._names = settings.names
        self._messages = messages
        self._rate = rate
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="feed", daemon=True)
        self._error: BaseException | None = None
        self.interruptions = 0
        """How often a publisher gave up and another one went on."""

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
            while not self._stopping.is_set():
                try:
                    async with Publisher(self._settings) as publisher:
                        await self._publish(publisher)
                except PublishError:
                    self.interruptions += 1
                    await asyncio.sleep(1.0)
        except BaseException as error:
            self._error = error
            raise

    async def _publish(self, publisher: Publisher) -> None:
        while not self._stopping.is_set():
            due = time.monotonic() + _TURN
            for _ in range(round(self._rate * _TURN)):
                message = next(self._messages)
                topic = self._names.events(message.subsystem)
                await publisher.send(topic, message.key, message.value, message.headers, message.partition)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
