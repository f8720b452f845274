"""Figures: the KPIs' values at one moment, read from the merged panes."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ioc.catalogue.calendar import WorkingCalendar
from ioc.engine.store.pane_codec import Pane
from ioc.engine.store.tables import TableKey
from ioc.figures.merged import MergedFigures, merge_panes
from ioc.kpis.base import Kpi
from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.kpis.view import KpiValues
from ioc.time.durations import Duration
from ioc.time.instants import EpochSeconds, Seconds, seconds_from_ms
from ioc.time.windows import PANE_OF_WINDOW, TOTAL, Window, pane_starts


class Figure(NamedTuple):
    """One value of one KPI; ``labels`` are pairs of label name and value, none for the whole."""

    subsystem: str
    kpi: str
    labels: tuple[tuple[str, str], ...]
    window: Window
    value: float
    numerator: float | None
    denominator: float | None
    sample: float | None


class SubsystemView:
    """Merged figures of one subsystem at one moment: the ``View`` that kinds of KPI read. It remembers what it read.

    Args:
        reached: what all partitions have reached of ``now``; unless said, all have reached it.
    """

    def __init__(
        self,
        merged: MergedFigures,
        slug: str,
        now: EpochSeconds,
        calendar: WorkingCalendar,
        reached: EpochSeconds | None = None,
    ) -> None:
        self.now = now
        self.reached = now if reached is None else reached
        self._merged = merged
        self._slug = slug
        self._plan = merged.plan.subsystems[slug]
        self._calendar = calendar
        self._windows: dict[tuple[TableKey, Window], Pane] = {}
        self._values: dict[tuple[str, Grouping, Window], KpiValues] = {}

    def after(self, duration: Duration) -> EpochSeconds:
        return self._calendar.add_working_time(self.reached, duration)

    def sums(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, int]:
        cells, number = self._cells(measure, grouping, window)
        sums = dict.fromkeys(self._merged.labels(self._slug, grouping), 0)
        sums.update((labels, cell[number]) for labels, cell in cells.items())
        return sums

    def buckets(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, Mapping[int | str, int]]:
        cells, number = self._cells(measure, grouping, window)
        nothing: Mapping[int | str, int] = {}
        buckets = dict.fromkeys(self._merged.labels(self._slug, grouping), nothing)
        buckets.update((labels, {b: n for b, n in cell[number].items() if n > 0}) for labels, cell in cells.items())
        return buckets

    def latest(self, measure: Measure, grouping: Grouping) -> Mapping[Labels, tuple[EpochSeconds, float]]:
        cells, number = self._cells(measure, grouping, "total")
        return {
            labels: (seconds_from_ms(cell[number][0]), cell[number][1])
            for labels, cell in cells.items()
            if cell[number] is not None
        }

    def pane_sums(
        self, measure: Measure, grouping: Grouping, size: Seconds, start: EpochSeconds
    ) -> Mapping[Labels, int]:
        table, number = self._plan.table_of(measure, grouping, size)
        return {labels: cell[number] for labels, cell in self._merged.pane(self._slug, table, start).items()}

    def heard_since(self, event: str) -> EpochSeconds | None:
        state = self._merged.feeds(self._slug).get(self._plan.subsystem.feed_of(event))
        return seconds_from_ms(state.first) if state is not None and state.first else None

    def kpi(self, slug: str, grouping: Grouping, window: Window) -> KpiValues:
        known = self._values.get((slug, grouping, window))
        if known is None:
            known = self._values[slug, grouping, window] = self._worked_out(slug, grouping, window)
        return known

    def _worked_out(self, slug: str, grouping: Grouping, window: Window) -> KpiValues:
        kpi: Kpi = self._plan.subsystem.kpis[slug]
        if kpi.at_each is None or grouping != ():
            return kpi.values(self, grouping, window)
        worst = kpi.worst(self.kpi(slug, (kpi.at_each,), window).values())
        return {} if worst is None else {(): worst}

    def _cells(self, measure: Measure, grouping: Grouping, window: Window) -> tuple[Pane, int]:
        size = TOTAL if measure.accumulator == "latest" else PANE_OF_WINDOW[window]
        table, number = self._plan.table_of(measure, grouping, size)
        key = (table, window)
        if key not in self._windows:
            panes = [self._merged.pane(self._slug, table, start) for start in pane_starts(window, self.now)]
            self._windows[key] = panes[0] if len(panes) == 1 else merge_panes(self._plan.tables[table], panes)
        return self._windows[key], number


class Breakdown(NamedTuple):
    """All values of one KPI in one window by the same fields; ``names`` are the names of their labels."""

    kpi: str
    names: tuple[str, ...]
    window: Window
    values: KpiValues


def breakdowns_of(view: SubsystemView, merged: MergedFigures, slug: str) -> Iterator[Breakdown]:
    """Every KPI of a subsystem in each of its breakdowns and windows."""
    subsystem = merged.plan.subsystems[slug].subsystem
    for name, kpi in subsystem.kpis.items():
        for grouping in kpi.groupings:
            names = tuple(subsystem.label(field) for field in grouping)
            for window in kpi.windows:
                yield Breakdown(name, names, window, view.kpi(name, grouping, window))


def figures_of(view: SubsystemView, merged: MergedFigures, slug: str) -> Iterator[Figure]:
    """Every value of every KPI of a subsystem."""
    for kpi, names, window, values in breakdowns_of(view, merged, slug):
        for labels, (value, numerator, denominator, sample) in sorted(values.items()):
            size = sample if denominator is None else denominator
            yield Figure(slug, kpi, tuple(zip(names, labels, strict=True)), window, value, numerator, denominator, size)
