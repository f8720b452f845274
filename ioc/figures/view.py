"""Figures: the KPIs' values at one moment, read from the merged panes."""

from collections.abc import Iterator, Mapping
from math import nan
from typing import NamedTuple

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.things import presence_of_kpi, withdrawable_by
from ioc.engine.store.pane_codec import Pane
from ioc.engine.store.tables import TableKey
from ioc.figures.merged import MergedFigures, merge_panes
from ioc.kpis.base import Kpi
from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.kpis.standing import seen, withdrawn
from ioc.kpis.view import KpiValue, KpiValues
from ioc.time.durations import Duration
from ioc.time.instants import (
    EpochMinute,
    EpochSeconds,
    Seconds,
    minute_from_seconds,
    seconds_from_minute,
    seconds_from_ms,
)
from ioc.time.windows import DAY, PANE_OF_WINDOW, TOTAL, Window, expired, pane_start, pane_starts, span_of


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


class Said(NamedTuple):
    """What a KPI says of one of the things that it is told by."""

    value: KpiValue | None
    """As of when the thing was last heard of; not a number where the panes of that time are no more."""
    stands: bool
    """Whether it still holds: a thing unheard of for too long says nothing any more."""


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
        self._said: dict[tuple[str, Window], Mapping[str, Said]] = {}
        self._past: dict[tuple[str, EpochSeconds], SubsystemView] = {}
        self._unheard: dict[tuple[str, Window], KpiValues] = {}
        self._reads_the_gone = False
        """Whether it read panes so old that they are not kept."""

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
        gone = [(place, self._withdrawn(field, measure.fact.about)) for place, field in enumerate(grouping)]
        return {
            labels: (seconds_from_ms(cell[number][0]), cell[number][1])
            for labels, cell in cells.items()
            if cell[number] is not None and not any(labels[place] in things for place, things in gone)
        }

    def _withdrawn(self, field: str, event: str) -> frozenset[str]:
        """The things named by a field, as far as it names any, that are out of service."""
        presence = withdrawable_by(self._plan.subsystem, field, event)
        if presence is None:
            return frozenset()
        counts = self.sums(withdrawn(presence), (field,), "total")
        return frozenset(thing for (thing,), count in counts.items() if count > 0)

    def pane_sums(
        self, measure: Measure, grouping: Grouping, size: Seconds, start: EpochSeconds
    ) -> Mapping[Labels, int]:
        table, number = self._plan.table_of(measure, grouping, size)
        return {labels: cell[number] for labels, cell in self._pane(table, start).items()}

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
        if kpi.at_each is not None and grouping == ():
            worst = kpi.worst(self.kpi(slug, (kpi.at_each,), window).values())
            return {} if worst is None else {(): worst}
        if kpi.silent_after is not None and grouping == (kpi.sender,):
            said = self.said(slug, window)
            return {(thing,): each.value for thing, each in said.items() if each.stands and each.value is not None}
        return kpi.values(self, grouping, window)

    def said(self, slug: str, window: Window) -> Mapping[str, Said]:
        """What a KPI with `silent_after` says of each thing in service that it is told by, by the thing's id.

        It is what it said when the thing was last heard of: a gauge that dies in a storm does not dry up.
        """
        known = self._said.get((slug, window))
        if known is None:
            presence = presence_of_kpi(self._plan.subsystem, slug)
            heard = {} if presence is None else self._heard(presence)
            known = {thing: self._said_of(slug, window, thing, minute) for thing, minute in heard.items()}
            self._said[slug, window] = known
        return known

    def _heard(self, presence: str) -> Mapping[str, EpochMinute]:
        """By id the minute in which each thing in service was last heard of."""
        field = self._plan.subsystem.presences[presence].id
        minutes = self.buckets(seen(presence), (field,), "total")
        return {thing: EpochMinute(max(map(int, own))) for (thing,), own in minutes.items() if own}

    def _said_of(self, slug: str, window: Window, thing: str, minute: EpochMinute) -> Said:
        kpi: Kpi = self._plan.subsystem.kpis[slug]
        assert kpi.silent_after is not None
        size, heard = kpi.pane_size(window), seconds_from_minute(minute)
        view = self._when_complete(slug, size, heard)
        value = view._at_each(slug, window).get((thing,))
        if view is not self and view._reads_the_gone:
            value = KpiValue(nan)
        fresh = minute >= minute_from_seconds(EpochSeconds(self.reached - kpi.silent_after.seconds))
        in_window = size != DAY or heard >= span_of(window, self.now).start
        return Said(value, fresh and in_window)

    def _when_complete(self, slug: str, size: Seconds, instant: EpochSeconds) -> "SubsystemView":
        """The figures of a KPI once the pane of an instant was complete, while it was the newest; now at the latest."""
        end = EpochSeconds(pane_start(size, instant) + size)
        read_at = self.now if size == TOTAL else EpochSeconds(end - 1) if size == DAY else end
        if read_at >= self.now:
            return self
        if (slug, read_at) not in self._past:
            self._past[slug, read_at] = SubsystemView(self._merged, self._slug, read_at, self._calendar)
        return self._past[slug, read_at]

    def _at_each(self, slug: str, window: Window) -> KpiValues:
        """The values of a KPI at each thing, however long unheard of."""
        known = self._unheard.get((slug, window))
        if known is None:
            kpi: Kpi = self._plan.subsystem.kpis[slug]
            assert kpi.sender is not None
            known = self._unheard[slug, window] = kpi.values(self, (kpi.sender,), window)
        return known

    def _cells(self, measure: Measure, grouping: Grouping, window: Window) -> tuple[Pane, int]:
        size = TOTAL if measure.accumulator == "latest" else PANE_OF_WINDOW[window]
        table, number = self._plan.table_of(measure, grouping, size)
        key = (table, window)
        if key not in self._windows:
            panes = [self._pane(table, start) for start in pane_starts(window, self.now)]
            self._windows[key] = panes[0] if len(panes) == 1 else merge_panes(self._plan.tables[table], panes)
        return self._windows[key], number

    def _pane(self, table: TableKey, start: EpochSeconds) -> Pane:
        newest = self._merged.newest(self._slug)
        self._reads_the_gone |= newest is not None and expired(table.size, start, seconds_from_ms(newest))
        return self._merged.pane(self._slug, table, start)


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
