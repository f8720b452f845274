"""``ioc render``: write again what is derived from the catalogue."""

from pathlib import Path

from rich.console import Console

from dashboards.render import differences, write
from dashboards.render import render as rendered
from ioc.cli.installation import catalogue_of
from streams.settings.settings import Settings


def render(settings: Settings, root: Path, console: Console, *, check: bool) -> int:
    """Write the derived files below ``root``; with ``check`` write nothing and return 1 where one differs."""
    files = rendered(catalogue_of(settings), root, settings.relay.runbooks_address)
    changed = differences(root, files) if check else write(root, files)
    for path in changed:
        console.print(f"{'differs' if check else 'written'}: {path}")
    console.print(f"{len(files)} derived files, {len(changed)} {'differ' if check else 'written'}")
    return 1 if check and changed else 0
