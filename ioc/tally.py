"""Facts counted since the last checkpoint, and their way into the panes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ioc.kinds.base import SCALE
from ioc.pane_store import Cell, PaneStore
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
        routed: dict[tuple[Stamp, Route], int] = {}
        routed_amounts: dict[tuple[Stamp, Route], list[int]] = {}
        for key, count in counts.items():
            added = amounts.get(key)
            if not count and not added:
                continue
            stamp, values = key
            for route in fact.routes(values):
                place = (stamp, route)
                routed[place] = routed.get(place, 0) + count
                if added:
                    sums = routed_amounts.setdefault(place, [0] * len(added))
                    routed_amounts[place] = [one + other for one, other in zip(sums, added, strict=True)]
        for (stamp, route), count in routed.items():
            _follow(route, stamp, count, routed_amounts.get((stamp, route), ()), panes)
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


def _follow(route: Route, stamp: Stamp, count: int, amounts: Sequence[int], panes: PaneStore) -> None:
    """Add facts of one route to its cells."""
    for table, targets in route.targets:
        cell = panes.cell(table, pane_start(table.key.size, stamp), route.labels)
        for column, amount, bucket in targets:
            added = count if amount is None else amounts[amount]
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
