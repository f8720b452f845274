"""Facts counted since the last checkpoint, and their way into the panes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ioc.kinds.base import SCALE
from ioc.pane_codec import Cell
from ioc.pane_store import PaneStore
from ioc.panes import TOTAL, UTC_OFFSET, pane_start
from ioc.plan import STAMP, Fact, Route, Table, Values, projection

Stamp = int
"""The start of the finest pane of an event's fact, or the minute that a state is about; 0 where there is none."""
Latest = tuple[int, float]
"""A time in ms and the value it came with; of equal times the greater value is the later."""
Apply = Callable[[Any, int], None]
"""Takes an event's data and its time in ms."""


class Tally:
    """Counts of equal facts; ``flush`` adds them to the panes and begins anew."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self.counts: dict[str, dict[tuple[Stamp, Values], int]] = {
            name: defaultdict(int) for name, fact in facts.items() if not fact.amounts
        }
        self.sums: dict[str, dict[tuple[Stamp, Values], list[int]]] = {
            name: {} for name, fact in facts.items() if fact.amounts
        }
        """Of facts that carry amounts: how many, and the sum of each amount."""
        self.latest: dict[str, dict[Values, list[Latest | None]]] = {name: {} for name in facts}

    def add(self, fact: str, stamp: Stamp, values: Values, weight: int = 1) -> None:
        """Count a fact without amounts; a negative weight takes one back."""
        self.counts[fact][stamp, values] += weight

    def flush(self, panes: PaneStore) -> None:
        """Add everything counted to the panes."""
        for name, counts in self.counts.items():
            _flush_counts(self._facts[name], counts, panes)
            counts.clear()
        for name, sums in self.sums.items():
            _flush_sums(self._facts[name], sums, panes)
            sums.clear()
        for name, latest in self.latest.items():
            _flush_latest(self._facts[name], latest, panes)
            latest.clear()


def tallying(fact: Fact, tally: Tally) -> list[Apply]:
    """How an event outside any lifecycle is counted."""
    applied: list[Apply] = []
    if fact.columns:
        applied.append(_adding(fact, tally) if fact.amounts else _counting(fact, tally))
    if fact.latest_columns:
        applied.append(_keeping_latest(fact, tally))
    return applied


def one_after_another(applied: Sequence[Apply]) -> Apply:
    """All of these as one."""
    if len(applied) == 1:
        return applied[0]

    def apply(data: Any, time: int) -> None:
        for each in applied:
            each(data, time)

    return apply


def _key_of(fact: Fact) -> Callable[[Any, int], tuple[Stamp, Values]]:
    project, size = projection(fact.fields), fact.pane_size
    if size == TOTAL:
        return lambda data, _: (0, project(data))
    start = begin = end = 0

    def key_of(data: Any, time: int) -> tuple[Stamp, Values]:
        nonlocal start, begin, end
        if not begin <= time < end:
            # The next events most likely belong to this pane, too.
            start = pane_start(size, time // 1000)
            begin, end = start * 1000, (start + size) * 1000
        return start, project(data)

    return key_of


def _counting(fact: Fact, tally: Tally) -> Apply:
    counts, key_of = tally.counts[fact.name], _key_of(fact)

    def count(data: Any, time: int) -> None:
        counts[key_of(data, time)] += 1

    return count


def _adding(fact: Fact, tally: Tally) -> Apply:
    sums, key_of = tally.sums[fact.name], _key_of(fact)
    amounts_of = [(place, amount.getter()) for place, amount in enumerate(fact.amounts, 1)]

    def add(data: Any, time: int) -> None:
        key = key_of(data, time)
        own = sums.get(key)
        if own is None:
            own = sums[key] = [0] * (1 + len(amounts_of))
        own[0] += 1
        for place, amount in amounts_of:
            own[place] += as_amount(amount(data))

    return add


def _keeping_latest(fact: Fact, tally: Tally) -> Apply:
    latest, project = tally.latest[fact.name], projection(fact.fields)
    latest_of = [amount.getter() for amount in fact.latest]

    def keep_latest(data: Any, time: int) -> None:
        values = project(data)
        known = latest.get(values)
        if known is None:
            known = latest[values] = [None] * len(latest_of)
        for number, amount in enumerate(latest_of):
            value = amount(data)
            former = known[number]
            if value is not None and (former is None or (time, value) > former):
                known[number] = (time, float(value))

    return keep_latest


def _flush_counts(fact: Fact, counts: Mapping[tuple[Stamp, Values], int], panes: PaneStore) -> None:
    routed: dict[Route, dict[Stamp, int]] = {}
    routes_of = fact.routes
    for (stamp, values), count in counts.items():
        if count:
            for route in routes_of(values):
                stamps = routed.get(route)
                if stamps is None:
                    routed[route] = {stamp: count}
                else:
                    stamps[stamp] = stamps.get(stamp, 0) + count
    for route, stamps in routed.items():
        for table, targets in route.targets:
            for stamp, cell in _cells(table, route, stamps, panes):
                count = stamps[stamp]
                for column, _, bucket in targets:
                    if bucket is None:
                        cell[column] += count
                    else:
                        _add_to_bucket(cell[column], stamp if bucket == STAMP else bucket, count)


def _flush_sums(fact: Fact, sums: Mapping[tuple[Stamp, Values], list[int]], panes: PaneStore) -> None:
    routed: dict[Route, dict[Stamp, list[int]]] = {}
    routes_of = fact.routes
    for (stamp, values), own in sums.items():
        for route in routes_of(values):
            stamps = routed.setdefault(route, {})
            known = stamps.get(stamp)
            stamps[stamp] = own if known is None else [one + other for one, other in zip(known, own, strict=True)]
    for route, stamps in routed.items():
        for table, targets in route.targets:
            for stamp, cell in _cells(table, route, stamps, panes):
                own = stamps[stamp]
                for column, amount, bucket in targets:
                    added = own[0 if amount is None else 1 + amount]
                    if bucket is None:
                        cell[column] += added
                    else:
                        _add_to_bucket(cell[column], stamp if bucket == STAMP else bucket, added)


def _cells(table: Table, route: Route, stamps: Iterable[Stamp], panes: PaneStore) -> Iterator[tuple[Stamp, Cell]]:
    """The cell of each stamp; of stamps in one pane that follow each other it is looked up once."""
    size, start, cell = table.key.size, -1, None
    for stamp in stamps:
        # pane_start, written out: this runs for every fact and table.
        own = stamp - (stamp + UTC_OFFSET) % size if size else 0
        if cell is None or own != start:
            start, cell = own, panes.cell(table, own, route.labels)
        yield stamp, cell


def _flush_latest(fact: Fact, latest: Mapping[Values, Sequence[Latest | None]], panes: PaneStore) -> None:
    for values, amounts in latest.items():
        for router in fact.latest_routers:
            route = router.route(values)
            for table, targets in route.targets if route else ():
                cell = panes.cell(table, 0, route.labels) if route else []
                for target in targets:
                    _keep_newest(cell, target.column, amounts[target.amount or 0])


def _keep_newest(cell: Cell, column: int, candidate: Latest | None) -> None:
    known = cell[column]
    if candidate is not None and (known is None or candidate > known):
        cell[column] = candidate


def _add_to_bucket(counts: dict[int | str, int], bucket: int | str, added: int) -> None:
    count = counts.get(bucket, 0) + added
    if count:
        counts[bucket] = count
    else:
        counts.pop(bucket, None)


def as_amount(value: float | None) -> int:
    """A field's value in units of 1/SCALE."""
    return 0 if value is None else round(value * SCALE)
