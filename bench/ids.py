"""What remembering ids takes: memory and time by how many are known, and what the mix needs with all horizons full.

Each number of ids is measured in a process of its own, beside a set of Python with as many. Times are processor time,
of single ids that of the quickest eighth of many short runs: on a machine that does other things all else says little.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from xxhash import xxh3_64_intdigest

from bench.machine import describe
from bench.mix import Mix
from bench.recovery import resident
from bench.report import RESULTS, measured_on, table
from ioc.catalogue import load
from ioc.engine.duplicates import ALWAYS_KEPT, MOST, Duplicates, FormerDuplicates
from ioc.engine.store.checkpoint_header import FeedState
from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.time.instants import EpochMs, Seconds

SIZES = (0, 100_000, MOST)
RATE, PARTITIONS = 10_000, 12
_HEAD = StoredKey("bench", f"{Kind.DUPLICATES}@feed")
_WATERMARK = Watermark(EpochMs(0), EpochMs(0))
_START = 1_751_302_800_000
_YEAR = 365 * 86_400
_PER_SECOND, _PER_CHECKPOINT = 800, 4_000
"""Ids of one partition: as many as reach it when one feed sends 10,000 a second."""
_RUN, _RUNS = 500, 64


class Ids:
    """The ids of a feed, remembered and stored as an engine does."""

    def __init__(self, *, stores: bool = False) -> None:
        self._stores = stores
        self.duplicates = Duplicates(_HEAD, Seconds(86_400), FeedState(), FormerDuplicates(StoredKey("bench", "x")))
        self.stored: dict[bytes, bytes] = {}
        self.pauses: list[float] = []

    def remember(self, number: int) -> bool:
        """Remember an id; whether it is new."""
        appended = EpochMs(_START + number * 1000 // _PER_SECOND)
        return self.duplicates.remember("/bench/source", f"event-{number}", appended, appended, number)

    def fill(self, count: int) -> None:
        """Remember so many, with checkpoints between."""
        for first in range(0, count, _PER_CHECKPOINT):
            for number in range(first, min(count, first + _PER_CHECKPOINT)):
                began = time.process_time()
                self.remember(number)
                self.pauses.append(time.process_time() - began)
            self.pauses = [max(self.pauses)]
            self.checkpoint()

    def checkpoint(self) -> None:
        """Store what is new."""
        began = time.process_time()
        records = [*self.duplicates.drain(_WATERMARK)]
        self.pauses.append(time.process_time() - began)
        if self._stores:
            self.stored.update((record.key, record.value) for record in records if record.value is not None)


class AsSet:
    """The same in a set, as a former program had it."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.stored: array[int] = array("Q")

    def remember(self, number: int) -> bool:
        """Remember an id; whether it is new."""
        appended = EpochMs(_START + number * 1000 // _PER_SECOND)
        return self._remember("/bench/source", f"event-{number}", appended)

    def _remember(self, source: str, event_id: str, appended: int) -> bool:
        if not 0 <= appended < 1 << 62:
            return False
        digest = xxh3_64_intdigest(f"{source}\0{event_id}".encode())
        if digest in self.known:
            return False
        self.known.add(digest)
        self.stored.append(digest)
        return True

    def fill(self, count: int) -> None:
        """Remember so many."""
        for number in range(count):
            self.remember(number)


def measure(count: int, *, as_set: bool) -> dict[str, float]:
    """Bytes and nanoseconds an id where so many are known, and the longest pause in ms."""
    ids: Ids | AsSet = AsSet() if as_set else Ids()
    before = resident()
    ids.fill(count)
    grown = resident() - before
    fresh = itertools.count(count)
    found = {"bytes": grown * 1024 * 1024 / max(1, count), "new": nanoseconds(ids.remember, lambda: next_of(fresh))}
    if count:
        found["known"] = nanoseconds(ids.remember, lambda: random.choices(range(count), k=_RUN))  # noqa: S311
    if isinstance(ids, Ids):
        found |= {"pause": max(ids.pauses, default=0.0) * 1000, "restore": restore_seconds(count)}
    return found


def next_of(numbers: Iterator[int]) -> list[int]:
    """As many as one run takes."""
    return list(itertools.islice(numbers, _RUN))


def restore_seconds(count: int) -> float:
    """How long it takes to take so many back."""
    ids, again = Ids(stores=True), Ids()
    ids.fill(count)
    stored = {StoredKey.parse(key): value for key, value in ids.stored.items()}
    began = time.process_time()
    again.duplicates.restore(stored)
    return time.process_time() - began


def nanoseconds(remember: Callable[[int], bool], numbers: Callable[[], list[int]]) -> float:
    """Of one call, the quickest eighth of the runs."""
    runs = []
    for _ in range(_RUNS):
        some = numbers()
        began = time.process_time()
        for number in some:
            remember(number)
        runs.append((time.process_time() - began) / _RUN * 1e9)
    return sorted(runs)[_RUNS // 8]


def by_feed(rate: float, events: int) -> Iterator[tuple[str, float, float]]:
    """For each feed of the mix at so many events a second its own rate, and the ids within its horizon.

    Events of entities need no ids.
    """
    catalogue = load()
    mix = Mix(events, catalogue)
    total = sum(1 for _ in mix)
    feeds: Counter[tuple[str, str]] = Counter()
    for type_, count in mix.types.items():
        for slug, subsystem in catalogue.subsystems.items():
            event = subsystem.event_of(type_.decode())
            if event is not None and subsystem.entity_of(event) is None:
                feeds[slug, subsystem.feed_of(event)] += count
    for (slug, feed), count in feeds.most_common():
        own = count / total * rate
        yield f"{slug}/{feed}", own, own * catalogue.subsystems[slug].feeds[feed].duplicate_horizon.seconds


def full_horizons(bytes_each: float) -> list[str]:
    """The lines of a table of what the mix needs once it has run for a year."""
    head = ["feed", "events/s", "ids within the horizon", "of each partition", "kept of each partition", "MB in all"]
    rows = []
    within, kept = 0.0, 0.0
    for name, rate, own in by_feed(RATE, 200_000):
        of_partition = own / PARTITIONS
        always = min(ALWAYS_KEPT, rate / PARTITIONS * _YEAR)
        most = min(MOST, max(always, of_partition))
        within, kept = within + own, kept + most
        megabytes = most * PARTITIONS * bytes_each / 1e6
        numbers = (f"{number:,.0f}" for number in (own, of_partition, most, megabytes))
        rows.append([name, f"{rate:,.1f}", *numbers])
    numbers = (f"{number:,.0f}" for number in (RATE, within, within / PARTITIONS, kept))
    rows.append(["all", *numbers, f"{kept * PARTITIONS * bytes_each / 1e6:,.0f}"])
    return table(head, rows)


def markdown(sizes: Sequence[int] = SIZES) -> str:
    """Measure all of it; the tables."""
    columns = {"bytes": "bytes each", "new": "a new one, ns", "known": "a known one, ns"}
    columns |= {"pause": "longest pause, ms", "restore": "restore, s"}
    rows, each = [], 0.0
    for size in sizes:
        for kind in ("set", "arrays"):
            command = [sys.executable, "-m", "bench.ids", "--one", kind, str(size)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found: dict[str, float] = json.loads(done.stdout)
            each = found["bytes"]
            told = (f"{found[name]:,.2f}" if name in found else "" for name in columns)
            rows.append([f"{size:,}", kind, *told])
    of_ids = table(["ids known", "in", *columns.values()], rows)
    horizons = f"Ids of the mix at {RATE:,} events/s and {PARTITIONS} partitions, after a year:"
    return "\n".join([measured_on(describe()), "", *of_ids, horizons, "", *full_horizons(each)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="ids known")
    parser.add_argument("--out", type=Path, default=RESULTS / "ids.md", help="where the results are written")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(measure(int(given.one[1]), as_set=given.one[0] == "set")))
        return 0
    told = markdown(given.sizes)
    given.out.write_text(told, encoding="utf-8")
    sys.stdout.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
