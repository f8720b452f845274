"""A whole worker at full size: its memory, what it costs at rest, and how it starts after an upgrade.

One of the two workers of a province that is sent 10,000 events/s of the mix, a real process: six of the twelve
partitions, of each feed as many ids as are kept of a year, every pane of every table that is within its retention, as
full as that of a busy hour. The state is not sent as events, which would take the year, but written as the engine
writes it, with made-up ids. Then a million open entities, restored by a worker whose catalogue asks for more.
"""

import argparse
import asyncio
import itertools
import json
import re
import secrets
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
from rich.console import Console

from bench.field import Field, environment_of
from bench.ids import RATE, by_feed
from bench.latency import happening_now, send
from bench.machine import PYTHON, cpu_seconds, describe, peak_megabytes, pinned, resident_megabytes
from bench.mix import Mix
from bench.readings import Keyed
from bench.recovery import accepted, applied, dossier, opened, write_open
from bench.report import RESULTS, Goal
from ioc.catalogue import load
from ioc.catalogue.loader import PACKAGED
from ioc.engine.duplicates import ALWAYS_KEPT, MOST
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard
from ioc.engine.store.checkpoint_header import Fates, IdBucket
from ioc.engine.store.pane_codec import Pane
from ioc.engine.store.panes import PaneStore
from ioc.engine.store.tables import Table
from ioc.events.partitioning import partition_of
from ioc.events.records import Batch, Checkpoint
from ioc.kpis import platform_metrics
from ioc.time.instants import EpochMs, EpochSeconds
from ioc.time.windows import RETENTION, TOTAL, pane_start
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings

FULL = 12
"""Partitions of the installation."""
PARTITIONS = FULL // 2
"""Of one of its two workers."""
DOSSIERS = 50_000
"""Open in these partitions."""
MIXED = 500_000
"""Events of the mix that fill the newest panes: by then hardly any label set is new."""
LOADED, RESTING = 60.0, 30.0
"""Seconds."""
ENTITIES = 1_000_000
SESSION_TIMEOUT = 6.0
"""Seconds; the shortest there is: a heartbeat that is missed costs the membership soonest."""
_YEAR = 365 * 86_400
_BUCKET = ALWAYS_KEPT // 2
_STARTS = 200
"""Panes of a table in a checkpoint."""
_NEWER = """kpis:
  accepted_by_both:
    kind: count
    name: {vi: Tiếp nhận, en: Accepted}
    description: {vi: Tiếp nhận, en: Accepted}
    of: [dossier.accepted]
    unit: dossiers
    by: [[field, channel]]
    windows: [today, 30d, total]
  open_by_both:
    kind: open
    name: {vi: Đang xử lý, en: Open}
    description: {vi: Đang xử lý, en: Open}
    entity: dossier
    unit: dossiers
    by: [[field, channel]]
    windows: [total]
"""


