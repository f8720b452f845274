"""``ioc render``: write again what is derived from the catalogue, the settings and the model of mappings."""

from pathlib import Path

from rich.console import Console

from dashboards.render import Files, differences, write
from dashboards.render import render as of_catalogue
from dashboards.runbooks import PROJECT
from ioc.catalogue import Catalogue
from ioc.cli.chart import PATH as CHART_PATH
from ioc.cli.chart import chart_text
from ioc.cli.installation import catalogue_of
from ioc.events.mappings.reference import PATH as MAPPING_PATH
from ioc.events.mappings.reference import mapping_page
from streams.settings.reference import PATH, settings_page
from streams.settings.settings import Settings


def render(settings: Settings, root: Path, console: Console, *, check: bool) -> int:
    """Write the derived files below ``root``; with ``check`` write nothing and return 1 where one differs."""
    files = derived_files(catalogue_of(settings), settings, root)
    changed = differences(root, files) if check else write(root, files)
    for path in changed:
        console.print(f"{'differs' if check else 'written'}: {path}")
    console.print(f"{len(files)} derived files, {len(changed)} {'differ' if check else 'written'}")
    return 1 if check and changed else 0


def derived_files(catalogue: Catalogue, settings: Settings, root: Path = PROJECT) -> Files:
    """Every generated file: its path from the project's root and its text."""
    return {
        **of_catalogue(catalogue, root, settings.relay.runbooks_address),
        CHART_PATH: chart_text(catalogue, settings),
        MAPPING_PATH: mapping_page(),
        PATH: settings_page(),
    }
