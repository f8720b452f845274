"""``ioc acls``, ``ioc certificates``, ``ioc secrets``: who may do what in Kafka, and what they show for it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ioc.cli.installation import catalogue_of
from streams.kafka.access import Grant, feed_users, planned_grants, users
from streams.kafka.topics import topic_admin
from streams.settings.secrets.certificates import Authority
from streams.settings.secrets.folder import fill
from streams.settings.settings import Settings


def acls(settings: Settings, console: Console, *, apply: bool, passwords: Path | None) -> int:
    """Show who may do what by the catalogue, and how the brokers differ; 1 where they still do."""
    names, subsystems = settings.names, catalogue_of(settings).subsystems
    planned = planned_grants(names, subsystems)
    console.print(_table(planned))
    with topic_admin(settings) as admin:
        if passwords is not None:
            made = admin.access.set_passwords(users(names, subsystems), passwords)
            console.print(f"{len(users(names, subsystems))} passwords set from {passwords}, {len(made)} of them new")
            feeds = feed_users(names, subsystems)
            admin.access.set_quotas(feeds, settings.feed_bytes_per_second)
            console.print(f"{len(feeds)} feeds may send {settings.feed_bytes_per_second:,} bytes a second each")
        comparison = admin.access.compare(planned)
        if apply:
            admin.access.apply(comparison)
    for grant in comparison.missing:
        console.print(f"{'granted' if apply else 'missing'}: {grant}")
    for acl in comparison.superfluous:
        console.print(f"{'taken back' if apply else 'superfluous'}: {acl}")
    differ = len(comparison.missing) + len(comparison.superfluous)
    console.print(f"{len(planned)} grants, {differ} {'changed' if apply else 'differ'}")
    return 1 if differ and not apply else 0


def certificates(folder: Path, names: Iterable[str], hosts: list[str], days: int, console: Console) -> None:
    """Issue a certificate for each name, from the authority in ``folder``, which is made if there is none."""
    authority = Authority(folder)
    until = datetime.now(UTC) + timedelta(days=days)
    for name in names:
        issued = authority.issue(name, hosts, until=until)
        console.print(f"{issued.cert} and {issued.key.name} until {until:%Y-%m-%d}")


def secrets(settings: Settings, folder: Path, hosts: list[str], days: int, console: Console) -> None:
    """Make what is missing of the secrets that docker compose mounts."""
    known = users(settings.names, catalogue_of(settings).subsystems)
    made = fill(folder, known, hosts, datetime.now(UTC) + timedelta(days=days))
    for file in made:
        console.print(f"made: {file}")
    console.print(f"{len(made)} secrets made in {folder}; what was there is kept")


def _table(grants: Iterable[Grant]) -> Table:
    table = Table("Kafka user", "may", "on")
    for (user, resource), same in groupby(sorted(grants), lambda grant: (grant.user, grant.target)):
        table.add_row(user, ", ".join(grant.operation for grant in same), resource)
    return table
