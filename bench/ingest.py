"""What a case log takes from its file to the figures: rows a second, processor time and memory of each process.

The log is in long form, a row a step, in the order of its cases or in none within 100,000 rows; the worked example of
``prepare`` reads it. To the figures: `ioc ingest` as an operator starts it, the broker, and a worker that waits for the
events. To the events: reading, sorting and mapping alone, in a process of its own, for logs of any size.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from rich.console import Console

from bench.case_log import MAPPING, Row, rows_of, write_csv
from bench.field import ROOT, Field, Filled, environment_of, figures
from bench.machine import PYTHON, cpu_seconds, describe, peak_megabytes
from bench.report import RESULTS, Goal, measured_on, table
from ioc.catalogue import load
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import made_ready
from streams.kafka.log_noise import quieten_clients
from streams.settings.settings import ClockKind

ROWS, MANY = 1_000_000, 10_000_000
ORDERS = {False: "cases", True: "nothing, within 100,000"}
"""By whether it is shuffled."""
_SUBSYSTEM = "citizen_feedback"
_POLL = 0.1
_TOGETHER = 100_000
_SENT = re.compile(r"([\d,]+) events sent to")


@dataclass(frozen=True)
class Ingested:
    """What a log took on its way from a file to the figures."""

    rows: int
    events: int
    shuffled: bool
    seconds: float
    """From the start of the command to the last event in a worker."""
    ingest_cpu: float
    """Seconds of processor time."""
    ingest_peak: float
    """Most resident memory, MB."""
    worker_cpu: float
    worker_peak: float

    @property
    def rate(self) -> float:
        """Rows a second by the wall clock."""
        return self.rows / self.seconds


def write_log(file: Path, count: int, *, shuffled: bool) -> Path:
    """A log of so many rows in the order of its cases, or shuffled within every 100,000."""
    rows = rows_of(count)
    return write_csv(file, _shuffled(rows) if shuffled else rows)


def _shuffled(rows: Iterator[Row]) -> Iterable[Row]:
    chance = Random(1)  # noqa: S311
    while some := [*islice(rows, _TOGETHER)]:
        chance.shuffle(some)
        yield from some


def to_figures(field: Field, count: int, *, shuffled: bool) -> Ingested:
    """Send a log to a worker that waits for it. Raises WrongCount where the figures lack an event."""
    file = write_log(field.folder / "log.csv", count, shuffled=shuffled)
    name = f"ingest-{'shuffled' if shuffled else 'by-case'}"
    settings = field.settings(name, clock=ClockKind.EVENT)
    with field.worker(Filled(settings, [_SUBSYSTEM], 0, 0.0), None) as (worker, progress, own):
        began = time.monotonic()
        command = [PYTHON, "-m", "ioc.cli", "ingest", str(file), "--mapping", str(MAPPING)]
        ingest = field.children.start(name, command, environment_of(settings) | {"PYTHONPATH": str(ROOT)})
        cpu = peak = 0.0
        while ingest.running:
            # One that is just ending has no memory any more.
            cpu, peak = cpu_seconds(ingest.pid), max(peak, peak_megabytes(ingest.pid))
            time.sleep(_POLL)
        sent = _SENT.search(ingest.log.read_text(encoding="utf-8"))
        if sent is None:
            raise ingest.failure("sent nothing")
        events = int(sent[1].replace(",", ""))
        field.wait_for([progress], events)
        seconds = time.monotonic() - began
        of_worker = cpu_seconds(worker.pid), peak_megabytes(worker.pid)
    figures(own, Filled(settings, [_SUBSYSTEM], events, 0.0))
    file.unlink()
    return Ingested(count, events, shuffled, seconds, cpu, peak, *of_worker)


@dataclass(frozen=True)
class Prepared:
    """What it took until the events of a log could be sent."""

    rows: int
    events: int
    shuffled: bool
    cpu: float
    """Seconds of processor time."""
    peak: float
    """Most resident memory, MB."""


def to_events(folder: Path, count: int, *, shuffled: bool) -> Prepared:
    """Read, sort and map a log in a process of its own."""
    file = write_log(folder / "log.csv", count, shuffled=shuffled)
    command = [PYTHON, "-m", "bench.ingest", "--one", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    file.unlink()
    return Prepared(count, int(found["events"]), shuffled, found["cpu"], found["peak"])


def measure(file: Path) -> Mapping[str, float]:
    """Events of a log, seconds of processor time, and the most memory that was resident, in MB."""
    mapper = Mapper(read_mapping(MAPPING), load())
    began = time.process_time()
    with made_ready(mapper, file) as ready:
        events = sum(1 for _ in ready.events())
        seconds = time.process_time() - began
    return {"events": events, "cpu": seconds, "peak": peak_megabytes(os.getpid())}


def in_figures(field: Field, told: Callable[[str], None], rows: int = ROWS) -> list[Ingested]:
    """A log in both orders from its file to the figures."""
    found = []
    for shuffled in ORDERS:
        found.append(to_figures(field, rows, shuffled=shuffled))
        told(f"{found[-1]}: {found[-1].rate:,.0f} rows/s")
    return found


def goals(ingested: Sequence[Ingested], sorted_: Prepared | None) -> list[Goal]:
    """What is bounded, and what was measured."""
    slowest = min((one.rate for one in ingested if one.rows == ROWS), default=None)
    peak = sorted_.peak if sorted_ is not None and sorted_.rows == MANY else None
    return [
        Goal(f"A case log of {ROWS:,} rows, from file to figures, the slowest", slowest, 20_000, " rows/s"),
        Goal(f"{MANY:,} rows in no order, until they can be sent, most resident", peak, 1024, " MB", at_most=True),
    ]


def markdown(ingested: Sequence[Ingested], sorted_: Prepared | None) -> str:
    """The goals, and all that was measured."""
    lines = [measured_on(describe()), "", *(f"- {goal}" for goal in goals(ingested, sorted_)), ""]
    head = ["rows", "in the order of", "events", "s", "rows/s", "ingest: CPU s", "peak MB", "worker: CPU s", "peak MB"]
    rows = [
        [
            f"{one.rows:,}", ORDERS[one.shuffled], f"{one.events:,}", f"{one.seconds:.0f}", f"{one.rate:,.0f}",
            f"{one.ingest_cpu:.0f}", f"{one.ingest_peak:.0f}", f"{one.worker_cpu:.0f}", f"{one.worker_peak:.0f}",
        ]
        for one in ingested
    ]  # fmt: skip
    lines += [
        "From the file to a worker's figures, broker, worker and `ioc ingest` on all cores:",
        "",
        *table(head, rows),
    ]
    if sorted_ is not None:
        row = [
            f"{sorted_.rows:,}", ORDERS[sorted_.shuffled], f"{sorted_.events:,}", f"{sorted_.cpu:.0f}",
            f"{sorted_.rows / sorted_.cpu:,.0f}", f"{sorted_.peak:.0f}",
        ]  # fmt: skip
        head = ["rows", "in the order of", "events", "CPU s", "rows per CPU second", "peak MB"]
        lines += ["Until the events can be sent, which is reading, sorting and mapping:", "", *table(head, [row])]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the log that goes to the figures")
    parser.add_argument("--sorted", type=int, default=MANY, help="rows of the log that is only sorted; 0 for none")
    parser.add_argument("--out", type=Path, default=RESULTS / "ingest.md", help="where the results are written")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(measure(given.one)))
        return 0
    quieten_clients()
    console = Console(width=120, highlight=False)
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as name, Field(Path(name)) as field:
        ingested = in_figures(field, console.print, given.rows) if given.rows else []
        sorted_ = to_events(field.folder, given.sorted, shuffled=True) if given.sorted else None
    given.out.write_text(markdown(ingested, sorted_), encoding="utf-8")
    console.print(markdown(ingested, sorted_), markup=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
