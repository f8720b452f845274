"""What the topics say happened, held against what the installation says: every pane, every fate, every dead letter."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ioc.catalogue.model import Catalogue
from ioc.cli.figures import read_merged
from ioc.engine.store.checkpoint_header import CheckpointHeader, decode_header
from ioc.engine.store.keys import HEADER
from ioc.kpis.metric_names import SOURCE_LAG
from streams.kafka.dead_letters import read_dead_letters
from streams.kafka.log_reader import LogError, LogReader
from streams.settings.settings import Settings
from tests.oracle.oracle import Oracle, comparable, differences
from tests.oracle.reading import LogRecord
from tests.soak.feed import Fingerprint, fingerprint
from tests.soak.installation import Installation
from tests.soak.movement import consumed

_EXPORTER_PATIENCE = 180.0
"""Seconds: on a busy machine the exporter takes its time for a page of so many label sets."""
FATES = ("consumed", "applied", "late", "duplicate", "rejected")
_ATTEMPTS = 5
T = TypeVar("T")
Place = tuple[str, int, int]
"""Topic, partition and offset."""


@dataclass
class Verdict:
    """What was compared, and every difference in words."""

    fates: Counter[str] = field(default_factory=Counter)
    panes: int = 0
    cells: int = 0
    dead_letters: int = 0
    acknowledged: int = 0
    """Records that the brokers had said they have."""
    told: Counter[str] = field(default_factory=Counter)
    """What became of alerts and messages."""
    differences: list[str] = field(default_factory=list)


class NeverCaughtUp(Exception):
    """The workers did not come to the end of their topics."""


def judge(installation: Installation, catalogue: Catalogue, acknowledged: Counter[Fingerprint]) -> Verdict:
    """Compare everything, once the installation is at the end of its topics, which must have what was acknowledged."""
    settings = installation.settings
    oracle, rejected, there = _patiently(lambda: _told(settings, catalogue))
    wanted = oracle.panes()
    rows = [json.loads(line) for line in installation.command("figures", "--panes").splitlines()]
    verdict = Verdict(panes=len(wanted), cells=sum(map(len, wanted.values())))
    verdict.differences += differences(wanted, comparable(rows))
    merged = read_merged(settings)
    for slug in catalogue.subsystems:
        want: Counter[str] = Counter()
        for (subsystem, _), source in oracle.sources.items():
            if subsystem == slug:
                want.update(source.fates)
        verdict.fates.update({fate: want[fate] for fate in FATES})
        fates = merged.fates(slug)
        for fate in FATES:
            if want[fate] != getattr(fates, fate):
                verdict.differences.append(f"{slug} {fate}: {getattr(fates, fate)} where the oracle has {want[fate]}")
        if fates.consumed != fates.applied + fates.duplicate + fates.rejected:
            verdict.differences.append(f"{slug} does not conserve: {fates}")
        reached = sum(source.position for source in merged.sources(slug).values())
        if fates.consumed - fates.sent_again + fates.gaps != reached:
            verdict.differences.append(f"{slug} is at {reached}, not at consumed and gaps: {fates}")
    letters = _patiently(lambda: _dead_letters(settings))
    verdict.dead_letters = letters.total()
    verdict.differences += [
        f"dead letter {place} written {count} times" for place, count in letters.items() if count > 1
    ]
    verdict.differences += [f"no dead letter for {place}" for place in sorted(rejected - set(letters))]
    verdict.differences += [f"a dead letter for {place}, which is sound" for place in sorted(set(letters) - rejected)]
    verdict.acknowledged = acknowledged.total()
    lost = acknowledged - there
    verdict.differences += [f"{count} acknowledged records of {slug} are lost" for slug, count in _by_topic(lost)]
    for exporter in installation.exporters:
        verdict.differences += _lagging(installation, exporter) or _shown_otherwise(installation, exporter, oracle)
    return verdict


def _by_topic(records: Counter[Fingerprint]) -> list[tuple[str, int]]:
    slugs: Counter[str] = Counter()
    for (slug, _), count in records.items():
        slugs[slug] += count
    return sorted(slugs.items())


def _shown_otherwise(installation: Installation, exporter: str, oracle: Oracle) -> list[str]:
    """Where an exporter's page has another number of events than there are, for it may have been frozen."""
    shown = consumed(installation.page(exporter))
    wanted = {slug: oracle.fates(slug)["consumed"] for slug in oracle.catalogue.subsystems}
    return [
        f"{slug}: {shown.get(slug)} events to {exporter}, {count} in the topics"
        for slug, count in wanted.items()
        if shown.get(slug) != count
    ]


