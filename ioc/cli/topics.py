"""``ioc topics``: create what is missing, show what is there."""

from rich.console import Console
from rich.table import Table

from ioc.cli.installation import catalogue_of
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings


def topics(settings: Settings, console: Console) -> int:
    """Create the missing topics and list all; 1 where one is not configured as planned."""
    subsystems = catalogue_of(settings).subsystems
    with topic_admin(settings) as admin:
        created = admin.ensure(subsystems)
        table = Table("topic", "partitions", "records")
        for state in admin.states():
            mark = " (created)" if state.name in created else ""
            records = sum(state.end_offsets.values())
            table.add_row(state.name + mark, str(len(state.end_offsets)), f"{records:,}")
        drifts = admin.drift(subsystems)
    console.print(table)
    for drift in drifts:
        console.print(str(drift), style="yellow")
    return 1 if drifts else 0
