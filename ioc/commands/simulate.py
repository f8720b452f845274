"""``ioc simulate``: a scenario or the live simulator into the topics."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable

from ioc.scenarios.events import Event
from streams.names import Names
from streams.publish import Publisher
from streams.settings import Settings

Advance = Callable[[int], None]
"""Told every now and then how many events were sent since the last time."""

_BETWEEN_REPORTS = 2_000


async def publish_events(settings: Settings, events: Iterable[Event], speed: float | None, advance: Advance) -> int:
    """Send events in their order: as fast as possible, or ``speed`` times as fast as they happened.

    Returns how many were delivered. Raises PublishError.
    """
    names = Names(settings.topic_prefix)
    topics = {}
    async with Publisher(settings) as publisher:
        sent = 0
        async for event in _paced(events, speed):
            topic = topics.get(event.subsystem) or topics.setdefault(event.subsystem, names.events(event.subsystem))
            await publisher.send(topic, event.key, event.value)
            sent += 1
            if sent % _BETWEEN_REPORTS == 0:
                advance(_BETWEEN_REPORTS)
                # What was sent must also get on its way.
                await asyncio.sleep(0)
        await publisher.flush()
        advance(sent % _BETWEEN_REPORTS)
        return publisher.delivered


async def _paced(events: Iterable[Event], speed: float | None) -> AsyncIterator[Event]:
    if speed is None:
        for event in events:
            yield event
        return
    started, first = time.monotonic(), None
    for event in events:
        first = event.time if first is None else first
        ahead = (event.time - first) / speed - (time.monotonic() - started)
        if ahead > 0:
            await asyncio.sleep(ahead)
        yield event
