"""``ioc ingest``: a file of rows into the topics of its subsystem, by a mapping."""

from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from dashboards.prometheus_api import PrometheusError
from ioc.catalogue import Catalogue
from ioc.catalogue.faults import nearest
from ioc.catalogue.reach import telemetry_of
from ioc.cli.installation import catalogue_of, prometheus_of
from ioc.cli.live_installation import refuse_unlike_live
from ioc.events.mappings import Mapper, packaged, read_mapping
from ioc.text.formats import iso_time
from streams.ingest.ingest import ingest as ingest_file
from streams.ingest.ingest import refuse_live_prefix
from streams.ingest.report import Report
from streams.kafka.topics import topic_admin
from streams.process import ending
from streams.settings.settings import Settings

_KINDS_SHOWN = 15


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
    # Rows lie in private files meanwhile, which must not outlive the run.
    ending.heed_signals_at_start()
    if not live and not dry_run:
        refuse_live_prefix(settings)
    form = read_mapping(mapping_file(mapping))
    # What is live has the installation's units alone.
    own_units = settings.units if live else settings.units or form.units
    catalogue = catalogue_of(settings.model_copy(update={"units": own_units}))
    mapper = Mapper(form, catalogue, settings.pseudonyms())
    if live:
        _compare_with_live(settings, catalogue, mapper.mapping.subsystem, console)
    if not dry_run:
        with topic_admin(settings) as admin:
            admin.ensure(catalogue.subsystems, telemetry_of(catalogue.subsystems))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        read, sent = (bars.add_task(what, total=None, visible=False) for what in ("rows", "events"))
        report = ingest_file(
            mapper,
            file,
            None if dry_run else settings,
            rejects,
            advance=lambda count: bars.update(read, advance=count, visible=True),
            sending=lambda count: bars.update(sent, advance=count, visible=True),
            tell=lambda found: tell(found, console, "would be sent" if dry_run else "to be sent", rejects),
        )
    if not dry_run:
        console.print(f"{report.delivered:,} events sent to {settings.topic_prefix}")
    if own_units is not None and not (dry_run or live):
        console.print(f"its worker and exporter need these units: --prefix {settings.topic_prefix} --units {own_units}")
    return 1 if report.rows_refused else 0


def _compare_with_live(settings: Settings, catalogue: Catalogue, subsystem: str, console: Console) -> None:
    """Raises UnlikeLive."""
    with prometheus_of(settings) as prometheus:
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
    """Print what became of a file's rows, and what its events are as a whole."""
    for line in report.refusals:
        console.print(Text(line, style="red"))
    refused, found = report.rows_refused.total(), report.findings
    if refused > len(report.refusals):
        where = "" if rejects else "; see them with --rejects"
        console.print(f"… and {refused - len(report.refusals):,} more{where}")
    for line in report.warned:
        console.print(Text(line, style="yellow"))
    made = "" if report.rows_prepared is None else f" of {report.rows_prepared:,} by `prepare`"
    console.print(
        f"{report.rows_read:,} rows read{made}, {report.events.total():,} events {sent}, {refused:,} rows refused"
    )
    for event, of_name in found.events.items():
        first, last = (iso_time(moment.timestamp()) for moment in (of_name.first, of_name.last))
        console.print(f"  {of_name.count:>9,} {event}, {first} to {last}")
    for number, told in _notes(report):
        if number:
            console.print(Text(f"  {number:>9,} {told}"))


def _notes(report: Report) -> Iterator[tuple[int, str]]:
    """What people should look at before events are sent, each with its number; a number of 0 is nothing to tell."""
    found = report.findings
    yield found.cases, "cases"
    yield found.without_opening, "of them without the event that opens them: orphans, unless it was sent before"
    yield found.back_in_time, "events stand below a later one of their case; that changes no figure"
    yield found.repeated, "events repeat another of their case, and count once"
    yield (
        found.equal,
        (
            "events of no case equal another, and each counts; where they are copies, say "
            '`prepare: SELECT DISTINCT * EXCLUDE ("@line") FROM rows` in the mapping'
        ),
    )
    for reason, count in report.rows_refused.most_common():
        yield count, f"rows refused: {reason}"
    for name, count in report.warnings.most_common():
        yield count, f"rows sent with a warning: {name}"
    left = report.left
    for values, count in left.most_common(_KINDS_SHOWN):
        yield count, f"rows stand for no event: {values or 'the mapping asks for nothing'}"
    yield sum(count for _, count in left.most_common()[_KINDS_SHOWN:]), "rows stand for no event, with other values"
