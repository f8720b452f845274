"""What reading a case log takes: rows a second and memory from its file to events that are ready to be sent.

The log is in long form, a row a step of twelve kinds, cases that are reopened among them, in the order of the cases or
in none within 100,000 rows. Each is read in a process of its own by the worked example of ``prepare``, which sorts it.
Times are processor time: on a machine that does other things all else says little.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from ioc.catalogue import load
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import made_ready

MAPPING = Path(__file__).parent.parent / "docs" / "examples" / "mappings" / "feedback_log.yaml"
HEADER = ("Mã phản ánh", "Bước", "Thời điểm", "Đơn vị", "Lĩnh vực", "Kênh", "Hạn trả lời", "Điểm")
STEPS = (
    "Phân loại", "Phân công", "Chuyển đơn vị", "Xử lý", "Gia hạn", "Xin ý kiến", "Trình duyệt", "Trả lời", "Mở lại",
    "Kiểm tra", "Đánh giá",
)  # fmt: skip
"""What may follow ``Tiếp nhận``."""
UNITS, FIELDS = ("Sở Y tế", "Sở Xây dựng"), ("Đất đai", "Giao thông", "Môi trường")
FIRST, SECONDS = datetime(2023, 1, 2, 8), 1_000 * 86_400  # noqa: DTZ001 (as the file has it)


def rows(count: int, seed: int = 7) -> Iterator[tuple[str, ...]]:
    """So many rows or a few more, case by case."""
    chance, case, made = Random(seed), 0, 0  # noqa: S311
    while made < count:
        case += 1
        moment, unit = FIRST + timedelta(seconds=chance.randrange(SECONDS)), chance.choice(UNITS)
        due, field = moment + timedelta(days=15), chance.choice(FIELDS)
        for step in ("Tiếp nhận", *chance.choices(STEPS, k=chance.randrange(4, 16))):
            if step == "Chuyển đơn vị":
                unit = UNITS[unit == UNITS[0]]
            due += timedelta(days=7 * (step == "Gia hạn"))
            stars = str(chance.randint(1, 5)) if step == "Đánh giá" else ""
            yield (
                f"PA-{case:07}", step, f"{moment:%d/%m/%Y %H:%M:%S}", unit, field, "Ứng dụng", f"{due:%d/%m/%Y}", stars,
            )  # fmt: skip
            moment += timedelta(seconds=chance.randint(60, 180_000))
            made += 1


def write_log(file: Path, count: int, *, shuffled: bool) -> None:
    """A log in the order of its cases, or shuffled within every 100,000 rows."""
    chance, source = Random(1), rows(count)  # noqa: S311
    with file.open("w", encoding="utf-8", newline="") as stream:
        written = csv.writer(stream)
        written.writerow(HEADER)
        while some := [*islice(source, 100_000)]:
            if shuffled:
                chance.shuffle(some)
            written.writerows(some)


def measure(file: Path) -> dict[str, float]:
    """Rows and events of a log, seconds of processor time, and the most memory that was resident, in MiB."""
    mapper = Mapper(read_mapping(MAPPING), load())
    began = time.process_time()
    with made_ready(mapper, file) as ready:
        events = sum(1 for _ in ready.events())
        seconds = time.process_time() - began
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {
        "rows": ready.report.rows_prepared or 0,
        "events": events,
        "seconds": seconds,
        "peak": int(peak.split()[1]) / 1024,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 10_000_000], help="rows of a log")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(measure(given.one)))
        return 0
    table = Table("rows", "in the order of", "events", "rows a second of processor time", "peak MiB")
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        for count in given.rows:
            for shuffled in (False, True):
                file = Path(folder) / "log.csv"
                write_log(file, count, shuffled=shuffled)
                command = [sys.executable, "-m", "bench.ingest", "--one", str(file)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found: dict[str, float] = json.loads(done.stdout)
                figures = (found["events"], found["rows"] / found["seconds"], found["peak"])
                table.add_row(
                    f"{found['rows']:,.0f}",
                    "nothing, within 100,000" if shuffled else "cases",
                    *(f"{each:,.0f}" for each in figures),
                )
    Console(width=120, highlight=False).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
