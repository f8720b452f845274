"""Where contenders run: a broker on one core, filled once, and each contender alone on another core."""

import asyncio
import itertools
import json
import math
import struct
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.contenders.task import arguments
from bench.machine import BROKER_CORE, CONTENDER_CORE, PYTHON, cpu_seconds, peak_megabytes, pin, pinned
from bench.readings import Keyed
from ioc.cli.figures import read_merged
from ioc.figures.merged import MergedFigures
from streams.kafka.producer import Publisher
from streams.kafka.topics import topic_admin
from streams.settings.settings import ClockKind, Settings, load_settings
from streams.stack.children import Child, Children
from streams.stack.kafka import Kafka

WARM_UP = 0.1
"""The share of the records that is read before the clock starts, unless said otherwise."""

_POLL = 0.02
_LONGEST_SILENCE = 120.0
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Filled:
    """A prefix whose source topics hold records."""

    settings: Settings
    subsystems: Sequence[str]
    records: int
    bytes_each: float


@dataclass(frozen=True)
class Run:
    """What one run of one contender came to, from the end of its warm-up to its last record."""

    records: int
    wall: float
    """Events per second of wall time."""
    cpu: float
    """Events per second of the contender's processor time."""
    peak: float
    """Most resident memory, MB."""


class WrongCount(Exception):
    """A contender that was fast by being wrong."""


class Field:
    """One broker and the contenders that read from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._stack = ExitStack()
        self.children = self._stack.enter_context(Children(folder / "logs"))
        self.kafka = self._stack.enter_context(Kafka(self.children, folder / "broker", java_options=()))
        pin(self.kafka.child.pid, BROKER_CORE)

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> "Field":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def settings(self, prefix: str, **more: object) -> Settings:
        """Settings of an installation on this broker."""
        return load_settings(bootstrap_servers=self.kafka.bootstrap, topic_prefix=prefix, **more)

    def fill(self, settings: Settings, subsystems: Sequence[str], events: Iterable[Keyed]) -> Filled:
        """Create an installation's topics and publish events into them."""
        with topic_admin(settings) as admin:
            admin.ensure(subsystems)
        records, size = asyncio.run(_publish(settings, events))
        return Filled(settings, subsystems, records, size / max(1, records))

    def count(self, command: Sequence[str], filled: Filled, warm_up: float = WARM_UP) -> tuple[Run, dict[str, int]]:
        """Let a contender count one topic's readings; what it measured, and what it counted."""
        run = self._name()
        progress, result = self._progress(run), self.folder / f"{run}.json"
        given = arguments(
            bootstrap=self.kafka.bootstrap,
            topic=filled.settings.names.events(filled.subsystems[0]),
            partitions=filled.settings.partitions,
            records=filled.records,
            run=run,
            progress=progress,
            result=result,
        )
        child = self.children.start(run, pinned([*command, *given]), _environment())
        measured = _measure(child, progress, filled.records, warm_up)
        child.wait(120)
        return measured, json.loads(result.read_text())

    def work(self, filled: Filled, catalogue: Path | None, warm_up: float = WARM_UP) -> tuple[Run, MergedFigures]:
        """Let a worker of the product with default settings read what is there; its rates, and the figures it left."""
        with self.worker(filled, catalogue) as (child, progress, settings):
            measured = _measure(child, progress, filled.records, warm_up)
            _checkpointed(settings)
        return measured, figures(settings, filled)

    def work_together(self, filled: Filled, catalogue: Path | None, cores: Sequence[int]) -> float:
        """Events per second of wall time of a group of workers, one on each of these cores."""
        with ExitStack() as group:
            _, counter, settings = group.enter_context(self.worker(filled, catalogue, core=cores[0]))
            others = (self.worker(filled, catalogue, core=core, settings=settings) for core in cores[1:])
            counters = [counter, *(group.enter_context(worker)[1] for worker in others)]
            self.wait_for(counters, math.ceil(filled.records * WARM_UP))
            begin, began = sum(map(read_count, counters)), time.monotonic()
            self.wait_for(counters, filled.records)
            rate = (filled.records - begin) / (time.monotonic() - began)
            _checkpointed(settings)
        figures(settings, filled)
        return rate

    @contextmanager
    def worker(
        self,
        filled: Filled,
        catalogue: Path | None,
        *,
        core: int = CONTENDER_CORE,
        settings: Settings | None = None,
    ) -> Iterator[tuple[Child, Path, Settings]]:
        """A worker with its shared counter and its settings: with state of its own, or in the group of another one."""
        run = self._name()
        progress = self._progress(run)
        settings = settings or self._settings_of(run, filled, catalogue)
        with topic_admin(settings) as admin:
            admin.ensure(filled.subsystems)
        command = pinned([PYTHON, "-m", "bench.contenders.product", str(progress)], core)
        child = self.children.start(run, command, _environment() | environment_of(settings))
        try:
            yield child, progress, settings
        finally:
            child.stop()

    def _settings_of(self, run: str, filled: Filled, catalogue: Path | None) -> Settings:
        """Settings of an installation that reads another one's events."""
        units = catalogue / "units.yaml" if catalogue else None
        own = {"catalogue": catalogue, "units": units if units and units.exists() else None}
        place = {"topic_prefix": run, "source_prefix": filled.settings.topic_prefix, "clock": ClockKind.EVENT}
        return filled.settings.model_copy(update=place | own)

    def wait_for(self, counters: Sequence[Path], records: int) -> None:
        """Wait until workers have processed so many records together. Raises WrongCount if they do not."""
        deadline = time.monotonic() + _LONGEST_SILENCE
        while (count := sum(map(read_count, counters))) < records:
            if time.monotonic() > deadline:
                raise WrongCount(f"{count} of {records} records after {_LONGEST_SILENCE:.0f} s")
            time.sleep(_POLL)

    def _name(self) -> str:
        return f"run-{next(self._numbers)}"

    def _progress(self, run: str) -> Path:
        file = self.folder / f"{run}.progress"
        file.write_bytes(bytes(8))
        return file


