"""How many events a second a feed may send."""

import time
from collections.abc import Callable


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

    def take(self, events: int) -> float:
        """Take events out; 0 if that was granted, else the seconds after which it will be."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._looked) * self._per_second)
        self._looked = now
        if self._level <= 0:
            return (1 - self._level) / self._per_second
        self._level -= events
        return 0.0
