"""``ioc backfill``: the past of a topic's figures, where it belongs on Prometheus' time axis."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from aiokafka.structs import ConsumerRecord
from rich.console import Console

from dashboards.openmetrics import OpenMetricsFile, create_blocks
from ioc.catalogue.faults import nearest
from ioc.cli.installation import catalogue_of
from ioc.engine.plan import Plan, compile_plan
from ioc.events.records import Header
from ioc.figures.backfill import Past
from ioc.figures.months import Months
from ioc.figures.replayed import past_events
from ioc.text.formats import time_text
from ioc.time.instants import EpochMs, EpochSeconds, Seconds
from streams.kafka.log_reader import LogReader
from streams.kafka.promotion import live_settings
from streams.settings.settings import Settings
from streams.stack.programs import Program, find_program

_Record = tuple[int, EpochMs, bytes | None, bytes | None, Sequence[Header]]


_NOT = Seconds(0)


class UnknownSubsystem(ValueError):
    """There is no subsystem of that name."""


def backfill(
    settings: Settings, subsystems: Sequence[str], blocks: Path, console: Console, *, step: Seconds, breakdowns: bool
) -> None:
    """Make blocks of the past of some subsystems, or of all.

    Raises UnknownSubsystem, LogError, TopicError, SetupError, BackfillError.
    """
    settings = live_settings(settings)
    plan = compile_plan(catalogue_of(settings))
    for slug in subsystems:
        if slug not in plan.subsystems:
            known = ", ".join(plan.subsystems)
            raise UnknownSubsystem(f"there is no subsystem {slug!r}; {nearest(slug, list(plan.subsystems), known)}")
    promtool = find_program(Program.PROMTOOL)
    with TemporaryDirectory(prefix="ioc-backfill-") as folder:
        for slug in subsystems or plan.subsystems:
            file = Path(folder) / f"{slug}.om"
            told = write_past(settings, plan, slug, file, step=step, breakdowns=breakdowns)
            if told:
                made = create_blocks(promtool, file, blocks)
                told += f", {len(made)} blocks"
            console.print(f"{slug}: {told or 'no events'}")
            file.unlink(missing_ok=True)
    backfill_months(settings, plan, subsystems or [*plan.subsystems], blocks)
    console.print(f"Blocks are in {blocks}. A Prometheus whose data folder that is serves them within a minute.")


def backfill_months(settings: Settings, plan: Plan, subsystems: Sequence[str], blocks: Path) -> dict[str, EpochSeconds]:
    """Make blocks of the KPIs by calendar month; returns for each subsystem with events the newest instant in them.

    Raises LogError, TopicError, SetupError, BackfillError.
    """
    newest: dict[str, EpochSeconds] = {}
    promtool = find_program(Program.PROMTOOL)
    with TemporaryDirectory(prefix="ioc-months-") as folder:
        for slug in subsystems:
            records, partitions = asyncio.run(_read(settings, slug))
            months = Months(plan, slug, partitions)
            read = months.of(past_events(plan, slug, records))
            file = Path(folder) / f"{slug}.om"
            with OpenMetricsFile(file) as written:
                for instant, families in months.families(read, EpochSeconds(int(time.time()))).items():
                    if families:
                        written.add(instant, families)
                        newest[slug] = instant
                written.write()
            if slug in newest:
                create_blocks(promtool, file, blocks)
    return newest


def write_past(
    settings: Settings,
    plan: Plan,
    slug: str,
    file: Path,
    *,
    step: Seconds,
    breakdowns: bool,
    until: EpochSeconds | None = None,
    coarser: Sequence[tuple[EpochSeconds, Seconds]] = (),
    moved: Seconds = _NOT,
) -> str:
    """Write a subsystem's past as OpenMetrics; returns what it was, nothing where there were no events.

    Args:
        until: the last instant; by default the end of the last event's step that is over.
        coarser: other steps, each up to the end of a day, the earlier one first.
        moved: by how much later everything is written than it was.
    """
    records, partitions = asyncio.run(_read(settings, slug))
    if not records:
        return ""
    past = Past(plan, slug, partitions, step, breakdowns=breakdowns, coarser=coarser)
    last = time.time() if until is None else until
    with OpenMetricsFile(file) as written:
        instants = []
        for snapshot in past.snapshots(past_events(plan, slug, records), until):
            if snapshot.instant > last:
                # The step is not over; Prometheus sees it live.
                break
            written.add(EpochSeconds(snapshot.instant + moved), snapshot.families)
            instants.append(snapshot.instant)
        if not instants:
            return ""
        written.write()
        span = f"{time_text(instants[0])} to {time_text(instants[-1])}"
        return f"{len(records):,} events, {past.rejected} rejected, {written.samples:,} samples from {span}"


async def _read(settings: Settings, slug: str) -> tuple[list[_Record], int]:
    """All records of a source topic, and how many partitions it has."""
    async with LogReader(settings, settings.names.events(slug)) as reader:
        records: list[_Record] = []
        while not reader.caught_up:
            for partition, polled in (await reader.poll()).items():
                records += _columns(partition, polled)
        return records, len(reader.partitions)


def _columns(partition: int, polled: Sequence[ConsumerRecord]) -> Iterator[_Record]:
    for record in polled:
        yield partition, EpochMs(record.timestamp), record.key, record.value, record.headers
