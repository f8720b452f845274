"""The figures as metric families, ready for any exposition format."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from ioc.engine.plan import Plan
from ioc.engine.recount import columns_read_by
from ioc.figures.clock import Clock, Lag
from ioc.figures.label_text import LabelPairs
from ioc.figures.merged import MergedFigures
from ioc.figures.view import Breakdown, Figure, SubsystemView, breakdowns_of, figures_of
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.measures import Labels
from ioc.time.instants import EpochSeconds, float_from_ms, seconds_from_ms
from ioc.time.windows import Window

Sample = tuple[LabelPairs, float]


@dataclass(slots=True)
class Family:
    """One metric with its samples."""

    name: str
    kind: Literal["gauge", "counter"]
    documentation: str
    samples: list[Sample] = field(default_factory=list)


class Exposition:
    """Turns figures into metric families; works out anew only the subsystems that changed or whose clock moved."""

    def __init__(self, plan: Plan, clock: Clock, *, simulated: bool) -> None:
        self._plan = plan
        self._clock = clock
        self._simulated = simulated
        self._calendar = plan.calendar
        self._columns = {
            slug: {name: columns_read_by(subsystem, name) for name in subsystem.subsystem.kpis}
            for slug, subsystem in plan.subsystems.items()
        }
        self._kept: dict[str, tuple[EpochSeconds, list[Family]]] = {}

    def families(self, merged: MergedFigures, lag: Lag, wall: float, figures_changed: float) -> dict[str, list[Family]]:
        """Every family, those of each subsystem under its slug and the platform's own under ``""``.

        A subsystem of which nothing changed gives the very list it gave before. ``wall`` and ``figures_changed``
        are in seconds since the epoch by the wall clock.
        """
        now = self._clock.advance(merged, lag, wall)
        platform = [
            Family(metric_names.CLOCK, "gauge", "The moment that all figures are read at.", [((), now)]),
            Family(
                metric_names.SIMULATED, "gauge", "1 where the events are simulated.", [((), float(self._simulated))]
            ),
            Family(metric_names.FIGURES_CHANGED, "gauge", "When the figures last changed.", [((), figures_changed)]),
            *self._info(),
            self._since(merged),
            *self._feeds(merged, lag, now, wall),
        ]
        changed = merged.take_changed()
        families = {"": platform}
        for slug in self._plan.subsystems:
            now_there = self._clock.advance_of(merged, slug, lag, now)
            if slug in changed or self._kept.get(slug, (None,))[0] != now_there:
                self._kept[slug] = now_there, self._families_of(merged, slug, now_there)
            families[slug] = self._kept[slug][1]
        return families

    def figures(self, merged: MergedFigures, lag: Lag, wall: float) -> Iterator[Figure]:
        """The same values as data."""
        now = self._clock.advance(merged, lag, wall)
        for slug in self._plan.subsystems:
            view = SubsystemView(merged, slug, self._clock.advance_of(merged, slug, lag, now), self._calendar)
            yield from figures_of(view, merged, slug)

    def _families_of(self, merged: MergedFigures, slug: str, now: EpochSeconds) -> list[Family]:
        view = SubsystemView(merged, slug, now, self._calendar)
        return kpi_families(self._plan.subsystems[slug].subsystem.kpis, breakdowns_of(view, merged, slug), slug)

    def _info(self) -> Iterator[Family]:
        info = Family(metric_names.KPI_INFO, "gauge", "1 for every KPI and window that must exist.")
        for slug, plan in self._plan.subsystems.items():
            for name, kpi in plan.subsystem.kpis.items():
                of_kpi = ("subsystem", slug), ("kpi", name)
                info.samples += [((*of_kpi, ("window", window)), 1) for window in kpi.windows]
        yield info
        units = Family(metric_names.UNIT_INFO, "gauge", "1 for every unit, with its name.")
        for unit in self._plan.catalogue.province.units:
            named = ("unit", unit.code), ("name", unit.name), ("kind", unit.kind), ("level", unit.level)
            units.samples.append((named, 1))
        yield units

    def _since(self, merged: MergedFigures) -> Family:
        family = Family(
            metric_names.KPI_SINCE, "gauge", "Event time from which a KPI newer than the state is complete."
        )
        for slug, names in self._columns.items():
            for name, columns in names.items():
                if since := merged.incomplete_since(slug, columns):
                    family.samples.append(((("subsystem", slug), ("kpi", name)), since))
        return family

    def _feeds(self, merged: MergedFigures, lag: Lag, now: EpochSeconds, wall: float) -> Iterator[Family]:
        families = {
            name: Family(name, kind, documentation)  # type: ignore[arg-type]
            for name, kind, documentation in (
                (metric_names.EVENT_TIME, "gauge", "Newest event time of a subsystem."),
                (metric_names.FEED_SILENCE, "gauge", "Time in the feed's hours since anything was appended."),
                (metric_names.FEED_EXPECTED_INTERVAL, "gauge", "A feed silent for longer has died."),
                (metric_names.FEED_IN_HOURS, "gauge", "1 while the feed is expected to speak."),
                (metric_names.FEED_LAG, "gauge", "Records appended and not yet in the figures."),
                (metric_names.EVENTS_CONSUMED, "counter", "Records consumed."),
                (metric_names.EVENTS, "counter", "Records by fate."),
                (metric_names.EVENTS_LATE, "counter", "Applied events later than the allowed lateness."),
                (metric_names.EVENTS_REJECTED, "counter", "Records rejected, by reason."),
                (metric_names.ORPHANS, "gauge", "Entities whose opening never came."),
                (metric_names.KPI_NOT_DUE, "gauge", "1 while the report behind a KPI is not due."),
            )
        }
        for slug in self._plan.subsystems:
            for name, labels, value in self._feed_samples(merged, slug, lag, now, wall):
                families[name].samples.append(((("subsystem", slug), *labels), value))
        yield from families.values()

    def _feed_samples(
        self, merged: MergedFigures, slug: str, lag: Lag, now: EpochSeconds, wall: float
    ) -> Iterator[tuple[str, LabelPairs, float]]:
        subsystem = self._plan.subsystems[slug].subsystem
        feed = subsystem.feed
        yield metric_names.FEED_EXPECTED_INTERVAL, (), feed.expected_interval.seconds
        yield metric_names.FEED_IN_HOURS, (), float(self._calendar.in_hours(feed.hours, now))
        yield metric_names.FEED_LAG, (), sum(records for (owner, _), records in lag.items() if owner == slug)
        for name, kpi in subsystem.kpis.items():
            if kpi.reporting is not None:
                yield metric_names.KPI_NOT_DUE, (("kpi", name),), float(not self._calendar.is_due(kpi.reporting, now))
        fates = merged.fates(slug)
        yield metric_names.EVENTS_CONSUMED, (), fates.consumed
        for fate in ("applied", "duplicate", "rejected"):
            yield metric_names.EVENTS, (("fate", fate),), getattr(fates, fate)
        yield metric_names.EVENTS_LATE, (), fates.late
        for reason, count in fates.rejected_by_reason.items():
            yield metric_names.EVENTS_REJECTED, (("reason", reason),), count
        sources = merged.sources(slug).values()
        for entity in subsystem.entities:
            yield metric_names.ORPHANS, (("entity", entity),), sum(source.orphans.get(entity, 0) for source in sources)
        newest = merged.newest(slug)
        if newest is not None:
            yield metric_names.EVENT_TIME, (), float_from_ms(newest)
            by_event = self._clock.kind == "event"
            heard = seconds_from_ms(newest if by_event else max(source.appended for source in sources))
            until = now if by_event else EpochSeconds(int(wall))
            yield (
                metric_names.FEED_SILENCE,
                (),
                self._calendar.seconds_in_hours_between(feed.hours, heard, max(heard, until)),
            )


def kpi_families(kpis: Mapping[str, Kpi], breakdowns: Iterable[Breakdown], slug: str) -> list[Family]:
    """The families of a subsystem's KPIs: values, and beside them what a ratio was made of or a sample's size."""
    families = {name: _KpiFamilies.of(slug, name, kpi) for name, kpi in kpis.items()}
    for breakdown in breakdowns:
        families[breakdown.kpi].add(breakdown)
    return [family for own in families.values() for family in own if family.samples]


class _KpiFamilies(NamedTuple):
    """What one KPI is exposed as."""

    values: Family
    numerators: Family
    denominators: Family
    samples: Family

    @classmethod
    def of(cls, subsystem: str, slug: str, kpi: Kpi) -> "_KpiFamilies":
        metric, title = metric_names.metric_name(subsystem, slug, kpi), f"{kpi.name.vi} ({kpi.name.en})"
        return cls(
            Family(metric, "gauge", title),
            Family(metric_names.numerator_name(metric), "gauge", f"{title}: numerator."),
            Family(metric_names.denominator_name(metric), "gauge", f"{title}: denominator."),
            Family(metric_names.sample_name(metric), "gauge", f"{title}: sample."),
        )

    def add(self, breakdown: Breakdown) -> None:
        names, window = breakdown.names, breakdown.window
        for own, (value, numerator, denominator, sample) in sorted(breakdown.values.items()):
            labels = _label_pairs(window, names, own)
            self.values.samples.append((labels, value))
            if numerator is not None:
                self.numerators.samples.append((labels, numerator))
            if denominator is not None:
                self.denominators.samples.append((labels, denominator))
            elif sample is not None:
                self.samples.samples.append((labels, sample))


@lru_cache(maxsize=1 << 16)
def _label_pairs(window: Window, names: tuple[str, ...], values: Labels) -> LabelPairs:
    """Remembered, as every page has the same."""
    return ((metric_names.WINDOW_LABEL, window), *zip(names, values, strict=True))
