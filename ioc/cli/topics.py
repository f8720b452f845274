"""``ioc topics``: create what is missing, show what is there."""

from rich.console import Console
from rich.table import Table

from ioc.catalogue.reach import telemetry_of
from ioc.cli.installation import catalogue_of
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
