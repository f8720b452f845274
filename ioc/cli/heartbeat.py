"""``ioc heartbeat``: a feed of rare events says that it lives, by hand, from cron, or for as long as it runs."""

import asyncio
import uuid
from datetime import UTC, datetime

from rich.console import Console

from ioc.catalogue.faults import nearest
from ioc.catalogue.feeds import feed_names, heartbeat_of
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.cli.installation import catalogue_of
from ioc.events.decoding import EventDecoder
from ioc.events.writing import EventWriter
from ioc.time.durations import Duration
from streams.kafka.producer import Publisher
from streams.process import running
from streams.settings.settings import Settings


class UnknownFeed(ValueError):
    """There is no feed of this name, or it has no heartbeat."""


def feed_named(catalogue: Catalogue, name: str) -> tuple[Subsystem, str]:
    """The subsystem and slug of a feed by its full name, `subsystem.feed`. Raises UnknownFeed."""
    known = feed_names(catalogue.subsystems)
    if name not in known:
        fix = nearest(name, known, f"write one as `subsystem.feed`, such as {known[0]}")
        raise UnknownFeed(f"there is no feed {name!r}: {fix}")
    slug, _, feed = name.partition(".")
    return catalogue.subsystems[slug], feed


def heartbeat(settings: Settings, name: str, every: Duration | None, console: Console) -> None:
    """Send one heartbeat, or one ``every`` so long until told to stop; a line for each that Kafka acknowledged.

    Raises UnknownFeed, CatalogueError, PublishError.
    """
    subsystem, feed = feed_named(catalogue_of(settings), name)
    if not subsystem.feeds[feed].heartbeat:
        raise UnknownFeed(f"{name} has no heartbeat: its events are its sign of life; else add `heartbeat: true` to it")
    running.run(_beat(settings, subsystem, feed, every, console))


async def _beat(settings: Settings, subsystem: Subsystem, feed: str, every: Duration | None, console: Console) -> None:
    # Units play no part in a heartbeat.
    writer = EventWriter(subsystem, EventDecoder(subsystem, ()), f"/{subsystem.subsystem}/{feed}")
    topic = settings.names.events(subsystem.subsystem)
    async with Publisher(settings) as publisher:
        while True:
            now = datetime.now(UTC)
            await publisher.send(topic, *writer.write(heartbeat_of(feed), uuid.uuid4().hex, now, {}))
            await publisher.flush()
            console.print(
                f"{subsystem.subsystem}.{feed}: heartbeat of {now:%Y-%m-%dT%H:%M:%SZ} delivered", highlight=False
            )
            if every is None:
                return
            await asyncio.sleep(every.seconds)
