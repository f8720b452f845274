"""``ioc trail``: who did what, from the file of a server's database."""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ioc.cli.options import PANELS, settings_with
from ioc.cli.terminal import console

app = typer.Typer()

File = Annotated[
    Path | None, typer.Argument(help="Database of a relay or of pages of cases. (setting IOC_RELAY_DATABASE)")
]


@app.command(rich_help_panel=PANELS[-1])
def trail(
    file: File = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many lines.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Who signed in, took, silenced or changed what, from where, before and after."""
    from streams.web.database import Database
    from streams.web.people.pages import cells
    from streams.web.people.trail import Trail

    database = Database.read_only(file or settings_with().relay.database)
    try:
        entries = Trail(database).entries(limit)[::-1]
    finally:
        database.close()
    if json:
        for number, entry in entries:
            typer.echo(json_module.dumps({"id": number, **entry.as_data()}, ensure_ascii=False))
        return
    table = Table("when", "act", "who", "from", "of", "before", "after")
    for _, entry in entries:
        # As it is: names and reasons are people's own words, no markup.
        table.add_row(*(Text(cell) for cell in cells(entry)))
    console.print(table)
