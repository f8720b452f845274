"""Delivering what the store holds: each message until it is there, refused or given up."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

import tenacity

from ioc.notices.channels import Channel, marked
from streams.relay.outcome import Refused, Unreachable
from streams.relay.senders import Sender
from streams.relay.store import Delivery, Store
from streams.relay.supervision import Supervision
from streams.web.database import StoreError

_log = logging.getLogger(__name__)
_Kept = TypeVar("_Kept")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two attempts."""
LONGEST_ATTEMPT = 45.0
"""Seconds after which an attempt is over, whatever the other side does."""
STORE_WAIT = 1.0
"""Seconds until a database that could not be written is tried again."""


class Courier:
    """Delivers at least once: what may have arrived is sent again, marked as a possible duplicate."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[tuple[str, str], Sender],
        now: Callable[[], float],
        steps: Supervision,
        *,
        installation: str,
        give_up_after: float,
    ) -> None:
        """Args:
        senders: by contact and address.
        installation: first part of every message's identity, which tells receivers what is a duplicate.
        give_up_after: seconds after which an undelivered message is of no use any more.
        """
        self._store, self._senders, self._now, self._steps = store, senders, now, steps
        self._installation, self._give_up_after = installation, give_up_after
        self._waiting = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}
        # One attempt at a time at each address: a dead gateway takes no other address' turn.
        self._attempts: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    def wake(self) -> None:
        """There may be something new in the store."""
        self._waiting.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                self._waiting.clear()
                with self._steps.step("deliveries"):
                    for delivery in self._store.pending():
                        if delivery.id not in self._running:
                            self._running[delivery.id] = asyncio.create_task(self._deliver(delivery))
                await self._waiting.wait()
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, delivery: Delivery) -> None:
        """To its end. Should this itself fail, the message is still in the store, and is taken up at the next wake."""
        try:
            with self._steps.step("delivery"):
                await self._until_delivered(delivery)
        finally:
            self._running.pop(delivery.id, None)

    async def _until_delivered(self, delivery: Delivery) -> None:
        left = self._give_up_after - (self._now() - delivery.created_at)
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Unreachable),
            wait=tenacity.wait_exponential_jitter(multiplier=FIRST_WAIT, max=LONGEST_WAIT, jitter=FIRST_WAIT / 2),
            stop=tenacity.stop_after_delay(max(left, 0)),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    await self._attempt(delivery)
        except Refused as error:
            await self._refuse(delivery, str(error))
        except Unreachable as error:
            await self._refuse(delivery, f"given up after {self._give_up_after:.0f} s: {error}")

    async def _attempt(self, delivery: Delivery) -> None:
        """Raises Refused and Unreachable."""
        async with self._attempts[delivery.contact, delivery.address]:
            doubtful = await self._kept(lambda: self._store.attempting(delivery.id))
            try:
                receipt = await self._sent(delivery, doubtful=doubtful)
            except Unreachable as error:
                _log.warning("%s to %s by %s: %s", delivery.kind, delivery.contact, delivery.channel, error)
                failed, reason, perhaps = self._store.attempt_failed, str(error), error.doubtful
                await self._kept(lambda: failed(delivery.id, reason, doubtful=perhaps))
                raise
            await self._kept(lambda: self._store.delivered(delivery.id, receipt, self._now()))
            _log.info("%s to %s by %s: delivered", delivery.kind, delivery.contact, delivery.channel)

    async def _sent(self, delivery: Delivery, *, doubtful: bool) -> str:
        """The receipt. Raises Refused and Unreachable, also for what nobody thought of."""
        sender = self._senders.get((delivery.contact, delivery.address))
        if sender is None:
            raise Refused("the contact has no such channel any more")
        identity = f"{self._installation}-{delivery.created_at:.0f}-{delivery.id}"
        try:
            content = delivery.content()
            payload = marked(Channel(delivery.channel), content) if doubtful else content
            async with asyncio.timeout(LONGEST_ATTEMPT):
                return await sender.send(payload, identity)
        except (Refused, Unreachable):
            raise
        except TimeoutError:
            raise Unreachable(f"no answer within {LONGEST_ATTEMPT:.0f} s", doubtful=True) from None
        except Exception as error:
            _log.exception("%s to %s by %s failed", delivery.kind, delivery.contact, delivery.channel)
            raise Unreachable(f"{type(error).__name__} in the relay", doubtful=True) from None

    async def _refuse(self, delivery: Delivery, why: str) -> None:
        _log.error("%s to %s by %s is not delivered: %s", delivery.kind, delivery.contact, delivery.channel, why)
        await self._kept(lambda: self._store.refused(delivery.id, why, self._now()))

    async def _kept(self, write: Callable[[], _Kept]) -> _Kept:
        """What was written, however long the database could not be: a message that is there is not sent again."""
        while True:
            try:
                return write()
            except StoreError as error:
                _log.warning("%s; it is tried again", error)
                await asyncio.sleep(STORE_WAIT)
