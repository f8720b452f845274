"""Facts counted since the last checkpoint, and their way into the panes."""

from collections import defaultdict
from collections.abc import Mapping

from ioc.kinds.base import SCALE
from ioc.pane_store import Cell, PaneStore
from ioc.panes import pane_start
from ioc.plan import STAMP, Fact, Target, Values

Stamp = int
"""The start of the finest pane of an event's fact, or the minute that a state is about; 0 where there is none."""


class Tally:
    """Counts of equal facts; ``flush`` adds them to the panes and begins anew."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self.counts: dict[str, dict[tuple[Stamp, Values], int]] = {name: defaultdict(int) for name in facts}
        self.amounts: dict[str, dict[tuple[Stamp, Values], list[int]]] = {name: {} for name in facts}
        self.latest: dict[str, dict[Values, tuple[int, tuple[float, ...]]]] = {name: {} for name in facts}

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
        for key, count in counts.items():
            stamp, values = key
            added = amounts.get(key)
            if not count and not added:
                continue
            for target in fact.targets(values):
                start = 0 if target.bucket == STAMP else pane_start(target.table.size, stamp)
                amount = count if target.amount is None else scaled(added, target)
                _add(panes.cell(target.table, start, target.labels), target, stamp, amount)
        counts.clear()
        amounts.clear()

    def _flush_latest(self, fact: Fact, panes: PaneStore) -> None:
        latest = self.latest[fact.name]
        for values, (instant, amounts) in latest.items():
            for target in fact.latest_targets(values):
                cell = panes.cell(target.table, 0, target.labels)
                candidate = (instant, amounts[target.amount or 0] * target.factor)
                known = cell[target.column]
                if known is None or candidate > tuple(known):
                    cell[target.column] = candidate
        latest.clear()


def scaled(amounts: list[int] | None, target: Target) -> int:
    """An amount, in units of 1/SCALE, times the target's factor."""
    if not amounts or target.amount is None:
        return 0
    amount = amounts[target.amount]
    return amount if target.factor == 1.0 else round(amount * target.factor)


def as_amount(value: float | None) -> int:
    """A field's value in units of 1/SCALE."""
    return 0 if value is None else round(value * SCALE)


def _add(cell: Cell, target: Target, stamp: Stamp, amount: int) -> None:
    if target.bucket is None:
        cell[target.column] += amount
        return
    bucket = stamp if target.bucket == STAMP else target.bucket
    counts = cell[target.column]
    count = counts.get(bucket, 0) + amount
    if count:
        counts[bucket] = count
    else:
        counts.pop(bucket, None)
