"""The past of a subsystem's figures: its events replayed in the order they happened, read at one instant after another.

What the figures are at an instant is what the events up to then give, whenever they arrived: what came late is where
it belongs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from ioc.catalogue.feeds import feeds_of_kpi
from ioc.engine.plan import Plan, SubsystemPlan, compile_subsystem
from ioc.engine.shard import Shard
from ioc.events.decoding import Rejection
from ioc.events.records import Batch, Header
from ioc.figures.exposition import kpi_families
from ioc.figures.family import Family
from ioc.figures.hearing import Hearing, hear
from ioc.figures.knowledge import Doubt, Reading, doubts_of, knowledge_of
from ioc.figures.label_text import LabelPairs
from ioc.figures.merged import MergedFigures
from ioc.figures.silence import SilentThing, silent_things
from ioc.figures.view import SubsystemView, breakdowns_of, figures_of
from ioc.kpis import metric_names
from ioc.kpis.limits import effective_limits, status_of
from ioc.kpis.status import Status
from ioc.time.instants import EpochMs, EpochSeconds, Seconds, ms_from_datetime, seconds_from_ms
from ioc.time.windows import pane_start


class PastEvent(NamedTuple):
    """One record of a source topic, with its event time."""

    time: EpochMs
    partition: int
    appended: EpochMs
    """By the broker."""
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


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
    """

    def __init__(self, plan: Plan, slug: str, partitions: int, step: Seconds, *, breakdowns: bool) -> None:
        own = plan.subsystems[slug]
        self._plan = replace(plan, subsystems={slug: own if breakdowns else _wholes(own, plan)})
        self._slug = slug
        self._step = step
        self._merged = MergedFigures(self._plan)
        self._shards = {index: Shard(self._plan, index, partitions) for index in range(partitions)}
        self._consumed = dict.fromkeys(range(partitions), 0)
        self._limits = {
            name: limits
            for name, kpi in plan.subsystems[slug].subsystem.kpis.items()
            if (limits := effective_limits(kpi)) is not None
        }
        self._feeds = {name: feeds_of_kpi(plan.subsystems[slug].subsystem, name) for name in self._limits}
        self._statuses: dict[tuple[str, LabelPairs], Status] = {}
        self.rejected = 0
        """Events that the engine refused, as it does when live."""

    def snapshots(self, events: Iterable[PastEvent]) -> Iterator[Snapshot]:
        """A snapshot at the end of every step from the first event's to the last one's; sorts the events by time."""
        ordered = sorted(events, key=attrgetter("time"))
        instant: EpochSeconds | None = None
        for end, own in groupby(ordered, self._end_of_step):
            while instant is not None and instant + self._step < end:
                instant = EpochSeconds(instant + self._step)
                yield self._snapshot(instant)
            self._apply(own)
            instant = end
            yield self._snapshot(end)

    def _end_of_step(self, event: PastEvent) -> EpochSeconds:
        """The end of the step that holds an event; one at that very instant is in it."""
        start = pane_start(self._step, seconds_from_ms(EpochMs(event.time - 1)))
        return EpochSeconds(start + self._step)

    def _apply(self, events: Iterable[PastEvent]) -> None:
        by_partition: dict[int, list[PastEvent]] = {}
        for event in events:
            by_partition.setdefault(event.partition, []).append(event)
        for partition, own in by_partition.items():
            _, _, appended, keys, values, headers = zip(*own, strict=True)
            first = self._consumed[partition]
            self._consumed[partition] = first + len(own)
            offsets = range(first, first + len(own))
            self._shards[partition].apply(Batch(self._slug, partition, offsets, appended, keys, values, headers))
        for partition in by_partition:
            checkpoint = self._shards[partition].checkpoint()
            if checkpoint is not None:
                self.rejected += len(checkpoint.dead_letters)
                for record in checkpoint.figures:
                    self._merged.put(partition, record.key, record.value)

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
        for figure in figures_of(view, self._merged, self._slug):
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
            of_subsystem = Family(metric_names.SUBSYSTEM_STATUS, "gauge", "The worst status of a subsystem.")
            of_subsystem.samples.append(((("subsystem", self._slug),), float(worst)))
            yield from (judged, of_subsystem)

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


def _wholes(own: SubsystemPlan, plan: Plan) -> SubsystemPlan:
    """The plan of a subsystem without breakdowns, of which most of an engine's state is, but those by judged sites."""
    judged = {kpi.sender for kpi in own.subsystem.kpis.values()}
    kpis = {
        name: kpi.model_copy(update={"by": [by for by in kpi.by if len(by) == 1 and by[0] in judged]})
        for name, kpi in own.subsystem.kpis.items()
    }
    units = tuple(unit.code for unit in plan.catalogue.province.units)
    return compile_subsystem(own.subsystem.model_copy(update={"kpis": kpis}), units, plan.calendar)


def past_events(
    plan: Plan, slug: str, records: Iterable[tuple[int, EpochMs, bytes | None, bytes | None, Sequence[Header]]]
) -> Iterator[PastEvent]:
    """Records of a source topic, as (partition, append time, key, value, headers), with their event times.

    What cannot be read has none and is rejected when it was appended.
    """
    decoder = plan.subsystems[slug].decoder
    for partition, appended, key, value, headers in records:
        try:
            time = ms_from_datetime(decoder.decode(value, headers).time)
        except Rejection:
            time = appended
        yield PastEvent(time, partition, appended, key, value, headers)
