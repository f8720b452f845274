"""``ioc report``: the leaders' report of a day, a week or a month that is over."""

import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.cli.options import PANELS, PrometheusUrl, settings_with
from ioc.cli.terminal import console, errors
from ioc.notices.report.period import Period, Span, last_over, period_with
from streams.relay.report.files import Form, ReportFile, report_file

if TYPE_CHECKING:
    from dashboards.prometheus_api import Prometheus
    from ioc.catalogue import Catalogue
    from ioc.notices.episode import Episode
    from ioc.text.bilingual import Language
    from streams.settings.settings import Settings

app = typer.Typer()
_, _, LOOK = PANELS
PATIENCE = 60.0
"""Seconds that Prometheus has for an answer about a month."""


@app.command(rich_help_panel=LOOK)
def report(  # noqa: PLR0917 (options of a command line)
    day: Annotated[bool, typer.Option("--day", help="Of a day; so it is where nothing else is said.")] = False,
    week: Annotated[bool, typer.Option("--week", help="Of a week, from Monday to Sunday.")] = False,
    month: Annotated[bool, typer.Option("--month", help="Of a calendar month.")] = False,
    of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A day in it, as in 2025-10-31; by default the last one that is over."),
    ] = None,
    form: Annotated[Form | None, typer.Option("--format", help="By default that of --out, else pdf.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; by default one named for the period, here.")] = None,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    prometheus: PrometheusUrl = None,
) -> None:
    """The leaders' report: figures, changes, worst units, alerts, what was unknown; as HTML, PDF, XLSX or CSV."""
    from ioc.cli.installation import catalogue_of, prometheus_of

    chosen = [span for span, wanted in zip(Span, (day, week, month), strict=True) if wanted]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of --day, --week and --month")
    period = _period(chosen[0] if chosen else Span.DAY, None if of is None else of.date(), time.time())
    settings = settings_with(prometheus_url=prometheus)
    with prometheus_of(settings, timeout=PATIENCE) as client:
        alerts, catalogue = _alerts(settings, period), catalogue_of(settings)
        file = made(client, catalogue, period, alerts, _form(form, out), "en" if english else "vi")
    written = out or Path(file.name)
    written.write_bytes(file.octets)
    console.print(f"{period.title('vi')}: {written}", highlight=False)


def made(  # noqa: PLR0917 (each is a part of its own)
    prometheus: "Prometheus",
    catalogue: "Catalogue",
    period: Period,
    alerts: "Sequence[Episode] | None",
    form: Form,
    language: "Language",
) -> ReportFile:
    """A report of a period. Raises PrometheusError."""
    from dashboards.report_facts import report_facts
    from ioc.notices.report.compose import compose

    return report_file(compose(report_facts(prometheus, catalogue, period, alerts), catalogue, language), form)


def _period(span: Span, day: date | None, now: float) -> Period:
    period = last_over(span, now) if day is None else period_with(span, day)
    if period.end > now:
        raise typer.BadParameter(f"{period.title('en')} is not over yet", param_hint="--of")
    return period


def _form(form: Form | None, out: Path | None) -> Form:
    if form is not None or out is None:
        return form or Form.PDF
    try:
        return Form(out.suffix.removeprefix("."))
    except ValueError:
        known = ", ".join(f".{each}" for each in Form)
        raise typer.BadParameter(
            f"{out}: end its name in one of {known}, or say --format", param_hint="--out"
        ) from None


def _alerts(settings: "Settings", period: Period) -> "list[Episode] | None":
    """The relay's record; None where it cannot be asked, which the report then says."""
    from streams.relay.client import RelayClient, RelayError

    try:
        with RelayClient(str(settings.relay.url), settings.relay.account_token, settings.ca_file) as relay:
            return relay.episodes(period.start, period.end)
    except RelayError as error:
        errors.print(f"ioc: the report says nothing of alerts: {error}", style="yellow")
        return None
