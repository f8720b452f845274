"""A subsystem of the packaged catalogue as the wall shows it: events in, what is exported out, and its statuses."""

from collections.abc import Mapping
from functools import cache

from ioc.engine.plan import Plan
from ioc.figures.clock import Clock, ClockKind
from ioc.figures.exposition import Exposition
from ioc.figures.family import Family
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from ioc.kpis import metric_names
from ioc.kpis.limits import effective_limits, status_of
from ioc.kpis.status import Certainty, Knowledge, Status
from ioc.time.instants import EpochMs
from tests.oracle.topics import Engine, Topics, moment
from tests.packaged import packaged_plan

ALL_READ = Backlog()


@cache
def packaged() -> Plan:
    return packaged_plan()


class Wall:
    """One subsystem behind an exporter."""

    def __init__(self, subsystem: str, partitions: int = 2, clock: ClockKind = "wall") -> None:
        plan = packaged()
        self.slug = subsystem
        self.subsystem = plan.subsystems[subsystem].subsystem
        self.topics = Topics(partitions)
        self._engine = Engine(plan, partitions)
        self._clock: ClockKind = clock
        self._read = 0
        self.accepted_before: str | None = None
        """The local time before which the loss of events is accepted."""

    def send(self, event: str, at: str, **data: object) -> None:
        """Append an event at the local time it happened; it is not read yet."""
        self.topics.send(self.subsystem, event, moment(at), data)

    def read(self, *unread: int) -> None:
        """Have the worker read all there is, but for some partitions."""
        records = [each for each in self.topics.records[self._read :] if each.partition not in unread]
        self._read = len(self.topics.records)
        self._engine.consume(records)
        self._engine.checkpoint()

    def rebuild(self, kept_from: str) -> None:
        """Have the worker make all anew from what was appended since a local time; the rest was deleted by age."""
        self._engine = Engine(self._engine.plan, self.topics.partitions)
        kept = [record for record in self.topics.records if record.appended >= moment(kept_from)]
        self._engine.consume(kept, is_trimmed=True)
        self._engine.checkpoint()

    @property
    def merged(self) -> MergedFigures:
        """The figures of all partitions."""
        return self._engine.store.merged(self._engine.plan)

    def exported(self, now: str, backlog: Backlog = ALL_READ) -> dict[str, Family]:
        """By name what is exported at a local time."""
        merged = self.merged
        exposition = Exposition(
            self._engine.plan,
            Clock(self._clock),
            simulated=False,
            accepted_before=EpochMs(0 if self.accepted_before is None else moment(self.accepted_before)),
        )
        families = exposition.families(merged, backlog, moment(now) / 1000)
        return {family.name: family for own in families.values() for family in own}

    def status(self, kpi: str, now: str, backlog: Backlog = ALL_READ, **labels: str) -> Status:
        """The status of a KPI, of its whole unless labels are given, with no status before."""
        spec = self.subsystem.kpis[kpi]
        limits = effective_limits(spec)
        assert limits is not None
        exported = self.exported(now, backlog)
        metric = metric_names.metric_name(self.slug, kpi, spec)
        place = {metric_names.WINDOW_LABEL: limits.window, **labels}
        sampled = metric_names.denominator_name if spec.ratio else metric_names.sample_name
        value, sample = (_sample(exported, name, place) for name in (metric, sampled(metric)))
        certainty = _sample(exported, metric_names.KPI_KNOWLEDGE, {"subsystem": self.slug, "kpi": kpi})
        assert certainty is not None
        if not labels and self.silent(kpi, now, backlog):
            certainty = min(certainty, Certainty.PARTLY_KNOWN)
        return status_of(value, sample, None, limits, Knowledge(Certainty(int(certainty))))

    def silent(self, kpi: str, now: str, backlog: Backlog = ALL_READ) -> dict[str, float]:
        """What keeps a KPI from green by its silence, with what that said of it."""
        samples = self.exported(now, backlog)[metric_names.THING_SILENT].samples
        identity = {"subsystem": self.slug, "kpi": kpi}
        named = [(dict(labels), value) for labels, value in samples]
        return {
            next(thing for label, thing in labels.items() if label not in identity): value
            for labels, value in named
            if identity.items() <= labels.items()
        }

    def value(self, kpi: str, now: str, **labels: str) -> float | None:
        """What is exported of a KPI for a window and perhaps a breakdown."""
        name = metric_names.metric_name(self.slug, kpi, self.subsystem.kpis[kpi])
        return _sample(self.exported(now), name, labels)


def _sample(exported: Mapping[str, Family], name: str, labels: Mapping[str, str]) -> float | None:
    """The sample of a metric with exactly these labels."""
    found = [value for own, value in exported[name].samples if dict(own) == dict(labels)] if name in exported else []
    return found[0] if found else None
