"""``python -m bench``: measures everything, writes bench/results and prints one line per goal."""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import report, throughput
from bench.machine import describe
from bench.parts import OF_THEIR_OWN, PARTS, Parts
from bench.report import Results
from streams.kafka.log_noise import quieten_clients


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the main contenders, once, on a million events")
    parser.add_argument("--parts", nargs="*", choices=PARTS, help="what to measure; everything by default")
    parser.add_argument("--only", default="", help="letters of the contenders to run, such as bcd")
    parser.add_argument("--events", type=int, help="events that each contender reads")
    parser.add_argument("--rounds", type=int, help="runs of each contender")
    given = parser.parse_args()
    wanted = given.parts or (["race"] if given.quick else PARTS)
    possible = throughput.QUICK if given.quick else throughput.ALL
    contenders = tuple(contender for contender in possible if contender.letter in (given.only or contender.letter))
    quieten_clients()
    console = Console(width=120, highlight=False)
    results = Results(describe(), quick=given.quick)
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        failed = Parts(
            console,
            results,
            Path(folder),
            contenders,
            events=given.events or (1_000_000 if given.quick else 4_000_000),
            rounds=given.rounds or (1 if given.quick else 4),
            profiled=not given.quick,
        ).measure(wanted)
    # A part of the truth must not take the place of the whole.
    complete = {*wanted} >= {*PARTS} - OF_THEIR_OWN and contenders == throughput.ALL
    report.write(results, report.RESULTS if complete else report.RESULTS / "partial")
    if complete:
        report.write_readme(results)
    console.print(report.markdown(results), markup=False, soft_wrap=True)
    if failed:
        console.print(f"failed, and so not measured: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
