"""How long a worker takes to have its state back, and how much memory that state takes.

Restores 10 thousand, 100 thousand and a million open dossiers, once from memory and once from a real Kafka, each in
a process of its own; then lets days pass and shows that what is kept stays within bounds. Goal: a million open
entities in under 10 s and within 600 MB resident, on a machine that does nothing else.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from ioc.catalogue import load
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard
from ioc.events.partitioning import partition_of
from ioc.events.records import Batch, Checkpoint, Record
from streams.kafka.restore import read_checkpoint
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, load_settings
from streams.stack.children import Children
from streams.stack.kafka import Kafka
from streams.worker.checkpoint_writer import CheckpointWriter, OutcomeUnknown

PARTITIONS = 12
SIZES = (10_000, 100_000, 1_000_000)
SLUG = "public_services"
START = 1_751_302_800
"""1 July 2025 in Viet Nam, when the province was merged; s since the epoch."""
DAY = 86_400
BACKLOG_DAYS = 60
"""The open dossiers came in over so many days."""
BATCH = 2_000
PER_DAY, HANDLED_AFTER = 2_000, 10
"""New dossiers a day while days pass, and after how many days each is handled."""

Pairs = dict[bytes, bytes]
Stored = list[tuple[Pairs, Pairs]]
"""For each partition its live records of state and figures."""


def dossier(number: int) -> str:
    return f"H42.{number:09}"


def event(number: int, name: str, instant: int, **data: object) -> bytes:
    """An event of a dossier at an instant, s since the epoch."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": f"{name}-{number}",
            "source": "/bench",
            "type": f"vn.phutho.{SLUG}.dossier.{name}.v1",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant)),
            "data": {"dossier": dossier(number), **data},
        }
    )


def accepted(plan: Plan, number: int, instant: int) -> bytes:
    units = plan.catalogue.province.units
    unit = units[number % len(units)]
    return event(
        number,
        "accepted",
        instant,
        procedure=f"1.{number % 1000:06}",
        field=("land", "construction", "civil_status", "social")[number % 4],
        level=unit.level,
        deciding_unit=unit.code,
        receiving_unit=unit.code,
        receiving_level=unit.level,
        channel=("online", "desk")[number % 2],
        components_digitised=number % 3 == 0,
        project06=number % 10 == 0,
        fee_bearing=number % 2 == 0,
        due_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant + 15 * DAY)),
    )


def applied(shard: Shard, records: Iterable[tuple[bytes, bytes, int]]) -> Iterator[Checkpoint]:
    """Apply records of (key, value, append time in s) in batches; yields a checkpoint after each."""
    waiting: list[tuple[bytes, bytes, int]] = []
    position = shard.positions.get(SLUG, 0)
    for record in records:
        waiting.append(record)
        if len(waiting) == BATCH:
            yield from _settled(shard, waiting, position)
            position += len(waiting)
            waiting.clear()
    if waiting:
        yield from _settled(shard, waiting, position)


def _settled(shard: Shard, records: list[tuple[bytes, bytes, int]], position: int) -> Iterator[Checkpoint]:
    keys, values, appended = zip(*records, strict=True)
    offsets = range(position, position + len(records))
    shard.apply(Batch(SLUG, shard.index, offsets, [at * 1000 for at in appended], keys, values, [()] * len(records)))
    if checkpoint := shard.checkpoint():
        assert not checkpoint.dead_letters, checkpoint.dead_letters[0]
        yield checkpoint


def routed(count: int) -> list[list[int]]:
    """The numbers of ``count`` dossiers, by the partition they belong to."""
    numbers: list[list[int]] = [[] for _ in range(PARTITIONS)]
    for number in range(count):
        numbers[partition_of(dossier(number).encode(), PARTITIONS)].append(number)
    return numbers


