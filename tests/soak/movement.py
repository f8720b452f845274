"""How long figures stood still though events came, as who looks at any of the exporters sees it."""

import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ioc.kpis.metric_names import EVENTS_CONSUMED, SOURCE_LAG_SECONDS, SOURCE_OPEN_TRANSACTION
from tests.soak.installation import Installation

_LOOK = 1.0
"""Seconds between two looks."""


def consumed(page: Iterable[str]) -> dict[str, float]:
    """The events of each subsystem that a page of metrics knows of."""
    return _by_subsystem(page, EVENTS_CONSUMED)


def _by_subsystem(page: Iterable[str], name: str) -> dict[str, float]:
    return {line.split('"')[1]: float(line.rpartition(" ")[2]) for line in page if line.startswith(f"{name}{{")}


class Gap(NamedTuple):
    """The longest of a kind of fault, in seconds."""

    still: float = 0.0
    """No figure moved, and events had come when one did again."""
    waited: float = 0.0
    """A record that could be read waited to be in the figures, or there was no exporter to tell."""

    def at_least(self, still: float, waited: float) -> "Gap":
        return Gap(max(self.still, still), max(self.waited, waited))


class Movement:
    """Looks at the exporters from a thread of its own until stopped.

    Args:
        acknowledged: how many events the brokers have taken so far.
        struck: the last kind of fault that began.
    """

    def __init__(
        self, installation: Installation, acknowledged: Callable[[], int], struck: Callable[[], str | None]
    ) -> None:
        self._installation = installation
        self._acknowledged = acknowledged
        self._struck = struck
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="movement", daemon=True)
        self.gaps: dict[str, Gap] = {}
        """The longest by kind."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        shown, had, since = -1.0, 0, time.monotonic()
        waited, seen = 0.0, since
        while not self._stopping.wait(_LOOK):
            pages = [page for page in self._installation.pages() if page]
            now, still = time.monotonic(), 0.0
            if (most := max((sum(consumed(page).values()) for page in pages), default=0.0)) > shown:
                have = self._acknowledged()
                still = now - since if have > had else 0.0
                shown, had, since = most, have, now
            if pages:
                waited, seen = min(map(_longest_wait, pages)), now
            if kind := self._struck():
                self.gaps[kind] = self.gaps.get(kind, Gap()).at_least(still, waited + now - seen)


def _longest_wait(page: list[str]) -> float:
    """The longest that a record has waited.

    One that did so when the exporter started is left out, and what a transaction of the feed holds back.
    """
    held_back = {slug for slug, seconds in _by_subsystem(page, SOURCE_OPEN_TRANSACTION).items() if seconds}
    waits = {
        slug: seconds for slug, seconds in _by_subsystem(page, SOURCE_LAG_SECONDS).items() if slug not in held_back
    }
    return max(filter(math.isfinite, waits.values()), default=0.0)
