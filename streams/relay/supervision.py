"""What is done again and again, and must go on whatever one step of it runs into."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

LONGEST_PAUSE = 180.0
"""Seconds between two rounds; one alone may take a minute."""

_log = logging.getLogger(__name__)


class Supervision:
    """The steps of a process: one that fails is told once for each reason, counted, and taken again later."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.failures: Counter[str] = Counter()
        """By step."""
        self.last_round = now()
        """When all steps were last gone through, at first when it all began; seconds since the epoch."""
        self._now = now
        self._told: dict[str, str] = {}

    def step(self, name: str, *, ours: bool = True) -> "_Step":
        """A context: nothing that goes wrong within is seen outside. What another's absence does is not ``ours``."""
        return _Step(self, name, ours)

    @property
    def stuck(self) -> list[str]:
        """Why it is to be started anew: nothing at all is seen to any more."""
        age = self._now() - self.last_round
        return [f"no round for {age:.0f} s"] if age > LONGEST_PAUSE else []

    def failed(self, name: str, error: Exception, *, ours: bool) -> None:
        self.failures[name] += ours
        if self._told.get(name) != repr(error):
            self._told[name] = repr(error)
            # Of what is not there, such as a locked file or a server, the place in the program says nothing.
            _log.error("%s: %s; it is tried again", name, error, exc_info=not isinstance(error, OSError))

    def succeeded(self, name: str) -> None:
        self._told.pop(name, None)


@dataclass(frozen=True)
class _Step:
    supervision: Supervision
    name: str
    ours: bool

    def __enter__(self) -> None:
        """Nothing is needed to begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            self.supervision.succeeded(self.name)
        elif isinstance(error, Exception):
            self.supervision.failed(self.name, error, ours=self.ours)
            return True
        return False
