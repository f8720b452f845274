"""Requests that are received, handled by a deadline or not, some told twice: the second task, and what it must come to.

Per unit: how many were received, handled, handled on time, are open, and are overdue as of the last event.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench.readings import START, Keyed
from ioc.catalogue.loader import PACKAGED
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from ioc.scenarios.events import stamp
from streams.settings.settings import ClockKind

SLUG = "requests"
SPAN = 12 * 3600
"""Seconds of event time in which requests come; they are handled until some hours later."""
HASTE, PATIENCE = 3600, 10 * 86_400
"""Seconds until the deadline, of every other request; no deadline lies near the end, where clocks may differ."""
LATEST = 2 * 3600
"""Seconds after which nobody handles a request any more."""
HANDLED = 0.8
TWICE, LATER = 200, 50
"""One event in so many is sent again, so many events later."""

_CATALOGUE = Path(__file__).parent / "catalogue" / f"{SLUG}.yaml"
_HEAD = (
    b'{"specversion":"1.0","id":"%b","source":"/bench/requests","type":"vn.phutho.requests.request.%b.v1",'
    b'"time":"%b","partitionkey":"%b","simulated":true,"data":{"request":"%b"%b}}'
)


@dataclass
class Requests:
    """About ``count`` events in order of time, the same each time, and what they come to by ``what|unit``."""

    count: int
    units: Sequence[str]
    truth: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Keyed]:
        self.truth.clear()
        again: deque[tuple[int, Keyed]] = deque()
        for number, event in enumerate(self._events()):
            yield event
            if number % TWICE == 0:
                again.append((number + LATER, event))
            if again and again[0][0] <= number:
                yield again.popleft()[1]

    def _events(self) -> Iterator[Keyed]:
        """Each once."""
        chance = Random(2025)  # noqa: S311
        requests = round(self.count / (1 + HANDLED) / (1 + 1 / TWICE))
        handled: list[tuple[int, bytes]] = []
        for number in range(requests):
            time, request = START + number * SPAN // requests, b"request_%08d" % number
            while handled and handled[0][0] <= time:
                yield self._handled(*heapq.heappop(handled))
            unit = chance.choice(self.units)
            patient, is_handled = number % 2, chance.random() < HANDLED
            due = time + (PATIENCE if patient else HASTE)
            self.truth[f"received|{unit}"] += 1
            if is_handled:
                at = time + 1 + chance.randrange(LATEST)
                heapq.heappush(handled, (at, request))
                self.truth[f"handled|{unit}"] += 1
                self.truth[f"on_time|{unit}"] += at <= due
            else:
                self.truth[f"open|{unit}"] += 1
                self.truth[f"overdue|{unit}"] += not patient
            data = b',"unit":"%b","due":"%b"' % (unit.encode(), stamp(due))
            yield self._event(request, b"received", time, data)
        while handled:
            yield self._handled(*heapq.heappop(handled))

    def _handled(self, time: int, request: bytes) -> Keyed:
        return self._event(request, b"handled", time, b"")

    def _event(self, request: bytes, what: bytes, time: int, data: bytes) -> Keyed:
        head = _HEAD % (request + b"-" + what, what, stamp(time), request, request, data)
        return Keyed(SLUG, request, head)


def write_catalogue(folder: Path) -> Path:
    """A catalogue of the requests alone; its folder."""
    (folder / "subsystems").mkdir(parents=True)
    (folder / "province.yaml").write_bytes((PACKAGED / "province.yaml").read_bytes())
    (folder / "subsystems" / f"{SLUG}.yaml").write_bytes(_CATALOGUE.read_bytes())
    return folder


def request_counts(merged: MergedFigures) -> dict[str, int]:
    """What the product counted, by ``what|unit``."""
    figures = Exposition(merged.plan, Clock(ClockKind.EVENT), simulated=True).figures(merged, Backlog(), 0.0)
    return {
        f"{figure.kpi}|{unit}": round(figure.value)
        for figure in figures
        for label, unit in figure.labels
        if label == "unit" and figure.value
    }