def checkpoints_of_open(plan: Plan, partition: int, numbers: Iterable[int], count: int) -> Iterator[Checkpoint]:
    """The checkpoints of a partition's share of ``count`` open dossiers."""
    shard = Shard(plan, partition, PARTITIONS)
    times = ((number, START + number * BACKLOG_DAYS * DAY // count) for number in numbers)
    yield from applied(shard, ((dossier(n).encode(), accepted(plan, n, at), at) for n, at in times))


def compacted(checkpoints: Iterable[Checkpoint]) -> tuple[Pairs, Pairs]:
    """What lives after the checkpoints, as compaction leaves it."""
    state: Pairs = {}
    figures: Pairs = {}
    for checkpoint in checkpoints:
        settle(checkpoint.state, state)
        settle(checkpoint.figures, figures)
    return state, figures


def settle(records: Iterable[Record], live: Pairs) -> None:
    """Let records take effect on what lives."""
    for record in records:
        if record.value is None:
            live.pop(record.key, None)
        else:
            live[record.key] = record.value


# What runs in a process of its own


def restore_from_file(path: Path) -> None:
    """Restore what a file holds and print seconds, resident MB and entities."""
    plan = compile_plan(load())
    stored = msgspec.msgpack.decode(path.read_bytes(), type=Stored)
    before = resident()
    started = time.perf_counter()
    shards = []
    for index in range(PARTITIONS):
        state, figures = stored[index]
        stored[index] = ({}, {})
        shards.append(Shard.restore(plan, index, PARTITIONS, state.items(), figures.items()))
    tell(shards, time.perf_counter() - started, before)


def restore_from_kafka(bootstrap: str) -> None:
    """Restore what the topics hold, all partitions at once as a worker does, and print the same."""
    plan = compile_plan(load())
    settings = load_settings(bootstrap_servers=bootstrap, partitions=PARTITIONS)
    before = resident()
    started = time.perf_counter()
    tell(asyncio.run(_restore_from_kafka(settings, plan)), time.perf_counter() - started, before)


async def _restore_from_kafka(settings: Settings, plan: Plan) -> list[Shard]:
    async def one(index: int) -> Shard:
        live = await read_checkpoint(settings, index, lambda: True)
        return Shard.restore(plan, index, PARTITIONS, live.state.items(), live.figures.items())

    return await asyncio.gather(*(one(index) for index in range(PARTITIONS)))


def tell(shards: list[Shard], seconds: float, before: float) -> None:
    entities = sum(len(entities) for shard in shards for entities in shard.states[SLUG].entities.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"seconds": seconds, "before": before, "resident": resident(), "peak": peak, "entities": entities}
    sys.stdout.write(json.dumps(found))


def resident() -> float:
    """Resident memory now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


# What the user sees


def measured(*arguments: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def recovery(console: Console, sizes: Iterable[int], folder: Path) -> list[dict[str, float]]:
    """Measure and print every size; returns the rows from Kafka."""
    plan = compile_plan(load())
    table = Table("open entities", "from", "state and figures, MB", "restore, s", "resident, MB", "peak, MB")
    rows = []
    for size in sizes:
        with ExitStack() as stack:
            children = stack.enter_context(Children(folder / f"{size}" / "logs"))
            kafka = stack.enter_context(Kafka(children, folder / f"{size}" / "broker"))
            settings = load_settings(bootstrap_servers=kafka.bootstrap, partitions=PARTITIONS)
            stored = asyncio.run(write_open(settings, plan, size))
            file = folder / "stored"
            file.write_bytes(msgspec.msgpack.encode(stored))
            megabytes = sum(len(k) + len(v) for pairs in stored for part in pairs for k, v in part.items()) / 1e6
            del stored
            found = {"memory": measured("--file", str(file)), "Kafka": measured("--kafka", kafka.bootstrap)}
        for source, row in found.items():
            assert row["entities"] == size, row
            told = (f"{row['seconds']:.2f}", f"{row['resident']:,.0f}", f"{row['peak']:,.0f}")
            table.add_row(f"{size:,}", source, f"{megabytes:,.1f}", *told)
        rows.append(found["Kafka"])
    console.print(table)
    return rows


def growth(console: Console, days: int) -> None:
    """Let days pass in one partition, each with as many dossiers, and print what is kept at the end of some."""
    plan = compile_plan(load())
    shard = Shard(plan, 0, 1)
    table = Table("day", "events applied", "dossiers remembered", "state, MB", "figures, MB", "bytes a dossier")
    state: Pairs = {}
    figures: Pairs = {}
    for day in range(days):
        for checkpoint in applied(shard, events_of_day(plan, day)):
            settle(checkpoint.state, state)
            settle(checkpoint.figures, figures)
        if (day + 1) % max(1, days // 6) == 0:
            remembered = len(shard.states[SLUG].entities["dossier"])
            own = sum(len(key) + len(value) for key, value in state.items())
            shown = sum(len(key) + len(value) for key, value in figures.items())
            table.add_row(
                f"{day + 1}",
                f"{shard.sources[SLUG].fates.applied:,}",
                f"{remembered:,}",
                f"{own / 1e6:.1f}",
                f"{shown / 1e6:.1f}",
                f"{own / remembered:.0f}",
            )
    console.print(table)


def events_of_day(plan: Plan, day: int) -> Iterator[tuple[bytes, bytes, int]]:
    """A day's new dossiers, and the end of those of ten days before."""
    step = DAY // PER_DAY
    for place in range(PER_DAY):
        instant = START + day * DAY + place * step
        number = day * PER_DAY + place
        yield dossier(number).encode(), accepted(plan, number, instant), instant
        if day >= HANDLED_AFTER:
            number -= HANDLED_AFTER * PER_DAY
            yield dossier(number).encode(), event(number, "handled", instant, e_result=number % 2 == 0), instant


async def write_open(settings: Settings, plan: Plan, size: int) -> Stored:
    """Write the state of so many open dossiers as a worker does; returns what lives of it."""
    with topic_admin(settings) as admin:
        admin.ensure(plan.subsystems)
    stored: Stored = []
    for partition, numbers in enumerate(routed(size)):
        writer = await opened(settings, partition)
        written = []
        for checkpoint in checkpoints_of_open(plan, partition, numbers, size):
            await writer.write(checkpoint)
            written.append(checkpoint)
        await writer.close()
        stored.append(compacted(written))
    return stored


async def opened(settings: Settings, partition: int) -> CheckpointWriter:
    """A writer of checkpoints, open."""
    while True:
        writer = CheckpointWriter(settings, partition)
        try:
            await writer.open()
        except OutcomeUnknown:  # a broker's first transactions may take it longer than a worker waits
            await writer.close()
        else:
            return writer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="open entities to restore")
    parser.add_argument("--days", type=int, default=90, help="days to let pass; 0 for none")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--kafka", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.file:
        restore_from_file(given.file)
        return 0
    if given.kafka:
        restore_from_kafka(given.kafka)
        return 0
    console = Console()
    with tempfile.TemporaryDirectory(prefix="ioc-recovery-") as folder:
        if given.sizes:
            recovery(console, given.sizes, Path(folder))
    if given.days:
        growth(console, given.days)
    return 0


if __name__ == "__main__":
    sys.exit(main())
