"""How many events a second each contender counts, in wall and processor time, and how much memory it takes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.contenders import flink, kafka_streams
from bench.field import Field, Filled, Run, WrongCount, compare
from bench.machine import CORES, PYTHON
from bench.mix import Mix
from bench.readings import SLUG, Readings, packaged_units, write_catalogue
from ioc.engine.store.tables import TableKey
from ioc.figures.merged import MergedFigures
from ioc.time.windows import FIVE_MINUTES

PARTITIONS = 4


@dataclass(frozen=True)
class Contender:
    """One way to count the readings."""

    letter: str
    title: str
    command: Callable[[Path], Sequence[str]] | None
    """Its program, given a folder to build in; None for the product's worker."""
    share: float = 1.0
    """The share of the events that it reads: slow ones keep one rate however many there are."""
    counts: bool = True


def _python(module: str, interpreter: str = PYTHON) -> Callable[[Path], Sequence[str]]:
    return lambda _: (interpreter, "-m", f"bench.contenders.{module}")


def _of_its_own(module: str) -> Callable[[Path], Sequence[str]]:
    """A contender in Python that pins other versions than the project."""
    return _python(module, str(Path(__file__).parent.parent / f".venv-{module}" / "bin" / "python"))


LIMIT = Contender("a", "aiokafka, nothing decoded", _python("fetch"), counts=False)
BY_HAND = Contender("b", "aiokafka, msgspec and a dict, by hand", _python("by_hand"))
PRODUCT = Contender("c", "this product, one KPI", None)
FULL = Contender("d", "this product, full catalogue on the mix", None)
FAUST = Contender("e", "Faust, idiomatic", _python("idiomatic_faust"), share=0.01)
QUIX = Contender("f", "Quix Streams", _of_its_own("quix"), share=0.05)
STREAMS = Contender("g", "Kafka Streams, one thread", kafka_streams.command)
FLINK = Contender("h", "Apache Flink, one slot", flink.command)
PATHWAY = Contender("i", "Pathway, one worker", _of_its_own("pathway"))

ALL = (LIMIT, BY_HAND, PRODUCT, FULL, FAUST, QUIX, STREAMS, FLINK, PATHWAY)
QUICK = (BY_HAND, PRODUCT, FULL, STREAMS, FLINK)
STARTING = (BY_HAND, PRODUCT, STREAMS, FLINK, PATHWAY)
"""Those whose start is worth a line of its own."""


@dataclass(frozen=True)
class Rates:
    """Medians of several runs of one contender."""

    letter: str
    title: str
    runs: int
    records: int
    wall: float
    cpu: float
    peak: float

    @classmethod
    def of(cls, contender: Contender, records: int, runs: Sequence[Run]) -> "Rates":
        middle = {name: median(getattr(run, name) for run in runs) for name in ("wall", "cpu", "peak")}
        return cls(contender.letter, contender.title, len(runs), records, **middle)


class Race:
    """Topics filled for all contenders, and the rounds that are run on them.

    The clock starts after the share ``warm_up`` of the events: start, group join, JIT and caches are nobody's rate.
    """

    def __init__(self, field: Field, name: str, events: int, contenders: Sequence[Contender], warm_up: float) -> None:
        self._field = field
        self._name = name
        self._contenders = contenders
        self._warm_up = warm_up
        self._units = packaged_units()
        self._catalogue = write_catalogue(field.folder / f"{name}-catalogue")
        self._readings = {share: self._fill(share, events) for share in {c.share for c in contenders if c != FULL}}
        self._mix = Mix(events)
        self.mixed = self._fill_mix() if FULL in contenders else None
        built = field.folder / f"{name}-built"
        built.mkdir()
        self._commands = {c: c.command(built) for c in contenders if c.command is not None}

    def rounds(self, count: int, told: Callable[[Contender, Run], None]) -> Iterator[Rates]:
        """Run every contender so often, by turns; yields the medians. Raises WrongCount."""
        runs: dict[Contender, list[Run]] = {contender: [] for contender in self._contenders}
        for _ in range(count):
            for contender in self._contenders:
                run = self._run(contender)
                told(contender, run)
                runs[contender].append(run)
        for contender, made in runs.items():
            records = self.mixed.records if contender == FULL and self.mixed else self._of(contender)[1].records
            yield Rates.of(contender, records, made)

    def two_workers(self, rates: Sequence[Rates]) -> float | None:
        """How many times one worker's rate two have; None where they, the broker and the harness share cores."""
        one = next((known.wall for known in rates if known.letter == PRODUCT.letter), None)
        if len(CORES) < 4 or one is None:
            return None
        return self._field.work_together(self._of(PRODUCT)[1], self._catalogue, CORES[-2:]) / one

    def _run(self, contender: Contender) -> Run:
        if contender == FULL:
            assert self.mixed is not None
            run, merged = self._field.work(self.mixed, None, self._warm_up)
            check_mix(merged, self._mix)
            return run
        readings, filled = self._of(contender)
        if contender == PRODUCT:
            run, merged = self._field.work(filled, self._catalogue, self._warm_up)
            counted: Mapping[str, int] = reading_counts(merged)
        else:
            run, counted = self._field.count(self._commands[contender], filled, self._warm_up)
        if contender.counts:
            compare(contender.title, counted, readings.truth)
        return run

    def _of(self, contender: Contender) -> tuple[Readings, Filled]:
        return self._readings[contender.share]

    def _fill(self, share: float, events: int) -> tuple[Readings, Filled]:
        readings = Readings(round(events * share), self._units)
        settings = self._field.settings(f"{self._name}-{round(share * 100)}", partitions=PARTITIONS)
        return readings, self._field.fill(settings, [SLUG], readings)

    def _fill_mix(self) -> Filled:
        settings = self._field.settings(f"{self._name}-mix", partitions=PARTITIONS)
        return self._field.fill(settings, [*self._mix.catalogue.subsystems], self._mix)


def reading_counts(merged: MergedFigures) -> dict[str, int]:
    """What the product counted, by ``unit|kind|start of five minutes``."""
    wanted = TableKey(("unit", "kind"), FIVE_MINUTES)
    return {
        f"{unit}|{kind}|{start}": cell[0]
        for (_, table, start), pane in merged.panes()
        if table == wanted
        for (unit, kind), cell in pane.items()
    }


def check_mix(merged: MergedFigures, mix: Mix) -> None:
    """Raise WrongCount unless every event had its fate and every plain count is that of the events sent."""
    for slug in mix.catalogue.subsystems:
        fates = merged.fates(slug)
        sent = sum(count for type_, count in mix.types.items() if type_.split(b".")[2] == slug.encode())
        if (fates.applied, fates.duplicate, fates.rejected) != (sent, mix.duplicates[slug], 0):
            raise WrongCount(f"{slug}: {fates} after {sent} events and {mix.duplicates[slug]} duplicates")
