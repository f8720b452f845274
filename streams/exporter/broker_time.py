"""The wall clock held against the broker's, which stamps every record: whoever reads figures at a wrong hour is wrong.

A record that is read as soon as it is appended tells what the broker's clock said a moment ago. What was read late
tells an earlier time; so of the last reads the one that tells the latest is believed.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable

TOLERANCE = 30.0
"""Seconds that the two clocks may differ: a clock that is kept differs by less, and reads are not that late."""
_READS = 32
"""Reads that are remembered: enough to outlast one that was late, few enough to follow a broker that was set right."""


class BrokerTime:
    """Tells the time in seconds since the epoch, by the wall clock unless the broker's says that it is wrong."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._ahead: deque[float] = deque(maxlen=_READS)
        """By how much the broker's clock was ahead of the monotonic one, as each read tells it."""

    def read(self, appended: Iterable[int]) -> None:
        """Records were read that had just been appended, at these times by the broker (ms since the epoch)."""
        newest = max(appended, default=None)
        if newest is not None:
            self._ahead.append(newest / 1000 - self._monotonic())

    def now(self) -> float:
        """The time."""
        return self._wall() if self.skew is None else self._monotonic() + max(self._ahead)

    @property
    def skew(self) -> float | None:
        """Seconds that the wall clock is ahead of the broker's; None where that is little, or nothing was read yet."""
        if not self._ahead:
            return None
        skew = self._wall() - self._monotonic() - max(self._ahead)
        return skew if abs(skew) > TOLERANCE else None
