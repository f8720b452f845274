"""``ioc topics``: create what is missing, show what is there, and whether it is kept for long enough."""

import asyncio
import time

from rich.console import Console
from rich.table import Table

from ioc.cases.book import CaseBook, in_order
from ioc.cases.keeping import Endangered, Kept, endangered
from ioc.catalogue.reach import telemetry_of
from ioc.cli.installation import catalogue_of
from ioc.engine.plan import compile_plan
from ioc.text.formats import time_text
from ioc.time.instants import EpochSeconds, Seconds, seconds_from_ms
from ioc.time.windows import DAY
from streams.kafka.log_reader import read_latest
from streams.kafka.promotion import live_settings
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings


def topics(settings: Settings, console: Console, *, apply: bool) -> int:
    """Create the missing topics and list all; 1 where one is not configured as planned, and is not to be."""
    subsystems = catalogue_of(settings).subsystems
    telemetry = telemetry_of(subsystems)
    with topic_admin(settings) as admin:
        created = admin.ensure(subsystems, telemetry)
        table = Table("topic", "partitions", "records")
        for state in admin.states():
            mark = " (created)" if state.name in created else ""
            records = sum(state.end_offsets.values())
            table.add_row(state.name + mark, str(len(state.end_offsets)), f"{records:,}")
        drifts = admin.drift(subsystems, telemetry)
        if apply:
            admin.repair(drifts)
    console.print(table)
    for drift in drifts:
        console.print(f"{drift}{', and is now' if apply else ''}", style="yellow")
    if drifts and not apply:
        console.print("`ioc topics --apply` sets them so")
    return 1 if drifts and not apply else 0


def open_cases(settings: Settings, console: Console) -> int:
    """Tell which cases are open for as long as their events are kept, or nearly; 1 where any is.

    Raises LogError, TopicError.
    """
    settings = live_settings(settings)
    book = CaseBook(compile_plan(catalogue_of(settings)))
    for partition, records in asyncio.run(read_latest(settings, settings.names.state)).items():
        for key, value in in_order(records):
            book.put(partition, key, value)
    found = list(endangered(book, _kept(settings, book), EpochSeconds(int(time.time()))))
    for each in found:
        console.print(_told(each), style="yellow")
    if found:
        console.print(
            "Keep events for longer (IOC_LIFECYCLE_RETENTION_DAYS, then `ioc topics --apply`), or have the source send "
            "these cases again"
        )
    return 1 if found else 0


def _kept(settings: Settings, book: CaseBook) -> dict[str, Kept]:
    """What the topics of subsystems with lifecycles hold."""
    duration = Seconds(settings.lifecycle_retention_days * DAY)
    kept = {}
    with topic_admin(settings) as admin:
        for slug, plan in book.plan.subsystems.items():
            if plan.subsystem.entities and (found := admin.kept(settings.names.events(slug))) is not None:
                kept[slug] = Kept(seconds_from_ms(found[0]), found[1], duration)
    return kept


def _told(each: Endangered) -> str:
    until = (
        "its opening is deleted already, if it was sent when it happened" if each.is_gone else "its opening goes soon"
    )
    return f"{each.subsystem}: the {each.entity} {each.id} is open since {time_text(each.opened)}; {until}"
