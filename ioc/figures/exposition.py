"""The figures as metric families, ready for any exposition format."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ioc.catalogue.feeds import feeds_of_kpi
from ioc.engine.plan import Plan
from ioc.engine.recount import columns_read_by
from ioc.figures.clock import Clock
from ioc.figures.family import Family, Sample
from ioc.figures.hearing import hear
from ioc.figures.knowledge import Backlog, doubts_of, knowledge_of
from ioc.figures.label_text import LabelPairs
from ioc.figures.losses import NONE_ACCEPTED, judged_in, known_from, may_lack, unaccepted
from ioc.figures.merged import MergedFigures
from ioc.figures.silence import SilentThing, silent_things
from ioc.figures.source_families import Source, source_families
from ioc.figures.unit_ranks import rank_family, unit_ranks
from ioc.figures.view import Breakdown, Figure, SubsystemView, breakdowns_of, figures_of
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.limits import effective_limits
from ioc.kpis.measures import Labels
from ioc.time.instants import EpochMs, EpochSeconds
from ioc.time.windows import Window, span_of

RANKS = "ranks of units"
"""The part of the families that all subsystems share; no slug has a space."""


class Exposition:
    """Turns figures into metric families; works out anew only the subsystems that changed or whose clock moved.

    ``accepted_before`` is the append time before which the loss of events by age is accepted.
    """

    def __init__(self, plan: Plan, clock: Clock, *, simulated: bool, accepted_before: EpochMs = NONE_ACCEPTED) -> None:
        self._plan = plan
        self._accepted_before = accepted_before
        self._clock = clock
        self._simulated = simulated
        self._calendar = plan.calendar
        self._columns = {
            slug: {name: columns_read_by(subsystem, name) for name in subsystem.subsystem.kpis}
            for slug, subsystem in plan.subsystems.items()
        }
        self._feeds = {
            slug: {name: feeds_of_kpi(each.subsystem, name) for name in each.subsystem.kpis}
            for slug, each in plan.subsystems.items()
        }
        """By subsystem and KPI those that it rests on."""
        self._levels = {unit.code: unit.level for unit in plan.catalogue.province.units}
        self._kept: dict[str, _Kept] = {}
        self._ranks: list[Family] = []

    def families(self, merged: MergedFigures, backlog: Backlog, wall: float) -> dict[str, list[Family]]:
        """Every family once: those of a subsystem under its slug, ranks under `RANKS`, the platform's own under ``""``.

        What did not change is the very list that it was before. ``wall`` is in seconds since the epoch by the wall
        clock.
        """
        now = self._clock.advance(merged, wall)
        changed, before = merged.take_changed(), list(self._kept.values())
        for slug in self._plan.subsystems:
            moment = now, self._clock.reached(merged, slug, backlog.records, now)
            if slug in changed or slug not in self._kept or self._kept[slug].moment != moment:
                self._kept[slug] = self._read(merged, slug, *moment)
        if [kept.ranks for kept in before] != [kept.ranks for kept in self._kept.values()]:
            self._ranks = [rank_family(rank for kept in self._kept.values() for rank in kept.ranks)]
        sources = self._sources(merged, backlog, now, wall)
        platform = [
            Family(metric_names.CLOCK, "gauge", "The moment that all figures are read at.", [((), now)]),
            Family(
                metric_names.SIMULATED, "gauge", "1 where the events are simulated.", [((), float(self._simulated))]
            ),
            *self._info(),
            self._since(merged, now),
            *source_families(merged, sources),
            *self._knowledge(merged, sources, backlog, now),
        ]
        return {"": platform, RANKS: self._ranks, **{slug: kept.families for slug, kept in self._kept.items()}}

    def figures(self, merged: MergedFigures, backlog: Backlog, wall: float) -> Iterator[Figure]:
        """The same values as data."""
        now = self._clock.advance(merged, wall)
        for slug in self._plan.subsystems:
            reached = self._clock.reached(merged, slug, backlog.records, now)
            view = SubsystemView(merged, slug, now, self._calendar, reached)
            yield from figures_of(view, merged, slug)

    def _read(self, merged: MergedFigures, slug: str, now: EpochSeconds, reached: EpochSeconds) -> "_Kept":
        view = SubsystemView(merged, slug, now, self._calendar, reached)
        subsystem = self._plan.subsystems[slug].subsystem
        breakdowns = list(breakdowns_of(view, merged, slug))
        families = kpi_families(subsystem.kpis, breakdowns, slug)
        ranks = list(unit_ranks(subsystem, breakdowns, self._levels))
        return _Kept((now, reached), families, ranks, list(silent_things(view, subsystem)))

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

    def _since(self, merged: MergedFigures, now: EpochSeconds) -> Family:
        family = Family(
            metric_names.KPI_SINCE, "gauge", "Event time from which on a KPI counts everything, where it does not ever."
        )
        for slug, names in self._columns.items():
            subsystem, losses = self._plan.subsystems[slug].subsystem, merged.losses(slug)
            for name, columns in names.items():
                lost = may_lack(subsystem, name, subsystem.kpis[name].windows, losses, now)
                begins = [merged.incomplete_since(slug, columns), *(known_from(loss) for loss in lost if loss.before)]
                if since := max(begins):
                    family.samples.append(((("subsystem", slug), ("kpi", name)), since))
        return family

    def _sources(self, merged: MergedFigures, backlog: Backlog, now: EpochSeconds, wall: float) -> dict[str, Source]:
        clock, until = self._clock.kind, now if self._clock.kind == "event" else EpochSeconds(int(wall))
        return {
            slug: Source(
                plan.subsystem,
                lag=backlog.lag_of(slug),
                hearings=hear(plan.subsystem, merged.feeds(slug), clock, until, self._calendar),
                losses=unaccepted(merged.losses(slug), self._accepted_before),
            )
            for slug, plan in self._plan.subsystems.items()
        }

    def _knowledge(
        self, merged: MergedFigures, sources: Mapping[str, Source], backlog: Backlog, now: EpochSeconds
    ) -> Iterator[Family]:
        known = Family(metric_names.KPI_KNOWLEDGE, "gauge", "How much is known of a KPI: 0 nothing, 1 a part, 2 all.")
        doubt = Family(metric_names.KPI_DOUBT, "gauge", "Why not all is known of a KPI.")
        info = Family(metric_names.KPI_DOUBT_INFO, "gauge", "1 for everything that is not known of a KPI.")
        feeds = Family(metric_names.KPI_FEED, "gauge", "1 for every feed that a KPI rests on.")
        thing_silent = Family(
            metric_names.THING_SILENT, "gauge", "What a KPI said of a thing whose silence keeps it from green."
        )
        not_due = Family(metric_names.KPI_NOT_DUE, "gauge", "1 while the report behind a KPI is not due.")
        for slug, source in sources.items():
            reading = backlog.reading_of(slug, merged.rebuilding(slug))
            for name, kpi in source.subsystem.kpis.items():
                of_kpi = ("subsystem", slug), ("kpi", name)
                rests_on = {feed: source.hearings[feed] for feed in self._feeds[slug][name]}
                is_due = kpi.reporting is None or self._calendar.is_due(kpi.reporting, now)
                is_whole = self._is_whole(merged, slug, name, now)
                silent = [thing for thing in self._kept[slug].silent if thing.kpi == name]
                labels = [thing.label for thing in silent]
                lost = may_lack(source.subsystem, name, judged_in(source.subsystem, name), source.losses, now)
                doubts = list(
                    doubts_of(rests_on, reading, is_due=is_due, is_whole=is_whole, has_lost=bool(lost), silent=labels)
                )
                certainty, reason = knowledge_of(doubts, of_whole=False)
                known.samples.append((of_kpi, certainty))
                if reason is not None:
                    doubt.samples.append((of_kpi, reason))
                info.samples += [
                    ((*of_kpi, ("reason", each.reason.name.lower()), *each.labels), 1) for each in dict.fromkeys(doubts)
                ]
                thing_silent.samples += [((*of_kpi, thing.label), thing.value) for thing in silent]
                feeds.samples += [((*of_kpi, ("feed", feed)), 1) for feed in rests_on]
                if kpi.reporting is not None:
                    not_due.samples.append((of_kpi, float(not is_due)))
        yield from (known, doubt, info, thing_silent, feeds, not_due)

    def _is_whole(self, merged: MergedFigures, slug: str, name: str, now: EpochSeconds) -> bool:
        """Whether a KPI counts since before the window of its limits began; a total begins when it begins."""
        limits = effective_limits(self._plan.subsystems[slug].subsystem.kpis[name])
        since = merged.incomplete_since(slug, self._columns[slug][name])
        return limits is None or limits.window == "total" or since <= span_of(limits.window, now).start


class _Kept(NamedTuple):
    """What was read of one subsystem."""

    moment: tuple[EpochSeconds, EpochSeconds]
    """The ``now``, and what was reached of it."""
    families: list[Family]
    ranks: list[Sample]
    silent: list[SilentThing]


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
        labels_of = _labels_of(breakdown.window, breakdown.names)
        for own, (value, numerator, denominator, sample) in sorted(breakdown.values.items()):
            labels = labels_of[own]
            self.values.samples.append((labels, value))
            if numerator is not None:
                self.numerators.samples.append((labels, numerator))
            if denominator is not None:
                self.denominators.samples.append((labels, denominator))
            elif sample is not None:
                self.samples.samples.append((labels, sample))


_REMEMBERED = 1 << 16
"""Label sets of one window and breakdown that are remembered: as many as there may be series."""


class _LabelSets(dict[Labels, LabelPairs]):
    """The labels of a breakdown's cells by their values; remembered, as every page has the same."""

    def __init__(self, window: Window, names: tuple[str, ...]) -> None:
        self._window = window
        self._names = names

    def __missing__(self, values: Labels) -> LabelPairs:
        if len(self) >= _REMEMBERED:
            self.clear()
        pairs = (metric_names.WINDOW_LABEL, self._window), *zip(self._names, values, strict=True)
        self[values] = pairs
        return pairs


_labels_of = lru_cache(maxsize=1024)(_LabelSets)
