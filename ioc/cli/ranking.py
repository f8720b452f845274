"""``ioc ranking``: the units by a share, the worst first, as the page of rankings has them."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from ioc.cli.options import PANELS, PrometheusUrl, settings_with
from ioc.cli.terminal import console
from ioc.text.bilingual import Language
from ioc.text.csv_text import csv_octets

app = typer.Typer()
_, _, LOOK = PANELS


@app.command(rich_help_panel=LOOK)
def ranking(  # noqa: PLR0917 (options of a command line)
    kpi: Annotated[str, typer.Argument(help="Subsystem and share, as in public_services.overdue_share.")],
    level: Annotated[str, typer.Option(help="Of which units: commune or province (its agencies).")] = "commune",
    window: Annotated[
        str | None, typer.Option(help="7d, 30d or total; 7d by default, total of what stands, as what is overdue.")
    ] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="As CSV, for a spreadsheet: ioc ranking ... --csv > units.csv")
    ] = False,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    prometheus: PrometheusUrl = None,
) -> None:
    """The ranking of units by a share, the worst first. No place on silence, below the minimum sample or alone."""
    from dashboards.ranks import as_of, ranking_of, table, title
    from ioc.cli.installation import catalogue_of, prometheus_of

    settings = settings_with(prometheus_url=prometheus)
    language: Language = "en" if english else "vi"
    catalogue = catalogue_of(settings)
    with prometheus_of(settings) as client:
        found = ranking_of(client, catalogue, kpi, level, window)
    named, moment = title(found, language), as_of(found, language)
    headings, *rows = table(found, catalogue, language)
    if csv:
        sys.stdout.buffer.write(csv_octets([[named, moment], headings, *rows]))
        return
    drawn = Table(title=named, caption=moment, title_justify="left")
    for heading in headings:
        drawn.add_column(heading)
    for row in rows:
        drawn.add_row(*row)
    console.print(drawn)
