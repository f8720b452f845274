"""Facts counted since the last checkpoint, and their way into the panes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ioc.kinds.base import SCALE
from ioc.pane_codec import Cell
from ioc.pane_store import PaneStore
from ioc.panes import pane_start
from ioc.plan import STAMP, Fact, Route, Values

Stamp = int
"""The start of the finest pane of an event's fact, or the minute that a state is about; 0 where there is none."""
Latest = tuple[int, float]
"""A time in ms and the value it came with; of equal times the greater value is the later."""


class Tally:
    """Counts of equal facts; ``flush`` adds them to the panes and begins anew."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self.counts: dict[str, dict[tuple[Stamp, Values], int]] = {name: defaultdict(int) for name in facts}
        self.amounts: dict[str, dict[tuple[Stamp, Values], list[int]]] = {name: {} for name in facts}
        self.latest: dict[str, dict[Values, list[Latest | None]]] = {name: {} for name in facts}

    def add(self, fact: str, stamp: Stamp, values: Values, weight: int = 1) -> None:
        """Count a fact; a negative weight takes one back."""
        self.counts[fact][stamp, values] += weight

    def flush(self, panes: PaneStore) -> None:
        """Add everything counted to the panes."""
        for name, fact in self._facts.items():
            if self.counts[name]:
                self._flush_counts(fact, panes)
            if self.latest[name]:
                self._flush_latest(fact, panes)

    def _flush_counts(self, fact: Fact, panes: PaneStore) -> None:
        counts, amounts = self.counts[fact.name], self.amounts[fact.name]
        routed: dict[Route, dict[Stamp, int]] = {}
        routed_amounts: dict[Route, dict[Stamp, list[int]]] = {}
        routes_of = fact.routes
        for key, count in counts.items():
            added = amounts.get(key) if amounts else None
            if not count and not added:
                continue
            stamp, values = key
            for route in routes_of(values):
                stamps = routed.get(route)
                if stamps is None:
                    stamps = routed[route] = {}
                stamps[stamp] = stamps.get(stamp, 0) + count
                if added:
                    own = routed_amounts.setdefault(route, {})
                    sums = own.setdefault(stamp, [0] * len(added))
                    own[stamp] = [one + other for one, other in zip(sums, added, strict=True)]
        for route, stamps in routed.items():
            _follow(route, stamps, routed_amounts.get(route, {}), panes)
        counts.clear()
        amounts.clear()

    def _flush_latest(self, fact: Fact, panes: PaneStore) -> None:
        latest = self.latest[fact.name]
        for values, amounts in latest.items():
            for router in fact.latest_routers:
                route = router.route(values)
                for table, targets in route.targets if route else ():
                    cell = panes.cell(table, 0, route.labels) if route else []
                    for target in targets:
                        _keep_newest(cell, target.column, amounts[target.amount or 0])
        latest.clear()


def _keep_newest(cell: Cell, column: int, candidate: Latest | None) -> None:
    known = cell[column]
    if candidate is not None and (known is None or candidate > known):
        cell[column] = candidate


def _follow(
    route: Route, stamps: Mapping[Stamp, int], amounts: Mapping[Stamp, Sequence[int]], panes: PaneStore
) -> None:
    """Add the facts of one route to its cells."""
    for table, targets in route.targets:
        size, cell, start = table.key.size, None, -1
        for stamp, count in stamps.items():
            own = pane_start(size, stamp)
            if cell is None or own != start:
                cell, start = panes.cell(table, own, route.labels), own
            for column, amount, bucket in targets:
                added = count if amount is None else amounts[stamp][amount]
                if bucket is None:
                    cell[column] += added
                else:
                    _add_to_bucket(cell[column], stamp if bucket == STAMP else bucket, added)


def _add_to_bucket(counts: dict[int | str, int], bucket: int | str, added: int) -> None:
    count = counts.get(bucket, 0) + added
    if count:
        counts[bucket] = count
    else:
        counts.pop(bucket, None)


def as_amount(value: float | None) -> int:
    """A field's value in units of 1/SCALE."""
    return 0 if value is None else round(value * SCALE)
