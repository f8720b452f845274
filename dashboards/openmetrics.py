"""Figures of the past as OpenMetrics text, which promtool makes blocks of that Prometheus serves like its own.

See https://prometheus.io/docs/specs/om/open_metrics_spec/ and `promtool tsdb create-blocks-from openmetrics`.
"""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from ioc.figures.family import Family
from ioc.figures.label_text import label_set, quoted
from ioc.time.instants import EpochSeconds

BLOCK_SPAN = "512h"
"""The most time a block may hold. promtool reads the whole file once for each block, so few blocks are fast ones."""


class BackfillError(RuntimeError):
    """promtool made no blocks; the message says what it said."""


class OpenMetricsFile:
    """Takes families at one instant after another and writes them family by family, as the format asks.

    A context manager: what was taken waits in a temporary folder, a file for each family, however long the past is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._heads: dict[str, str] = {}
        self._waiting: dict[str, TextIO] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="ioc-backfill-")
        self.samples = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for waiting in self._waiting.values():
            waiting.close()
        self._folder.cleanup()

    def add(self, instant: EpochSeconds, families: Iterable[Family]) -> None:
        """Take families at an instant, later than all before."""
        for family in families:
            if family.name not in self._waiting:
                self._heads[family.name] = _head(family)
                waiting = Path(self._folder.name) / family.name
                self._waiting[family.name] = waiting.open("w+", encoding="utf-8", newline="\n")
            lines = [f"{family.name}{label_set(labels)} {value!r} {instant}\n" for labels, value in family.samples]
            self._waiting[family.name].writelines(lines)
            self.samples += len(lines)

    def write(self) -> None:
        """Write the file."""
        with self._file.open("w", encoding="utf-8", newline="\n") as file:
            for name in sorted(self._waiting):
                waiting = self._waiting[name]
                waiting.seek(0)
                file.write(self._heads[name])
                # All samples of a series stand together; within one the order, that of time, stays.
                file.writelines(sorted(waiting, key=_series))
            file.write("# EOF\n")


def create_blocks(promtool: Path, file: Path, blocks: Path) -> list[str]:
    """Make blocks of an OpenMetrics file in a folder, such as a Prometheus' data folder; returns their names.

    Raises BackfillError.
    """
    blocks.mkdir(parents=True, exist_ok=True)
    before = {each.name for each in blocks.iterdir()}
    options = ["--max-block-duration", BLOCK_SPAN]
    command = [str(promtool), "tsdb", "create-blocks-from", *options, "openmetrics", str(file), str(blocks)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackfillError(f"promtool made no blocks of {file}: {(done.stderr or done.stdout).strip()}")
    made = sorted(each.name for each in blocks.iterdir() if each.name not in before and (each / "meta.json").is_file())
    if not made:
        raise BackfillError(f"promtool made no blocks of {file}: {done.stdout.strip() or 'there are no samples in it'}")
    return made


def _head(family: Family) -> str:
    return f"# TYPE {family.name} gauge\n# HELP {family.name} {quoted(family.documentation)}\n"


def _series(line: str) -> str:
    return line.rsplit(" ", 2)[0]
