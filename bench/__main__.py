"""``python -m bench``: measures everything, writes bench/results and prints one line per goal."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench import curves, exporter, latency, profiles, recovery, report, throughput
from bench.field import Field, Run
from bench.machine import describe
from bench.report import Results
from bench.throughput import Contender, Race
from streams.quiet import quieten_clients

console = Console(width=120, highlight=False)

PARTS = ("race", "profiles", "curves", "metrics", "webhook", "exporter", "recovery")
_MILLION = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the main contenders, once, on 300,000 events")
    parser.add_argument("--parts", nargs="*", choices=PARTS, help="what to measure; everything by default")
    parser.add_argument("--only", default="", help="letters of the contenders to run, such as bcd")
    parser.add_argument("--events", type=int, help="events that each contender reads")
    parser.add_argument("--rounds", type=int, help="runs of each contender")
    given = parser.parse_args()
    parts = given.parts or (["race"] if given.quick else PARTS)
    contenders = throughput.QUICK if given.quick else throughput.ALL
    contenders = tuple(contender for contender in contenders if contender.letter in (given.only or contender.letter))
    quieten_clients()
    results = Results(describe(), quick=given.quick)
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        events, rounds = (
            given.events or (300_000 if given.quick else _MILLION),
            given.rounds or (1 if given.quick else 3),
        )
        _measure(results, Path(folder), parts, contenders, events=events, rounds=rounds)
        complete = not given.quick and set(parts) == set(PARTS) and contenders == throughput.ALL
        # A part of the truth must not take the place of the whole.
        report.write(results, report.RESULTS if complete else report.RESULTS / "partial")
    if complete:
        report.write_readme(results)
    console.print(report.markdown(results), markup=False)
    return 0


def _measure(
    results: Results, folder: Path, parts: Sequence[str], contenders: Sequence[Contender], *, events: int, rounds: int
) -> None:
    with Field(folder) as field:
        if "race" in parts:
            race = Race(field, events, contenders)
            results.rates = [*race.rounds(rounds, _tell_run)]
            results.two_workers = race.two_workers(results.rates)
            if "profiles" in parts and race.mixed is not None:
                profiles.of_worker(field, race.mixed)
        if "exporter" in parts:
            results.exporter = exporter.cost(field)
            console.print(results.exporter)
        if "metrics" in parts:
            results.latencies = latency.to_metrics(field, console.print)
        if "webhook" in parts:
            results.webhook = latency.to_webhook(field, lambda seconds: console.print(f"webhook after {seconds:.1f} s"))
        if "curves" in parts:
            results.curves = [*curves.curves(field, console.print)]
    if "recovery" in parts:
        results.recovery = recovery.recovery(console, [_MILLION], folder / "recovery")


def _tell_run(contender: Contender, run: Run) -> None:
    rates = f"{run.wall:,.0f} events/s, {run.cpu:,.0f} per CPU second, {run.peak:,.0f} MB"
    console.print(f"({contender.letter}) {contender.title}: {rates}")


if __name__ == "__main__":
    sys.exit(main())
