"""``ioc ingest``: a file of rows into the topics of its subsystem, by a mapping."""

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from dashboards.prometheus_api import Prometheus, PrometheusError
from ioc.catalogue import Catalogue
from ioc.catalogue.faults import nearest
from ioc.catalogue.reach import telemetry_of
from ioc.cli.installation import catalogue_of
from ioc.cli.live_installation import refuse_unlike_live
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

    Where the settings name no file of units, the one that the mapping names stands for the province's; not with
    ``live``, where the units are those that the live workers know.

    Raises CatalogueError, SettingsError, LivePrefix, UnlikeLive, TableError, TopicError, PublishError.
    """
    if not live and not dry_run:
        refuse_live_prefix(settings)
    form = read_mapping(mapping_file(mapping))
    own_units = settings.units if live else settings.units or form.units
    catalogue = catalogue_of(settings.model_copy(update={"units": own_units}))
    mapper = Mapper(form, catalogue, settings.pseudonyms())
    if live:
        _compare_with_live(settings, catalogue, mapper.mapping.subsystem, console)
    if not dry_run:
        with topic_admin(settings) as admin:
            admin.ensure(catalogue.subsystems, telemetry_of(catalogue.subsystems))
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("rows", total=None)
        report = ingest_file(
            mapper, file, None if dry_run else settings, rejects, lambda count: bars.update(bar, advance=count)
        )
    tell(report, console, "would be sent" if dry_run else f"sent to {settings.topic_prefix}", rejects)
    if own_units is not None and not (dry_run or live):
        console.print(f"its worker and exporter need these units: --prefix {settings.topic_prefix} --units {own_units}")
    return 1 if report.rows_refused else 0


def _compare_with_live(settings: Settings, catalogue: Catalogue, subsystem: str, console: Console) -> None:
    """Raises UnlikeLive."""
    with Prometheus(str(settings.prometheus_url)) as prometheus:
        try:
            refuse_unlike_live(prometheus, catalogue, subsystem)
        except PrometheusError as error:
            told = f"whether the live workers know these units could not be asked (IOC_PROMETHEUS_URL): {error}"
            console.print(told, style="yellow")


def mapping_file(mapping: str) -> Path:
    """The file of a mapping, which may be the name of a packaged one. Raises typer.BadParameter."""
    known = packaged()
    if Path(mapping).is_file():
        return Path(mapping)
    if mapping in known:
        return known[mapping]
    fix = nearest(mapping, known, f"packaged are {', '.join(known)}")
    raise typer.BadParameter(f"there is no mapping {mapping}: {fix}", param_hint="--mapping")


def tell(report: Report, console: Console, sent: str, rejects: Path | None) -> None:
    """Print what became of a file's rows."""
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