class Filler:
    """Makes the checkpoints of one partition's state at full size, as of now."""

    def __init__(self, plan: Plan, index: int, ids: dict[tuple[str, str], int]) -> None:
        self._plan = plan
        self._shard = Shard(plan, index, PARTITIONS)
        self._ids = ids
        self._now = int(time.time())
        self.panes = 0

    def checkpoints(self, events: dict[str, list[Keyed]]) -> Iterator[Checkpoint]:
        """All of them; ``events`` are those of the mix that belong here, by subsystem."""
        numbers = (n for n in range(DOSSIERS) if partition_of(dossier(n).encode(), PARTITIONS) == self._shard.index)
        yield from applied(
            self._shard, ((dossier(n).encode(), accepted(self._plan, n, self._now), self._now) for n in numbers)
        )
        for slug, own in events.items():
            state = self._shard.states[slug]
            first = max(0, state.source.position)
            offsets = range(first, first + len(own))
            appended = [EpochMs(self._now * 1000)] * len(own)
            keys, values = [each.key for each in own], [each.value for each in own]
            self._shard.apply(Batch(slug, self._shard.index, offsets, appended, keys, values, [()] * len(own)))
        yield self._taken()
        for slug, state in self._shard.states.items():
            yield from self._all_panes(slug, state._panes)
            for feed, duplicates in state._judge.duplicates.items():
                self._remember(duplicates._new, state.source.feed(feed).ids, self._ids.get((slug, feed), 0))
            # The topics are empty: what filled this never lay in them.
            state.source.position, state.source.fates, state._judge.rejected.known_from = 0, Fates(), 0
        yield self._taken()

    def _taken(self) -> Checkpoint:
        self._shard._changed = True
        checkpoint = self._shard.checkpoint()
        assert checkpoint is not None
        assert not checkpoint.dead_letters, checkpoint.dead_letters[0]
        return checkpoint

    def _all_panes(self, slug: str, store: PaneStore) -> Iterator[Checkpoint]:
        """Every pane that is kept, each with the cells of the fullest of its table."""
        for key, table in self._plan.subsystems[slug].tables.items():
            starts = [start for table_key, start in store._packed if table_key == key]
            cells = max((table.codec.decode(store._packed[key, start]) for start in starts), key=len, default={})
            if key.size != TOTAL and cells:
                yield from self._panes(store, table, cells)
        self.panes += len(store._packed)

    def _panes(self, store: PaneStore, table: Table, cells: Pane) -> Iterator[Checkpoint]:
        size = table.key.size
        newest = pane_start(size, EpochSeconds(self._now))
        starts = range(newest - RETENTION[size] + size, newest, size)
        for first in range(0, len(starts), _STARTS):
            for start in starts[first : first + _STARTS]:
                store.cells(table, EpochSeconds(start)).update(cells)
            yield self._taken()

    def _remember(self, new: dict[int, "array[int]"], buckets: dict[int, IdBucket], count: int) -> None:
        """Ids in as many buckets as they fill, one every quarter of an hour until now."""
        for number in range(-(-count // _BUCKET)):
            minute = self._now // 60 - 15 * (number + 1)
            hashes = array("Q")
            hashes.frombytes(secrets.token_bytes(8 * min(_BUCKET, count - number * _BUCKET)))
            new[minute] = hashes
            at = EpochMs(minute * 60_000)
            buckets[minute] = IdBucket(EpochMs(at + 60_000), at, at)


def kept_ids() -> dict[tuple[str, str], int]:
    """By subsystem and feed, how many ids a partition keeps that has run for a year."""
    found = {}
    for name, rate, within in by_feed(RATE, 200_000):
        slug, feed = name.split("/")
        always = min(ALWAYS_KEPT, rate / FULL * _YEAR)
        found[slug, feed] = round(min(MOST, max(always, within / FULL)))
    return found


async def fill(settings: Settings, plan: Plan, told: Callable[[str], None]) -> tuple[int, int]:
    """Write the state of all partitions; how many ids and panes it holds."""
    ids = kept_ids()
    events = _mixed(PARTITIONS)
    panes = 0
    for index in range(PARTITIONS):
        writer, filler = await opened(settings, index), Filler(plan, index, ids)
        for checkpoint in filler.checkpoints(events[index]):
            await writer.write(checkpoint)
        await writer.close()
        panes += filler.panes
        told(f"partition {index}: {sum(ids.values()):,} ids and {filler.panes:,} panes written")
    return sum(ids.values()) * PARTITIONS, panes


def _mixed(partitions: int) -> list[dict[str, list[Keyed]]]:
    """Events of the mix as of now, by partition and subsystem."""
    found: list[dict[str, list[Keyed]]] = [{} for _ in range(partitions)]
    for event in Mix(MIXED):
        own = found[partition_of(event.key, partitions)].setdefault(event.subsystem, [])
        own.append(event._replace(value=happening_now(event.value)))
    return found


class Worker:
    """A real worker and what it takes."""

    def __init__(self, field: Field, settings: Settings, **more: str) -> None:
        self._began = time.monotonic()
        command = pinned([PYTHON, "-u", "-m", "ioc.cli", "worker"])
        name = f"worker-{settings.topic_prefix}"
        self.child = field.children.start(name, command, environment_of(settings) | more)

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self._began

    def wait_until_ready(self, look: Callable[[], None] = lambda: None) -> float:
        """Seconds from its start until it has all its partitions."""

        def ready() -> bool:
            look()
            return self._page("/readyz") is not None

        self.child.wait_until(ready, timeout=600)
        return self.seconds

    def value(self, name: str) -> float:
        """The sum of a metric's samples."""
        lines = (self._page("/metrics") or "").splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def partitions(self) -> int:
        """How many it has the state of."""
        return (self._page("/metrics") or "").count(f"\n{platform_metrics.WORKER_CHECKPOINT_AGE.name}{{")

    def share(self, seconds: float) -> float:
        """Of a core, in so many seconds from now."""
        before = cpu_seconds(self.child.pid)
        time.sleep(seconds)
        return (cpu_seconds(self.child.pid) - before) / seconds

    @property
    def megabytes(self) -> float:
        """Resident now, MiB."""
        return resident_megabytes(self.child.pid)

    def _page(self, path: str) -> str | None:
        if (told := _ADDRESS.search(self.child.log.read_text())) is None:
            return None
        try:
            page = httpx.get(f"{told[1]}{path}", timeout=10, trust_env=False)
        except httpx.TransportError:
            return None
        return page.text if page.is_success else None


@contextmanager
def working(field: Field, settings: Settings, **more: str) -> Iterator[Worker]:
    """A worker that is stopped in the end."""
    worker = Worker(field, settings, **more)
    try:
        yield worker
    finally:
        worker.child.stop()


def at_full_size(field: Field, plan: Plan, told: Callable[[str], None]) -> dict[str, float]:
    """Memory, load and rest of a worker whose horizons are full."""
    settings = field.settings("full", partitions=PARTITIONS)
    with topic_admin(settings) as admin:
        admin.ensure(plan.subsystems)
    ids, panes = asyncio.run(fill(settings, plan, told))
    found: dict[str, float] = {"ids": ids, "panes": panes, "dossiers": DOSSIERS}
    with working(field, settings) as worker:
        found["restored in s"] = worker.wait_until_ready()
        told(f"restored in {found['restored in s']:.0f} s: {worker.megabytes:.0f} MiB")
        time.sleep(10)
        found["restored MiB"] = worker.megabytes
        found |= at_rest(worker, settings, told)
        events = list(itertools.islice(iter(Mix(int(LOADED * RATE / 2))), int(LOADED * RATE / 2)))
        before = cpu_seconds(worker.child.pid)
        sent = asyncio.run(send(RATE // 2, settings, events))
        found["load, events/s"] = len(sent) / (sent[-1] - sent[0])
        found["load, share of a core"] = (cpu_seconds(worker.child.pid) - before) / (sent[-1] - sent[0])
        time.sleep(5)
        found["loaded MiB"] = worker.megabytes
        found["peak MiB"] = peak_megabytes(worker.child.pid)
    return found


def at_rest(worker: Worker, settings: Settings, told: Callable[[str], None]) -> dict[str, float]:
    """The share of a core that it takes while nothing comes, and while each subsystem sends an event a second."""
    found = {"rest, share of a core": worker.share(RESTING)}
    checkpoints, before = worker.value(_CHECKPOINTS), cpu_seconds(worker.child.pid)
    asyncio.run(send(12, settings, list(_one_of_each(int(RESTING)))))
    found[_TRICKLE] = (cpu_seconds(worker.child.pid) - before) / RESTING
    found["an event/s of each subsystem, checkpoints/s"] = (worker.value(_CHECKPOINTS) - checkpoints) / RESTING
    told(str(found))
    return found


_TRICKLE = "an event/s of each subsystem, share of a core"
_LATE = re.compile(r"woke up too late, with a drift of \+([\d.]+)")
"""What Faust says of its timers."""
_ADDRESS = re.compile(r"Platform metrics at (.+)/metrics")
_CHECKPOINTS = f"{platform_metrics.WORKER_CHECKPOINT_SECONDS.name}_count"


def _one_of_each(times: int) -> Iterator[Keyed]:
    """Events of all subsystems by turns, each so many times."""
    by_subsystem: dict[str, list[Keyed]] = {}
    for event in Mix(50_000):
        by_subsystem.setdefault(event.subsystem, []).append(event)
    random = Random(1)  # noqa: S311
    for _ in range(times):
        yield from (random.choice(own) for own in by_subsystem.values())


def at_rest_when_empty(field: Field, plan: Plan, told: Callable[[str], None]) -> dict[str, float]:
    """The same of a worker that holds nothing."""
    settings = field.settings("empty", partitions=PARTITIONS)
    with topic_admin(settings) as admin:
        admin.ensure(plan.subsystems)
    with working(field, settings) as worker:
        worker.wait_until_ready()
        time.sleep(10)
        return {"resident MiB": worker.megabytes, **at_rest(worker, settings, told)}


def upgraded(field: Field, plan: Plan, told: Callable[[str], None]) -> dict[str, float]:
    """A million open entities, restored and counted anew by a worker whose catalogue asks for more."""
    settings = field.settings("upgrade", partitions=FULL)
    asyncio.run(write_open(settings, plan, ENTITIES))
    folder = field.folder / "newer"
    folder.mkdir()
    text = (PACKAGED / "subsystems" / "public_services.yaml").read_text()
    (folder / "public_services.yaml").write_text(text.replace("kpis:\n", _NEWER, 1))
    had: list[tuple[float, int]] = []
    more = {"IOC_SUBSYSTEMS": str(folder), "IOC_WORKER_SESSION_TIMEOUT": str(SESSION_TIMEOUT)}
    with working(field, settings, **more) as worker:

        def look() -> None:
            if (count := worker.partitions()) and (not had or count > had[-1][1]):
                had.append((worker.seconds, count))

        seconds = worker.wait_until_ready(look)
        look()
        told(f"partitions after s: {had}")
        time.sleep(3 * SESSION_TIMEOUT)
        return {
            "open entities": ENTITIES,
            "first partition after s": had[0][0],
            "all partitions after s": seconds,
            "peak MiB": peak_megabytes(worker.child.pid),
            "assignments": worker.value(f"{platform_metrics.WORKER_REBALANCES.name}"),
            "checkpoints since": worker.value(_CHECKPOINTS),
            "event loop late by s at the most": max(map(float, _LATE.findall(worker.child.log.read_text())), default=0),
        }


def goals(found: Mapping[str, float]) -> list[Goal]:
    """What is bounded, and what was measured."""
    rest, empty = found.get(f"full, {_TRICKLE}"), found.get(f"empty, {_TRICKLE}")
    of_state = None if rest is None or empty is None else 100 * (rest - empty)
    assigned = found.get("upgrade, assignments")
    return [
        Goal("A worker with full horizons, the most resident", found.get("full, peak MiB"), 1024, " MiB", at_most=True),
        Goal("What its state adds to the cost of a rare event", of_state, 2, " % of a core", at_most=True),
        Goal("Assignments while a million entities are counted anew", assigned, 1, at_most=True),
    ]


def markdown(found: Mapping[str, float]) -> str:
    """All of it as a table, the goals first."""
    machine = ", ".join(f"{name}: {value}" for name, value in describe().items())
    rows = [
        f"| {name} | {value:,.3f} |" if value < 10 else f"| {name} | {value:,.0f} |" for name, value in found.items()
    ]
    lines = [
        f"Measured on: {machine}.",
        "",
        *(f"- {goal}" for goal in goals(found)),
        "",
        "| what | |",
        "| --- | --- |",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=[*PARTS])
    parser.add_argument("--out", type=Path, default=RESULTS / "full_size.md", help="where the results are written")
    given = parser.parse_args()
    console = Console(width=120, highlight=False)
    plan, kept = compile_plan(load()), given.out.with_suffix(".json")
    # Parts measured one at a time add up.
    adds = kept.exists() and {*given.parts} != {*PARTS}
    found: dict[str, float] = json.loads(kept.read_text()) if adds else {}
    with tempfile.TemporaryDirectory(prefix="ioc-full-size-") as folder, Field(Path(folder)) as field:
        for part in given.parts:
            found |= {f"{part}, {name}": value for name, value in PARTS[part](field, plan, console.print).items()}
            kept.write_text(f"{json.dumps(found, indent=1, sort_keys=True)}\n")
    given.out.write_text(markdown(found), encoding="utf-8")
    console.print(markdown(found), markup=False, soft_wrap=True)


PARTS = {"empty": at_rest_when_empty, "full": at_full_size, "upgrade": upgraded}

if __name__ == "__main__":
    main()
