"""The parts of the benchmark: each fills in its share of the results."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench import curves, exporter, ids, ingest, latency, lifecycles, profiles, recovery
from bench.field import Field, Run
from bench.report import RESULTS, Results
from bench.throughput import STARTING, Contender, Race

STEADY = 0.25
"""The share of the race's events before the clock: with four million the first, by which the JVM is warm."""
STARTED = 0.1
STARTS = 1_000_000
"""Events of a start, most of which a JVM still compiles."""

PARTS = ("race", "start", "lifecycles", "exporter", "metrics", "webhook", "curves", "recovery", "ingest", "ids")
OF_THEIR_OWN = {"ingest", "ids"}
"""Those that write files of their own, and are in no table of the others."""


@dataclass
class Parts:
    """What is measured, how much of it, and where it is told."""

    console: Console
    results: Results
    folder: Path
    contenders: Sequence[Contender]
    events: int
    rounds: int
    profiled: bool

    def measure(self, parts: Collection[str]) -> list[str]:
        """Measure these parts; returns those that failed, which shall not cost what the others measured."""
        failed = []
        with Field(self.folder) as field:
            for part in PARTS:
                if part in parts:
                    try:
                        getattr(self, f"_{part}")(field)
                    except Exception:
                        self.console.print_exception()
                        failed.append(part)
        return failed

    def _race(self, field: Field) -> None:
        race = Race(field, "steady", self.events, self.contenders, STEADY)
        self.results.rates = [*race.rounds(self.rounds, self._tell)]
        self.results.two_workers = race.two_workers(self.results.rates)
        if self.profiled and race.mixed is not None:
            profiles.of_worker(field, race.mixed)

    def _start(self, field: Field) -> None:
        starting = [contender for contender in self.contenders if contender in STARTING]
        race = Race(field, "start", min(STARTS, self.events), starting, STARTED)
        self.results.starts = [*race.rounds(self.rounds, self._tell)]

    def _lifecycles(self, field: Field) -> None:
        events = self.events // 4
        self.results.lifecycles = [*lifecycles.rounds(field, events, self.rounds, STEADY, self._tell)]

    def _tell(self, contender: Contender, run: Run) -> None:
        rates = f"{run.wall:,.0f} events/s, {run.cpu:,.0f} per CPU second, {run.peak:,.0f} MB"
        self.console.print(f"({contender.letter}) {contender.title}: {rates}")

    def _exporter(self, field: Field) -> None:
        self.results.exporter = exporter.cost(field)
        self.console.print(self.results.exporter)

    def _metrics(self, field: Field) -> None:
        self.results.latencies = latency.to_metrics(field, self.console.print)

    def _webhook(self, field: Field) -> None:
        self.results.webhook = latency.to_webhook(
            field, lambda seconds: self.console.print(f"webhook after {seconds:.1f} s")
        )

    def _curves(self, field: Field) -> None:
        self.results.curves = [*curves.curves(field, self.console.print)]

    def _recovery(self, _: Field) -> None:
        self.results.recovery = recovery.recovery(self.console, [1_000_000], self.folder / "recovery")

    def _ingest(self, field: Field) -> None:
        ingested = ingest.in_figures(field, self.console.print)
        many = ingest.to_events(self.folder, ingest.MANY, shuffled=True)
        (RESULTS / "ingest.md").write_text(ingest.markdown(ingested, many), encoding="utf-8")

    def _ids(self, _: Field) -> None:
        (RESULTS / "ids.md").write_text(ids.markdown(), encoding="utf-8")