def _checkpointed(settings: Settings) -> None:
    """Wait for the checkpoints of all that was read: a worker that stops gives its last ones no more than seconds."""
    time.sleep(2 * settings.checkpoint_interval)


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that give a process these settings, free ports for its pages."""
    given = {
        "BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "TOPIC_PREFIX": settings.topic_prefix,
        "SOURCE_PREFIX": settings.source_prefix,
        "PARTITIONS": settings.partitions,
        "CATALOGUE": settings.catalogue,
        "UNITS": settings.units,
        "CLOCK": settings.clock,
        "WORKER_METRICS_PORT": 0,
    }
    return {f"IOC_{name}": str(value) for name, value in given.items() if value is not None}


def figures(settings: Settings, filled: Filled) -> MergedFigures:
    """What workers left that were told to stop, and so have made their last checkpoints. Raises WrongCount."""
    merged = read_merged(settings)
    if (consumed := sum(merged.fates(slug).consumed for slug in filled.subsystems)) != filled.records:
        raise WrongCount(f"the product has {consumed} of {filled.records} records in its figures")
    return merged


def read_count(progress: Path) -> int:
    """How many records were processed."""
    count: int = struct.unpack("<q", progress.read_bytes())[0]
    return count


def compare(name: str, counted: Mapping[str, int], truth: Mapping[str, int]) -> None:
    """Raise WrongCount unless every count is as it must be."""
    if counted != truth:
        wrong = [key for key in counted.keys() | truth.keys() if counted.get(key, 0) != truth.get(key, 0)]
        totals = f"{sum(counted.values())} counted of {sum(truth.values())}"
        raise WrongCount(f"{name}: {totals}, {len(wrong)} of {len(truth)} counts differ, such as {wrong[:3]}")


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT)}


async def _publish(settings: Settings, events: Iterable[Keyed]) -> tuple[int, int]:
    names = settings.names
    records = size = 0
    async with Publisher(settings) as publisher:
        for event in events:
            await publisher.send(names.events(event.subsystem), event.key, event.value)
            records += 1
            size += len(event.value)
            if records % 5000 == 0:
                await asyncio.sleep(0)
    return records, size


def _measure(child: Child, progress: Path, records: int, warm_up: float = WARM_UP) -> Run:
    begin: tuple[int, float, float] | None = None
    last, moved = 0, time.monotonic()
    while True:
        count = read_count(progress)
        now, cpu = time.monotonic(), cpu_seconds(child.pid)
        if begin is None and count >= records * warm_up:
            begin = count, now, cpu
        if count >= records:
            break
        if not child.running:
            raise child.failure(f"ended after {count} of {records} records")
        last, moved = (count, now) if count > last else (last, moved)
        if now - moved > _LONGEST_SILENCE:
            raise child.failure(f"stands still after {count} of {records} records")
        time.sleep(_POLL)
    assert begin is not None
    done = count - begin[0]
    return Run(done, done / (now - begin[1]), done / max(cpu - begin[2], 0.01), peak_megabytes(child.pid))
