"""The past of a subsystem's figures: its events replayed in the order they happened, read at one instant after another.

What the figures are at an instant is what the events up to then give, whenever they arrived: what came late is where
it belongs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from ioc.catalogue.feeds import feeds_of_kpi
from ioc.engine.plan import Plan
from ioc.figures.exposition import kpi_families
from ioc.figures.family import Family
from ioc.figures.hearing import Hearing, hear
from ioc.figures.knowledge import Doubt, Reading, doubts_of, knowledge_of
from ioc.figures.label_text import LabelPairs
from ioc.figures.replayed import PastEvent, Replayed, plan_of_one, wholes
from ioc.figures.silence import SilentThing, silent_things
from ioc.figures.view import SubsystemView, breakdowns_of, figures_of
from ioc.kpis import metric_names
from ioc.kpis.limits import effective_limits, status_of
from ioc.kpis.status import Certainty, Status
from ioc.time.instants import EpochMs, EpochSeconds, Seconds, seconds_from_ms
from ioc.time.windows import pane_start


class Snapshot(NamedTuple):
    """Everything that is exported of a subsystem, at one instant."""

    instant: EpochSeconds
    families: list[Family]


class Past:
    """Replays one subsystem.

    Args:
        step: the time between two snapshots, each at the end of an hour or a day of local time.
        breakdowns: whether snapshots have every label set, or the whole of each KPI only, and the sites that the
            worst one is found among.
        coarser: other times between two, each up to the end of a day, the earlier one first.
    """

    def __init__(
        self,
        plan: Plan,
        slug: str,
        partitions: int,
        step: Seconds,
        *,
        breakdowns: bool,
        coarser: Sequence[tuple[EpochSeconds, Seconds]] = (),
    ) -> None:
        own = plan.subsystems[slug].subsystem
        self._plan = plan_of_one(plan, slug, own.kpis if breakdowns else wholes(own))
        self._slug = slug
        self._step = step
        self._coarser = coarser
        self._replayed = Replayed(self._plan, slug, partitions)
        self._merged = self._replayed.merged
        self._limits = {name: limits for name, kpi in own.kpis.items() if (limits := effective_limits(kpi)) is not None}
        self._feeds = {name: feeds_of_kpi(own, name) for name in (*self._limits, own.headline)}
        self._shown = own.kpis[own.headline].windows[0]
        self._statuses: dict[tuple[str, LabelPairs], Status] = {}

    @property
    def rejected(self) -> int:
        """Events that the engine refused, as it does when live."""
        return self._replayed.rejected

    def snapshots(self, events: Iterable[PastEvent], until: EpochSeconds | None = None) -> Iterator[Snapshot]:
        """A snapshot at the end of every step from the first event's to the last one's, or on ``until`` then."""
        instant: EpochSeconds | None = None
        for end, own in groupby(events, self._end_of_step):
            while instant is not None and (instant := self._next(instant)) < end:
                yield self._snapshot(instant)
            self._replayed.apply(own)
            instant = end
            yield self._snapshot(end)
        while instant is not None and until is not None and (instant := self._next(instant)) <= until:
            yield self._snapshot(instant)

    def _end_of_step(self, event: PastEvent) -> EpochSeconds:
        """The end of the step that holds an event; one at that very instant is in it."""
        before = seconds_from_ms(EpochMs(event.time - 1))
        step = self._step_after(before)
        return EpochSeconds(pane_start(step, before) + step)

    def _next(self, instant: EpochSeconds) -> EpochSeconds:
        return EpochSeconds(instant + self._step_after(instant))

    def _step_after(self, instant: EpochSeconds) -> Seconds:
        return next((step for until, step in self._coarser if instant < until), self._step)

    def _snapshot(self, instant: EpochSeconds) -> Snapshot:
        subsystem = self._plan.subsystems[self._slug].subsystem
        view = SubsystemView(self._merged, self._slug, instant, self._plan.calendar)
        families = kpi_families(subsystem.kpis, breakdowns_of(view, self._merged, self._slug), self._slug)
        return Snapshot(instant, [*families, *self._status_families(view, instant)])

    def _status_families(self, view: SubsystemView, instant: EpochSeconds) -> Iterator[Family]:
        """Statuses as Prometheus records them when live; a rule that reads its own past cannot be run afterwards."""
        judged = Family(metric_names.KPI_STATUS, "gauge", "0 grey, 1 green, 2 yellow, 3 red.")
        subsystem, feeds = self._plan.subsystems[self._slug].subsystem, self._merged.feeds(self._slug)
        hearings = hear(subsystem, feeds, "event", instant, self._plan.calendar)
        silent = list(silent_things(view, subsystem))
        doubts = {name: self._doubts(name, hearings, silent, instant) for name in self._limits}
        statuses: dict[tuple[str, LabelPairs], Status] = {}
        values: dict[tuple[str, LabelPairs], tuple[float | None, float | None]]
        values = {(name, ()): (None, None) for name in self._limits}
        headline: float | None = None
        for figure in figures_of(view, self._merged, self._slug):
            if (figure.kpi, figure.labels, figure.window) == (subsystem.headline, (), self._shown):
                headline = figure.value
            limits = self._limits.get(figure.kpi)
            if limits is not None and figure.window == limits.window:
                values[figure.kpi, figure.labels] = (figure.value, figure.sample)
        for (name, labels), (value, sample) in values.items():
            limits = self._limits[name]
            status = statuses[name, labels] = status_of(
                value,
                sample,
                self._statuses.get((name, labels)),
                limits,
                knowledge_of(doubts[name], of_whole=not labels),
            )
            identity = ("subsystem", self._slug), ("kpi", name), (metric_names.WINDOW_LABEL, limits.window)
            judged.samples.append(((*identity, *labels), float(status)))
        self._statuses = statuses
        if judged.samples:
            worst = min((status for (_, labels), status in statuses.items() if not labels), key=lambda each: each.rank)
            if worst is Status.GREEN and not self._shows_its_headline(headline, hearings, silent, instant):
                worst = Status.GREY
            of_subsystem = Family(metric_names.SUBSYSTEM_STATUS, "gauge", "The worst status of a subsystem.")
            of_subsystem.samples.append(((("subsystem", self._slug),), float(worst)))
            yield from (judged, of_subsystem)

    def _shows_its_headline(
        self, value: float | None, hearings: Mapping[str, Hearing], silent: Iterable[SilentThing], instant: EpochSeconds
    ) -> bool:
        """A headline without limits has no status of its own: without its value, all of it known, nothing is green."""
        headline = self._plan.subsystems[self._slug].subsystem.headline
        if headline in self._limits:
            return True
        doubts = self._doubts(headline, hearings, silent, instant)
        return value is not None and knowledge_of(doubts).certainty is Certainty.KNOWN

    def _doubts(
        self, kpi: str, hearings: Mapping[str, Hearing], silent: Iterable[SilentThing], instant: EpochSeconds
    ) -> list[Doubt]:
        """What was not known of a KPI then: everything that had happened was read."""
        subsystem, calendar = self._plan.subsystems[self._slug].subsystem, self._plan.calendar
        reporting = subsystem.kpis[kpi].reporting
        rests_on = {feed: hearings[feed] for feed in self._feeds[kpi]}
        is_due = reporting is None or calendar.is_due(reporting, instant)
        labels = [thing.label for thing in silent if thing.kpi == kpi]
        return list(doubts_of(rests_on, Reading(), is_due=is_due, silent=labels))
