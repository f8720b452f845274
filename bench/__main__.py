"""``python -m bench``: measures everything, writes bench/results and prints one line per goal."""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import throughput
from bench.field import Field, Run
from bench.throughput import Contender, Race

console = Console(width=120)


def _tell(contender: Contender, run: Run) -> None:
    console.print(
        f"({contender.letter}) {contender.title}: {run.wall:,.0f} events/s, {run.cpu:,.0f} per CPU second, "
        f"{run.peak:,.0f} MB",
        highlight=False,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the main contenders once on 300,000 events")
    parser.add_argument("--events", type=int, help="events of the race")
    parser.add_argument("--rounds", type=int, help="runs of each contender")
    parser.add_argument("--only", default="", help="letters of the contenders to run, such as bcd")
    given = parser.parse_args()
    contenders = throughput.QUICK if given.quick else throughput.ALL
    contenders = [contender for contender in contenders if contender.letter in (given.only or contender.letter)]
    events = given.events or (300_000 if given.quick else 1_000_000)
    rounds = given.rounds or (1 if given.quick else 3)
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder, Field(Path(folder)) as field:
        for rates in Race(field, events, contenders).rounds(rounds, _tell):
            console.print(rates)
    return 0


if __name__ == "__main__":
    sys.exit(main())
