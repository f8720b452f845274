"""``ioc trail``: who did what, from the file of a server's database."""

import json as json_module
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.people.pages import cells
from streams.people.trail import Trail
from streams.process.database import Database


def trail(file: Path, limit: int, console: Console, *, json: bool) -> None:
    """Print the newest lines, the oldest of them first. Raises StoreError where there is no such trail."""
    database = Database.read_only(file)
    try:
        entries = Trail(database).entries(limit)[::-1]
    finally:
        database.close()
    if json:
        for number, entry in entries:
            line = json_module.dumps({"id": number, **entry.as_data()}, ensure_ascii=False)
            console.print(Text(line), soft_wrap=True)
        return
    table = Table("when", "act", "who", "from", "of", "before", "after")
    for _, entry in entries:
        # As it is: names and reasons are people's own words, no markup.
        table.add_row(*(Text(cell) for cell in cells(entry)))
    console.print(table)
