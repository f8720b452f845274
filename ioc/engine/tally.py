"""Facts counted since the last checkpoint, and their way into the panes."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

from ioc.engine.plan import Fact, FieldValues, Stamp, projection
from ioc.engine.store.pane_codec import Cell, Pane
from ioc.engine.store.panes import PaneStore
from ioc.engine.store.tables import Table
from ioc.kpis.facts import STAMP
from ioc.kpis.measures import SCALE
from ioc.time.instants import EpochMs, EpochSeconds, Seconds, ms_from_seconds, seconds_from_ms
from ioc.time.windows import TOTAL, pane_start

Latest = tuple[EpochMs, int, float]
"""A time, its place among all that were taken, and the value it came with; of equal times the later taken counts."""
Apply = Callable[[Any, EpochMs], None]
"""Takes an event's data and its time."""
ApplyRun = Callable[[Sequence[Any], Sequence[EpochMs]], int]
"""Takes the data and times of a run of events; returns how many it took before one that failed."""


class Rows:
    """Equal events of one fact by pane and field values: how many they are, then the sum of each of their amounts."""

    __slots__ = ("_panes", "_size", "begin", "end", "pane")

    def __init__(self, pane_size: Seconds) -> None:
        self._size = pane_size
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._panes: dict[Stamp, dict[FieldValues, list[int]]] = {}
        self.pane: dict[FieldValues, list[int]] = {}
        self.begin = self.end = EpochMs(0)

    def take(self) -> dict[Stamp, dict[FieldValues, list[int]]]:
        """All rows by their panes; begins anew."""
        panes = self._panes
        self._begin_anew()
        return panes

    def turn_to(self, time: EpochMs) -> None:
        """Have the pane of ``time`` at hand: the next events most likely belong to it, too."""
        start = pane_start(self._size, seconds_from_ms(time))
        begin = ms_from_seconds(start)
        end = EpochMs(sys.maxsize) if self._size == TOTAL else ms_from_seconds(EpochSeconds(start + self._size))
        pane = self._panes.setdefault(start, {})
        # Nothing fails between the three: a pane with another's bounds would count what is not its own.
        self.begin, self.end, self.pane = begin, end, pane


