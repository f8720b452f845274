"""Delivering what the store holds: each message until it is there or refused, several at once."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import tenacity

from ioc.notices.channels import marked
from streams.relay.outcome import Refused, Unreachable
from streams.relay.senders import Sender
from streams.relay.store import Delivery, Store

_log = logging.getLogger(__name__)

AT_ONCE = 8
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0


class Courier:
    """Delivers at least once: what may have arrived is sent again, marked as a possible duplicate."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[tuple[str, str], Sender],
        now: Callable[[], float],
        *,
        installation: str,
        give_up_after: float,
    ) -> None:
        """Args:
        senders: by contact and address.
        installation: first part of every message's identity, which tells receivers what is a duplicate.
        give_up_after: seconds after which an undelivered message is of no use any more.
        """
        self._store, self._senders, self._now = store, senders, now
        self._installation, self._give_up_after = installation, give_up_after
        self._waiting = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    def wake(self) -> None:
        """There may be something new in the store."""
        self._waiting.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                self._waiting.clear()
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
        try:
            await self._until_delivered(delivery)
        except Refused as error:
            self._refuse(delivery, str(error))
        except Unreachable as error:
            self._refuse(delivery, f"given up after {self._give_up_after:.0f} s: {error}")
        except Exception:
            # Its own fault must not stop the others; it stays in the store and is tried after a restart.
            _log.exception("delivery %d to %s failed", delivery.id, delivery.contact)
        else:
            self._running.pop(delivery.id)

    async def _until_delivered(self, delivery: Delivery) -> None:
        sender = self._senders.get((delivery.contact, delivery.address))
        if sender is None:
            raise Refused("the contact has no such channel any more")
        left = self._give_up_after - (self._now() - delivery.created_at)
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Unreachable),
            wait=tenacity.wait_exponential_jitter(multiplier=FIRST_WAIT, max=LONGEST_WAIT, jitter=FIRST_WAIT / 2),
            stop=tenacity.stop_after_delay(max(left, 0)),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                await self._attempt(delivery, sender)

    async def _attempt(self, delivery: Delivery, sender: Sender) -> None:
        async with self._slots:
            doubtful = self._store.attempting(delivery.id)
            payload = marked(delivery.channel, delivery.payload) if doubtful else delivery.payload
            try:
                receipt = await sender.send(payload, f"{self._installation}-{delivery.id}")
            except Unreachable as error:
                _log.warning("%s to %s by %s: %s", delivery.kind, delivery.contact, delivery.channel, error)
                self._store.attempt_failed(delivery.id, str(error), doubtful=error.doubtful)
                raise
            self._store.delivered(delivery.id, receipt, self._now())
            _log.info("%s to %s by %s: delivered", delivery.kind, delivery.contact, delivery.channel)

    def _refuse(self, delivery: Delivery, why: str) -> None:
        _log.error("%s to %s by %s is not delivered: %s", delivery.kind, delivery.contact, delivery.channel, why)
        self._store.refused(delivery.id, why, self._now())
        self._running.pop(delivery.id, None)
