"""What every contender in Python is told, and how it says how far it is.

It reads a topic to its end, counts readings per unit, kind and five minutes, adds to a shared counter as it goes,
writes what it counted to a file and ends.
"""

import argparse
import json
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PANE = 300
"""Seconds of event time that are counted together."""


class Progress:
    """A counter in a file, which another process reads without disturbing this one."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 8)
        self.count = 0

    def add(self, records: int) -> None:
        """So many more records were processed."""
        self.count += records
        struct.pack_into("<q", self._shared, 0, self.count)


@dataclass(frozen=True)
class Task:
    """One run of one contender."""

    bootstrap: str
    topic: str
    partitions: int
    records: int
    run: str
    """A name that no other run has, for groups and topics of the contender's own."""
    progress: Progress
    result: Path

    @property
    def assignment(self) -> range:
        return range(self.partitions)

    @property
    def done(self) -> bool:
        return self.progress.count >= self.records

    def finish(self, counts: Mapping[str, int]) -> None:
        """Tell what was counted, by ``unit|kind|start of the five minutes``."""
        self.result.write_text(json.dumps(counts))


def arguments(
    *, bootstrap: str, topic: str, partitions: int, records: int, run: str, progress: Path, result: Path
) -> list[str]:
    """The command line that `read_task` reads, in Python and in Java."""
    return [bootstrap, topic, str(partitions), str(records), run, str(progress), str(result)]


def read_task() -> Task:
    """The task that the command line gives."""
    parser = argparse.ArgumentParser()
    for name, kind in (("bootstrap", str), ("topic", str), ("partitions", int), ("records", int), ("run", str)):
        parser.add_argument(name, type=kind)
    parser.add_argument("progress", type=lambda text: Progress(Path(text)))
    parser.add_argument("result", type=Path)
    return Task(**vars(parser.parse_args()))
