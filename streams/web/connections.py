"""The connections of one server: how many there may be, and how long each may take."""

import asyncio
import logging
from enum import IntEnum
from typing import Protocol

_log = logging.getLogger(__name__)
_LOOK = 1.0


class Phase(IntEnum):
    """What a connection waits for; where there are too many, the first of these go first."""

    HANDSHAKE = 0
    """The client's part of a TLS handshake."""
    HEAD = 1
    """The first lines of a request."""
    IDLE = 2
    """Another request."""
    BODY = 3
    """The rest of a request."""
    ANSWER = 4
    """The answer, or the client that is to take it: those are never given up for a new one."""


SECONDS = {Phase.HANDSHAKE: 10.0, Phase.HEAD: 10.0, Phase.IDLE: 75.0, Phase.BODY: 40.0, Phase.ANSWER: 120.0}
"""How long a connection may be in a phase; the longest idle time is longer than any of our clients leaves one so."""

MOST = 200
"""Connections to one server: far more than honest clients need, far fewer than a process may have files open."""


class Connection(Protocol):
    """One connection, as it is to be judged."""

    @property
    def phase(self) -> Phase: ...

    @property
    def since(self) -> float:
        """When the phase began, by the event loop's clock."""

    def drop(self) -> None:
        """End it now."""


class Connections:
    """Who is connected to a server. Where all places are taken, a new client gets that of one who has not spoken yet.

    Args:
        most: places.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: set[Connection] = set()
        self._told = -60.0

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, new: Connection) -> bool:
        """Give a new connection a place; False where every other one is being answered."""
        if len(self._open) >= self._most:
            waiting = [each for each in self._open if each.phase is not Phase.ANSWER]
            self._tell_full()
            if not waiting:
                return False
            longest = min(waiting, key=lambda each: (each.phase, each.since))
            self._open.discard(longest)
            longest.drop()
        self._open.add(new)
        return True

    def leave(self, connection: Connection) -> None:
        """It has ended."""
        self._open.discard(connection)

    async def watch(self) -> None:
        """End what takes too long, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            now = asyncio.get_running_loop().time()
            for connection in [each for each in self._open if now - each.since > SECONDS[each.phase]]:
                connection.drop()

    def _tell_full(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told >= 60:
            self._told = now
            _log.warning("%d connections are open: new ones take the place of those that say nothing", self._most)
