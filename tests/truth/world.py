"""One subsystem from its topics to what is exported, and the statuses that the wall shows of it."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from ioc.catalogue import Catalogue, load
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.family import Family
from ioc.figures.knowledge import Backlog
from ioc.kpis import metric_names
from ioc.kpis.limits import effective_limits, grey_reason_of, status_of
from ioc.kpis.status import Certainty, GreyReason, Knowledge, Status
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics, batch_of
from tests.truth.scenes import NOW, Sent, filled

PARTITIONS = 2
Place = tuple[tuple[str, str], ...]
"""The labels of a value, sorted; none for the whole."""


class Shown(NamedTuple):
    """What the wall shows of one place."""

    status: Status
    reason: GreyReason | None


@cache
def catalogue_of(slug: str) -> Catalogue:
    whole = load()
    return Catalogue(province=whole.province, subsystems={slug: whole.subsystems[slug]})


@cache
def plan_of(slug: str) -> Plan:
    return compile_plan(catalogue_of(slug))


class World:
    """Two partitions of one subsystem, a worker, and an exporter."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.plan = plan_of(slug)
        self.subsystem = self.plan.subsystems[slug].subsystem
        self.topics = Topics(PARTITIONS)
        self.engine = Engine(self.plan, PARTITIONS)
        self.exposition = Exposition(self.plan, Clock("wall"), simulated=False)

    def append(self, sent: Sent, appended: int | None = None, id: str = "") -> LogRecord:  # noqa: A002 (as CloudEvents has it)
        """Append an event, when it happened unless told otherwise (ms since the epoch)."""
        time = NOW - sent.before * 1000
        data = filled(self.subsystem, sent.event, sent.data)
        return self.topics.send(self.subsystem, sent.event, time, data, id=id, appended=appended)

    def read(self, records: Iterable[LogRecord]) -> None:
        self.engine.consume(records)
        self.engine.checkpoint()

    def rebuild(self, partition: int) -> tuple[list[LogRecord], list[LogRecord]]:
        """Find a partition's state torn, and read half of its topic anew; gives what was read and what was not yet."""
        store = self.engine.store
        state, figures = store.state.get(partition, {}), store.figures.get(partition, {})
        shard, erased = Shard.rebuilding(self.plan, partition, PARTITIONS, [*state.items()], [*figures.items()])
        store.write(partition, erased)
        own = [record for record in self.topics.records if record.partition == partition]
        half = len(own) // 2
        if half:
            shard.apply(batch_of(own[:half]))
            checkpoint = shard.checkpoint()
            assert checkpoint is not None
            store.write(partition, checkpoint)
        return own[:half], own[half:]

    def backlog(self, waiting: float) -> Backlog:
        """All that was appended and not read, waiting for so many seconds."""
        ends: dict[tuple[str, int], int] = {}
        for record in self.topics.records:
            ends[record.subsystem, record.partition] = record.offset + 1
        sources = self.engine.store.merged(self.plan).sources(self.slug)
        positions = {(self.slug, partition): source.position for partition, source in sources.items()}
        records = {place: end - max(0, positions.get(place, 0)) for place, end in ends.items()}
        return Backlog(records, {place: waiting for place, count in records.items() if count > 0})

    def exported(self, now: float, backlog: Backlog | None = None) -> dict[str, Family]:
        """By name what an exporter serves at a moment (seconds since the epoch)."""
        merged = self.engine.store.merged(self.plan)
        families = self.exposition.families(merged, self.backlog(0) if backlog is None else backlog, now)
        named = {family.name: family for own in families.values() for family in own}
        assert len(named) == sum(map(len, families.values())), "a family stands twice, which no reader takes"
        return named

    def shown(self, kpi: str, exported: Mapping[str, Family]) -> dict[Place, Shown]:
        """Every place of a KPI that has a value, and the whole."""
        spec = self.subsystem.kpis[kpi]
        limits = effective_limits(spec)
        assert limits is not None
        metric = metric_names.metric_name(self.slug, kpi, spec)
        sampled = metric_names.denominator_name if spec.ratio else metric_names.sample_name
        values = _in_window(exported, metric, limits.window)
        samples = _in_window(exported, sampled(metric), limits.window)
        identity = {("subsystem", self.slug), ("kpi", kpi)}
        (certainty,) = (v for own, v in exported[metric_names.KPI_KNOWLEDGE].samples if set(own) == identity)
        doubts = [v for own, v in exported[metric_names.KPI_DOUBT].samples if set(own) == identity]
        knowledge = Knowledge(Certainty(int(certainty)), GreyReason(int(doubts[0])) if doubts else None)
        silent = any(identity <= set(own) for own, _ in exported[metric_names.THING_SILENT].samples)
        shown = {}
        for place in {(), *values}:
            value, sample = values.get(place), samples.get(place)
            known = THING_SILENT if silent and place == () and knowledge.reason is None else knowledge
            status = status_of(value, sample, None, limits, known)
            reason = grey_reason_of(value, sample, limits, known) if status is Status.GREY else None
            shown[place] = Shown(status, reason)
        return shown


THING_SILENT = Knowledge(Certainty.PARTLY_KNOWN, GreyReason.THING_SILENT)
"""Of a whole one of whose things fell silent while it broke a limit."""


def _in_window(exported: Mapping[str, Family], name: str, window: str) -> dict[Place, float]:
    found = {}
    for labels, value in exported[name].samples if name in exported else ():
        own = dict(labels)
        if own.pop(metric_names.WINDOW_LABEL) == window:
            found[tuple(sorted(own.items()))] = value
    return found
