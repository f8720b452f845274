"""How far the source topics have been appended to, and so how far the figures are behind."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from kafka.errors import KafkaError

from ioc.board import Board
from streams.settings import Settings
from streams.topics import TopicAdmin, topic_admin

log = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks."""


class SourceEnds:
    """The next offset of every partition of the source topics, as of the last look."""

    def __init__(self, settings: Settings, subsystems: Iterable[str]) -> None:
        self._settings = settings
        self._topics = {settings.names.events(slug): slug for slug in subsystems}
        self._ends: dict[tuple[str, int], int] | None = None

    @property
    def known(self) -> bool:
        """Whether there was a look."""
        return self._ends is not None

    async def watch(self, looked: Callable[[], None] = lambda: None) -> None:
        """Look until cancelled; ``looked`` is told of every look. Raises TopicError: no broker answers."""
        connection = ExitStack()
        admin = await asyncio.to_thread(connection.enter_context, topic_admin(self._settings))
        try:
            while True:
                try:
                    self._ends = await asyncio.to_thread(self._look, admin)
                    looked()
                except KafkaError as error:
                    # A broker that restarts is no reason to take the wall down; /healthz tells if it lasts.
                    log.warning("cannot see the ends of the source topics: %r", error)
                await asyncio.sleep(_LOOK)
        finally:
            await asyncio.to_thread(connection.close)

    def lag(self, board: Board) -> dict[tuple[str, int], int]:
        """Records appended and not yet in the figures, by subsystem and partition."""
        positions = {
            (slug, partition): source.position
            for slug in self._topics.values()
            for partition, source in board.sources(slug).items()
        }
        return {place: max(0, end - max(0, positions.get(place, 0))) for place, end in (self._ends or {}).items()}

    def _look(self, admin: TopicAdmin) -> dict[tuple[str, int], int]:
        return {
            (self._topics[state.name], partition): end
            for state in admin.states()
            if state.name in self._topics
            for partition, end in state.end_offsets.items()
        }
