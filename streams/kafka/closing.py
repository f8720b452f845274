"""Kafka clients are closed within a limit: a dead broker would hold them up for as long as a request may take."""

import asyncio
import logging
from typing import Protocol

log = logging.getLogger(__name__)

_LIMIT = 1.0
"""Seconds that whoever closes a client waits for it."""

# Kept from the garbage collector until they are done.
_closing: set[asyncio.Task[None]] = set()


class Client(Protocol):
    """One of aiokafka's."""

    async def stop(self) -> None: ...


async def close(client: Client) -> None:
    """Disconnect a client; what takes longer than a second goes on in the background."""
    closing = asyncio.create_task(client.stop())
    _closing.add(closing)
    closing.add_done_callback(_closed)
    await asyncio.wait([closing], timeout=_LIMIT)


def _closed(closing: asyncio.Task[None]) -> None:
    _closing.discard(closing)
    if not closing.cancelled() and (error := closing.exception()) is not None:
        log.debug("A client of Kafka's ended with %r", error)
