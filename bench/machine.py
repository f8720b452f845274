"""The machine that measures: what it is, and which core does what."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from streams.stack.jars import KAFKA_VERSION
from streams.stack.java import find_java

CORES = sorted(os.sched_getaffinity(0))
BROKER_CORE, CONTENDER_CORE = CORES[0], CORES[-1]
"""The broker has a core of its own where there are two; the harness sits beside it."""

TICKS = os.sysconf("SC_CLK_TCK")


def describe() -> dict[str, str]:
    """Processor, cores, memory and versions; nothing that tells whose machine it is."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    banner = subprocess.run([find_java(), "-version"], capture_output=True, text=True, check=False).stderr
    java = re.search(r'"(.+?)"', banner)
    libraries = ("faust-streaming", "aiokafka", "msgspec")
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(len(CORES)),
        "GiB of memory": f"{memory / 2**30:.0f}",
        "Linux": platform.release().partition("-")[0],
        "Python": platform.python_version(),
        "Java": java[1] if java else "unknown",
        "Apache Kafka and Kafka Streams": KAFKA_VERSION,
        **{name: version(name) for name in libraries},
    }


def pinned(command: Sequence[str], core: int = CONTENDER_CORE) -> list[str]:
    """The command, run on one core."""
    return ["taskset", "--cpu-list", str(core), *command]


def pin(pid: int, core: int) -> None:
    """Move all threads of a running process to one core; those it starts later follow."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_megabytes(pid: int) -> float:
    """The most memory that a process had resident, MiB."""
    return _megabytes(pid, "VmHWM")


def resident_megabytes(pid: int) -> float:
    """The memory that a process has resident now, MiB."""
    return _megabytes(pid, "VmRSS")


def _megabytes(pid: int, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


PYTHON = sys.executable
