"""What the engine says of the events in a topic: read from Kafka, applied, merged, read as figures."""

from pathlib import Path

from ioc.catalogue import Catalogue
from ioc.catalogue.calendar import WorkingCalendar
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard
from ioc.events.mappings import Mapper
from ioc.events.partitioning import partition_of
from ioc.events.records import Batch
from ioc.figures.merged import MergedFigures
from ioc.figures.view import Figure, SubsystemView, figures_of
from streams.ingest.ingest import made_ready
from streams.kafka.log_reader import LogReader
from streams.settings.names import Names
from streams.settings.settings import Settings

FigureKey = tuple[str, tuple[tuple[str, str], ...], str]


class Engine:
    """A worker's shards and an exporter's merged, without the processes."""

    def __init__(self, catalogue: Catalogue, subsystem: str, partitions: int) -> None:
        self.plan: Plan = compile_plan(catalogue)
        self.merged = MergedFigures(self.plan)
        self._subsystem = subsystem
        self._calendar = WorkingCalendar.of(catalogue.province.calendar)
        self._shards = [Shard(self.plan, index, partitions) for index in range(partitions)]

    def apply(self, partition: int, batch: Batch) -> None:
        self._shards[partition].apply(batch)

    async def read(self, settings: Settings) -> None:
        """Apply what is in the subsystem's topic."""
        async with LogReader(settings, Names(settings.topic_prefix).events(self._subsystem)) as reader:
            while not reader.caught_up:
                for partition, records in (await reader.poll()).items():
                    columns = zip(*((r.offset, r.timestamp, r.key, r.value, r.headers) for r in records), strict=True)
                    self.apply(partition, Batch(self._subsystem, partition, *columns))

    def figures(self) -> dict[FigureKey, Figure]:
        """The figures at the newest event time, by KPI, labels and window."""
        for index, shard in enumerate(self._shards):
            checkpoint = shard.checkpoint()
            for record in checkpoint.figures if checkpoint else ():
                self.merged.put(index, record.key, record.value)
        now = (self.merged.newest(self._subsystem) or 0) // 1000
        view = SubsystemView(self.merged, self._subsystem, now, self._calendar)
        found = figures_of(view, self.merged, self._subsystem)
        return {(figure.kpi, figure.labels, figure.window): figure for figure in found}

    def by(self, kpi: str, label: str) -> dict[str, float]:
        """A KPI's totals by one label."""
        return {
            labels[0][1]: figure.value
            for (slug, labels, window), figure in self.figures().items()
            if slug == kpi and window == "total" and [name for name, _ in labels] == [label]
        }

    def total(self, kpi: str) -> Figure:
        """A KPI's total for the whole."""
        return self.figures()[kpi, (), "total"]


def apply_file(engine: Engine, mapper: Mapper, file: Path, appended: int, chunk: int = 5_000) -> int:
    """Apply the events of a file as if they had been through Kafka; returns how many."""
    subsystem = mapper.mapping.subsystem
    partitions = len(engine._shards)
    waiting: list[list[tuple[bytes, bytes]]] = [[] for _ in range(partitions)]
    offsets = [0] * partitions

    def flush() -> None:
        for partition, events in enumerate(waiting):
            if events:
                keys, values = zip(*events, strict=True)
                size, first = len(events), offsets[partition]
                numbers = range(first, first + size)
                batch = Batch(subsystem, partition, numbers, [appended] * size, keys, values, [()] * size)
                engine.apply(partition, batch)
                offsets[partition] += size
                events.clear()

    with made_ready(mapper, file) as ready:
        for number, (key, value) in enumerate(ready.events(), 1):
            waiting[partition_of(key, partitions)].append((key, value))
            if number % chunk == 0:
                flush()
    flush()
    return sum(offsets)