def _lagging(installation: Installation, exporter: str) -> list[str]:
    """The feeds that lag though all is consumed, as an exporter sees it."""
    lagging: list[str] = []

    def none_lags() -> bool:
        page = installation.page(exporter)
        samples = [line.rsplit(" ", 1) for line in page if line.startswith(f"{SOURCE_LAG}{{")]
        lagging[:] = [f"{feed} is {float(lag):.0f} to {exporter}" for feed, lag in samples if float(lag)]
        return bool(samples) and not lagging

    if installation.wait(_EXPORTER_PATIENCE, until=none_lags):
        return []
    return lagging or [f"{exporter} shows no feed"]


async def _told(settings: Settings, catalogue: Catalogue) -> tuple[Oracle, set[Place], Counter[Fingerprint]]:
    """The oracle after every record of the source topics, where those are that it rejects, and what all of them say."""
    oracle, rejected, there = Oracle(catalogue, settings.partitions), set(), Counter[Fingerprint]()
    for slug in catalogue.subsystems:
        async with LogReader(settings, settings.names.events(slug)) as reader:
            while not reader.caught_up:
                for partition, records in (await reader.poll()).items():
                    for r in records:
                        there[fingerprint(slug, r.key, r.value, r.headers)] += 1
                        record = LogRecord(slug, partition, r.offset, r.timestamp, r.key, r.value, r.headers)
                        if oracle.feed(record) == "rejected":
                            rejected.add((slug, partition, r.offset))
    return oracle, rejected, there


async def _dead_letters(settings: Settings) -> Counter[Place]:
    return Counter(
        [(letter.subsystem, letter.partition, letter.offset) async for letter in read_dead_letters(settings)]
    )


def _patiently(read: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What was read, from the beginning again where a broker that is too busy broke it off."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return asyncio.run(read())
        except LogError:
            time.sleep(5.0)
    return asyncio.run(read())


def wait_for_the_end(installation: Installation, catalogue: Catalogue, seconds: float) -> None:
    """Wait until checkpoints cover every record of the source topics. Raises NeverCaughtUp."""
    end = time.monotonic() + seconds
    missing: dict[tuple[str, int], int] = {}
    while time.monotonic() < end:
        missing = _patiently(lambda: _missing(installation.settings, catalogue))
        if not missing:
            return
        installation.wait(2.0)
    raise NeverCaughtUp(f"after {seconds:.0f} s records are still waiting: {missing}")


async def _missing(settings: Settings, catalogue: Catalogue) -> dict[tuple[str, int], int]:
    """Records of each source partition that no checkpoint covers."""
    names = settings.names
    headers: dict[int, CheckpointHeader] = {}
    async with LogReader(settings, names.figures) as reader:
        while not reader.caught_up:
            for partition, records in (await reader.poll()).items():
                for record in records:
                    if record.key == HEADER and record.value is not None:
                        headers[partition] = decode_header(record.value)
    missing = {}
    for slug in catalogue.subsystems:
        async with LogReader(settings, names.events(slug)) as reader:
            for partition, end in reader.ends.items():
                header = headers.get(partition)
                position = header.sources[slug].position if header and slug in header.sources else 0
                if position < end:
                    missing[slug, partition] = end - position
    return missing