class Tally:
    """Counts of equal facts; ``flush`` adds them to the panes and begins anew."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = {fact.name: fact for fact in facts}
        self.rows = {name: Rows(fact.pane_size) for name, fact in self._facts.items()}
        """Of events outside any lifecycle."""
        self.counts: dict[str, dict[tuple[Stamp, FieldValues], int]] = {name: defaultdict(int) for name in self._facts}
        """Of what entities and things heard of contribute, which may be taken back."""
        self.latest: dict[str, dict[FieldValues, list[Latest | None]]] = {name: {} for name in self._facts}
        self.order = count()
        """The places of what is taken, in the order of the log."""

    def add(self, fact: str, stamp: Stamp, values: FieldValues, weight: int = 1) -> None:
        """Count what an entity or a thing contributes; a negative weight takes it back."""
        self.counts[fact][stamp, values] += weight

    def flush(self, panes: PaneStore) -> None:
        """Add everything counted to the panes."""
        for name, rows in self.rows.items():
            _flush_rows(self._facts[name], rows.take(), panes)
        for name, counts in self.counts.items():
            _flush_rows(self._facts[name], _rows_of(counts), panes)
            counts.clear()
        for name, latest in self.latest.items():
            _flush_latest(self._facts[name], latest, panes)
            latest.clear()


def tallying(fact: Fact, tally: Tally) -> Apply:
    """How an event outside any lifecycle is counted: as a whole, or not at all where that fails."""
    counted = _counting(fact, tally) if fact.columns else _uncounted
    return _keeping_latest(fact, tally, counted) if fact.latest_columns else counted


def _uncounted(data: Any, time: EpochMs) -> None:
    """Count nothing."""


def _counting(fact: Fact, tally: Tally) -> Apply:
    rows, project = tally.rows[fact.name], projection(fact.fields)
    amounts_of = [(place, amount.getter()) for place, amount in enumerate(fact.amounts, 1)]
    first = [1] + [0] * len(amounts_of)

    def count_row(data: Any, time: EpochMs) -> None:
        if not rows.begin <= time < rows.end:
            rows.turn_to(time)
        values = project(data)
        row = rows.pane.get(values)
        if row is None:
            row = rows.pane[values] = first.copy()
        else:
            row[0] += 1
        place = 1
        try:
            for place, amount in amounts_of:
                row[place] += as_amount(amount(data))
        except Exception:
            for counted, amount in amounts_of[: place - 1]:
                row[counted] -= as_amount(amount(data))
            row[0] -= 1
            if not row[0]:
                del rows.pane[values]
            raise

    return count_row


def one_by_one(apply: Apply) -> ApplyRun:
    """Takes a run of events each by itself."""

    def apply_run(datas: Sequence[Any], times: Sequence[EpochMs]) -> int:
        taken = 0
        try:
            for taken, (data, time) in enumerate(zip(datas, times, strict=True)):  # noqa: B007 (told where one fails)
                apply(data, time)
        except MemoryError:
            raise
        except Exception:  # whatever it is, it fails once more where it is told
            return taken
        return len(datas)

    return apply_run


def tallying_runs(fact: Fact, tally: Tally, apply: Apply) -> ApplyRun:
    """The same of a run of events, which most often are only counted, and of one pane; else ``apply`` takes each."""
    each = one_by_one(apply)
    if not fact.columns or fact.amounts or fact.latest_columns:
        return each
    rows, project = tally.rows[fact.name], projection(fact.fields)

    def count_rows(datas: Sequence[Any], times: Sequence[EpochMs]) -> int:
        if not times or not rows.begin <= min(times) <= max(times) < rows.end:
            return each(datas, times)
        pane = rows.pane
        for values in [*map(project, datas)]:
            row = pane.get(values)
            if row is None:
                pane[values] = [1]
            else:
                row[0] += 1
        return len(datas)

    return count_rows


def _keeping_latest(fact: Fact, tally: Tally, counted: Apply) -> Apply:
    latest, project, order = tally.latest[fact.name], projection(fact.fields), tally.order
    latest_of = [amount.getter() for amount in fact.latest]

    def keep_latest(data: Any, time: EpochMs) -> None:
        values = project(data)
        said = [None if (value := amount(data)) is None else float(value) for amount in latest_of]
        counted(data, time)
        known = latest.get(values)
        if known is None:
            known = latest[values] = [None] * len(latest_of)
        for number, value in enumerate(said):
            former = known[number]
            if value is not None and (former is None or time >= former[0]):
                known[number] = (time, next(order), value)

    return keep_latest


def _rows_of(counts: Mapping[tuple[Stamp, FieldValues], int]) -> dict[Stamp, dict[FieldValues, list[int]]]:
    panes: dict[Stamp, dict[FieldValues, list[int]]] = {}
    for (stamp, values), counted in counts.items():
        if counted:
            rows = panes.get(stamp)
            if rows is None:
                rows = panes[stamp] = {}
            rows[values] = [counted]
    return panes


def _flush_rows(fact: Fact, panes: Mapping[Stamp, Mapping[FieldValues, list[int]]], store: PaneStore) -> None:
    routes_of = fact.routes
    for stamp, rows in panes.items():
        opened: dict[Table, Pane] = {}
        for values, row in rows.items():
            for route in routes_of(values):
                labels = route.labels
                for table, targets in route.targets:
                    cells = opened.get(table)
                    if cells is None:
                        # A minute stands in the one pane of everything only.
                        start = pane_start(table.key.size, EpochSeconds(stamp))
                        cells = opened[table] = store.cells(table, start)
                    if row[0] < 0:
                        store.take_back(table, pane_start(table.key.size, EpochSeconds(stamp)))
                    cell = cells.get(labels)
                    if cell is None:
                        cell = cells[labels] = table.codec.empty_cell()
                    for column, amount, bucket in targets:
                        added = row[0 if amount is None else 1 + amount]
                        if bucket is None:
                            cell[column] += added
                        else:
                            _add_to_bucket(cell[column], stamp if bucket == STAMP else bucket, added)


def _flush_latest(fact: Fact, latest: Mapping[FieldValues, Sequence[Latest | None]], panes: PaneStore) -> None:
    found: list[tuple[Latest, Cell, int]] = []
    for values, amounts in latest.items():
        for router in fact.latest_routers:
            route = router.route(values)
            for table, targets in route.targets if route else ():
                cell = panes.cell(table, EpochSeconds(0), route.labels) if route else []
                for target in targets:
                    amount = amounts[target.amount or 0]
                    if amount is not None:
                        found.append((amount, cell, target.column))
    # What came before the last flush came before all of these.
    for (time, _, value), cell, column in sorted(found, key=itemgetter(0)):
        known = cell[column]
        if known is None or time >= known[0]:
            cell[column] = (time, value)


def _add_to_bucket(counts: dict[int | str, int], bucket: int | str, added: int) -> None:
    count = counts.get(bucket, 0) + added
    if count:
        counts[bucket] = count
    else:
        counts.pop(bucket, None)


def as_amount(value: float | None) -> int:
    """A field's value in units of 1/SCALE."""
    return 0 if value is None else round(value * SCALE)
