"""``ioc ingest``: a file of rows into the topics of its subsystem, by a mapping."""

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ioc.catalogue.faults import nearest
from ioc.catalogue.reach import telemetry_of
from ioc.cli.installation import catalogue_of
from ioc.events.mappings import Mapper, packaged, read_mapping
from streams.ingest.ingest import Report, refuse_live_prefix
from streams.ingest.ingest import ingest as ingest_file
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings


def ingest(
    settings: Settings,
    file: Path,
    mapping: str,
    console: Console,
    *,
    live: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
) -> int:
    """Map and send the rows of a file, tell what became of them, and return the exit code: 1 where rows were refused.

    Args:
        mapping: a mapping's file, or the name of a packaged one.

    Where the settings name no file of units, the one that the mapping names stands for the province's.

    Raises CatalogueError, SettingsError, LivePrefix, TableError, TopicError, PublishError.
    """
    if not live and not dry_run:
        refuse_live_prefix(settings)
    form = read_mapping(_mapping_file(mapping))
    own_units = settings.units or form.units
    catalogue = catalogue_of(settings.model_copy(update={"units": own_units}))
    mapper = Mapper(form, catalogue, settings.pseudonyms())
    if not dry_run:
        with topic_admin(settings) as admin:
            admin.ensure(catalogue.subsystems, telemetry_of(catalogue.subsystems))
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("rows", total=None)
        report = ingest_file(
            mapper, file, None if dry_run else settings, rejects, lambda count: bars.update(bar, advance=count)
        )
    _tell(report, console, "would be sent" if dry_run else f"sent to {settings.topic_prefix}", rejects)
    if own_units is not None and not dry_run:
        console.print(f"its worker and exporter need these units: --prefix {settings.topic_prefix} --units {own_units}")
    return 1 if report.rows_refused else 0


def _mapping_file(mapping: str) -> Path:
    known = packaged()
    if Path(mapping).is_file():
        return Path(mapping)
    if mapping in known:
        return known[mapping]
    fix = nearest(mapping, known, f"packaged are {', '.join(known)}")
    raise typer.BadParameter(f"there is no mapping {mapping}: {fix}", param_hint="--mapping")


def _tell(report: Report, console: Console, sent: str, rejects: Path | None) -> None:
    for refusal in report.refusals:
        console.print(refusal, style="red")
    refused = report.rows_refused.total()
    if refused > len(report.refusals):
        where = "" if rejects else "; see them with --rejects"
        console.print(f"… and {refused - len(report.refusals):,} more{where}")
    console.print(f"{report.rows_read:,} rows read, {report.events.total():,} events {sent}, {refused:,} rows refused")
    for event, count in sorted(report.events.items()):
        console.print(f"  {count:>9,} {event}")
    for reason, count in report.rows_refused.most_common():
        console.print(f"  {count:>9,} refused: {reason}")
    if report.rows_without_event:
        console.print(f"  {report.rows_without_event:>9,} rows stand for no event: none of the conditions hold")
    if report.first and report.last:
        console.print(f"  event times from {report.first.isoformat()} to {report.last.isoformat()}")
