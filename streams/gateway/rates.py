"""How much a sender may send: events and bytes a second, and what it may have in the gateway's hands at once."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVENT_BYTES = 1024
"""A request counts for as many events as it has, or as these would be that fill its bytes, whichever are more."""


class RateLimit:
    """A bucket that fills evenly and may be overdrawn once, so that no batch is too large for it.

    Args:
        per_second: events that it gains a second.
        burst: events that it holds at most, so that a feed may send its backlog at once.
        clock: seconds that never go back.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._level = burst
        self._looked = clock()

    def wait(self) -> float:
        """0 where a request may be read now, else the seconds after which it may."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._looked) * self._per_second)
        self._looked = now
        return (1 - self._level) / self._per_second if self._level <= 0 else 0.0

    def spend(self, events: int, size: int) -> None:
        """Take a request out that was read, whether its events were good or not; ``size`` in bytes, unpacked."""
        self._level -= max(1.0, events, size / EVENT_BYTES)


class NoRoom(Exception):
    """What is there must be done with first."""


class Hands:
    """The requests that are being read, of all senders: a slow one takes no place from another.

    Args:
        requests: that one sender may have in progress.
        room: bytes of bodies that all may have there, of which one sender may have a half.
    """

    def __init__(self, requests: int, room: int) -> None:
        self._requests = requests
        self._room = room
        self._of_sender: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    @contextmanager
    def request(self, sender: str) -> Iterator[Callable[[int], None]]:
        """Hold a request of a sender; yields what is to be told of each further piece of its body, in bytes.

        Raises NoRoom, also where a piece finds none.
        """
        if self._of_sender[sender] >= self._requests:
            raise NoRoom(f"{sender} has {self._requests} requests in progress already")
        self._of_sender[sender] += 1
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if self._bytes[sender] + size > self._room // 2 or self._bytes.total() + size > self._room:
                raise NoRoom(f"{self._bytes.total():,} bytes are being read")
            self._bytes[sender] += size
            taken += size

        try:
            yield take
        finally:
            self._of_sender[sender] -= 1
            self._bytes[sender] -= taken
