"""Which prefix is live: a replay that was promoted takes the place of the one whose events it read."""

import asyncio

from streams.kafka.log_reader import read_latest
from streams.kafka.producer import Publisher
from streams.kafka.topics import TopicAdmin, topic_admin
from streams.settings.names import Names
from streams.settings.settings import Settings

_KEY = b"live"


class PromotionError(RuntimeError):
    """A replay that cannot become the live one; the message says why."""


def live_settings(settings: Settings) -> Settings:
    """The settings of the prefix that is live for the one they name: another one where a replay was promoted.

    Raises:
        TopicError: no broker answers.
        LogError: what was promoted cannot be read.
    """
    if settings.source_prefix is not None:
        return settings
    pointer = settings.names.live
    with topic_admin(settings) as admin:
        if not admin.exists(pointer):
            return settings
    records = asyncio.run(read_latest(settings, pointer))[0]
    promoted = records.get(_KEY, settings.topic_prefix.encode()).decode()
    if promoted == settings.topic_prefix:
        return settings
    return settings.model_copy(update={"topic_prefix": promoted, "source_prefix": settings.topic_prefix})


def refuse_unready(settings: Settings, behind: int, most: int) -> None:
    """Raises PromotionError where a replay has more than ``most`` records before it, or replays nobody else's events.

    ``behind`` is how many records it has not applied.
    """
    source = settings.source_prefix
    if source is None or source == settings.topic_prefix:
        raise PromotionError(f"{settings.topic_prefix} reads its own events: there is nothing to promote it over")
    if behind > most:
        raise PromotionError(
            f"{settings.topic_prefix} is {behind:,} records behind the events of {source}: let `ioc replay` go on, "
            f"and promote it when at most {most:,} are left"
        )


def make_live(settings: Settings) -> None:
    """Let the prefix of these settings take the place of the one whose events it reads. Raises TopicError."""
    pointer = Names(settings.source_prefix or settings.topic_prefix).live
    with topic_admin(settings) as admin:
        admin.ensure_pointer(pointer)
    asyncio.run(_write(settings, pointer))


async def _write(settings: Settings, pointer: str) -> None:
    async with Publisher(settings) as publisher:
        await publisher.send(pointer, _KEY, settings.topic_prefix.encode())


def ends(admin: TopicAdmin, names: Names) -> dict[tuple[str, int], int]:
    """The next offset of every source partition, by subsystem and partition index."""
    head = names.events("")
    return {
        (names.subsystem(state.name), partition): end
        for state in admin.states()
        if state.name.startswith(head)
        for partition, end in state.end_offsets.items()
    }
