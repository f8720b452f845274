"""Profiles of the two hottest paths as text: a worker on the mix, and an exporter whose figures change."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.field import Field, Filled

FOLDER = Path(__file__).parent / "profiles"
_RATE = 200
"""Samples a second."""
_SHOWN = 40
_SPY = Path(sys.executable).with_name("py-spy")


@contextmanager
def sampled(pid: int, name: str, folder: Path) -> Iterator[None]:
    """Sample a running process until the block ends, and write what it did to bench/profiles."""
    raw = folder / f"{name}.raw"
    options = ["--format", "raw", "--rate", str(_RATE), "--nonblocking", "--function", "--duration", "unlimited"]
    spy = subprocess.Popen(
        [_SPY, "record", *options, "--output", raw, "--pid", str(pid)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        spy.send_signal(2)
        spy.wait(60)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt").write_text(report(name, raw.read_text()))


def report(name: str, raw: str) -> str:
    """Functions by the time spent in them alone, and in them with all they call, from collapsed stacks."""
    alone: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, samples = line.rpartition(" ")
        frames = [_shortened(frame) for frame in stack.split(";")]
        alone[frames[-1]] += int(samples)
        for frame in set(frames):
            within[frame] += int(samples)
    total = max(1, sum(alone.values()))
    lines = [f"{name}: {total:,} samples of busy threads, {_RATE} a second. Written by `make bench`.", ""]
    for title, counted in (("alone", alone), ("with what they call", within)):
        lines += [f"Share of time in functions {title}", ""]
        lines += [f"{samples / total:7.1%}  {frame}" for frame, samples in counted.most_common(_SHOWN)]
        lines.append("")
    return "\n".join(lines)


def _shortened(frame: str) -> str:
    """A frame without the folders in front of the package."""
    function, _, file = frame.partition(" (")
    parts = file.rstrip(")").replace("\\", "/").split("/")
    known = [place for place, part in enumerate(parts) if part in ("site-packages", "lib", "bench", "ioc", "streams")]
    return f"{function} ({'/'.join(parts[known[-1] :] if known else parts[-1:])})"


def of_worker(field: Field, mixed: Filled) -> None:
    """A worker that catches up on the mix."""
    with field.worker(mixed, None) as (child, progress, _):
        field.wait_for([progress], mixed.records // 10)
        with sampled(child.pid, "worker", field.folder):
            field.wait_for([progress], mixed.records * 9 // 10)
