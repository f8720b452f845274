"""What is recorded of a state that another program wrote, and how both are read."""

import lzma
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ioc.cases.book import CaseBook, in_order
from ioc.cases.find import find, kpis_with_cases
from ioc.engine.plan import Plan
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Store, rows_of

FOLDER = Path(__file__).parent
CATALOGUE = FOLDER / "catalogue"
FILE = FOLDER / "recording.json.xz"
PARTITIONS = 2

Topic = dict[int, dict[str, bytes]]
"""The live records of a compacted topic, by partition and key."""


class Reading(msgspec.Struct):
    """All that is read from state and figures at one moment, as it is once written as JSON and read back."""

    now: int
    """Seconds since the epoch."""
    figures: list[Any]
    """Every value of every KPI, with labels, window, numerator, denominator and sample."""
    panes: list[Any]
    """Every pane, merged over the partitions."""
    fates: dict[str, Any]
    """By subsystem, where its events went."""
    cases: dict[str, list[str]]
    """By KPI the ids of the entities and things behind it, the worst first."""


class Recording(msgspec.Struct):
    """A state, what was read from it, the events that came next, and what was read then."""

    commit: str
    """The program that wrote the state and read the figures."""
    state: Topic
    figures: Topic
    read: Reading
    after: list[LogRecord]
    read_after: Reading


def recording() -> Recording:
    """The recording of this folder."""
    return msgspec.json.decode(lzma.decompress(FILE.read_bytes()), type=Recording)


def read(store: Store, plan: Plan, now: datetime) -> Reading:
    """All that today's program reads from a store."""
    merged = store.merged(plan)
    instant = int(now.timestamp())
    exposition = Exposition(plan, Clock("wall"), simulated=True)
    book = CaseBook(plan)
    for partition, records in store.state.items():
        for key, value in in_order(records):
            book.put(partition, key, value)
    cases = {
        f"{slug}.{kpi}": [case.id for case in find(book, slug, kpi, instant, limit=10**6).cases]
        for slug, subsystem in plan.catalogue.subsystems.items()
        for kpi in kpis_with_cases(subsystem)
    }
    fates = {slug: msgspec.to_builtins(merged.fates(slug)) for slug in plan.subsystems}
    reading = Reading(instant, [*exposition.figures(merged, Backlog(), instant)], rows_of(merged), fates, cases)
    return msgspec.json.decode(msgspec.json.encode(reading), type=Reading)
