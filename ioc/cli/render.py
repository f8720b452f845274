"""``ioc render``: write again what is derived from the catalogue, the settings and the model of mappings.

``ioc nation`` does so for the provinces of a nation.
"""

from pathlib import Path

from rich.console import Console

from dashboards.nation.render import national_files
from dashboards.render import Files, differences, write
from dashboards.render import render as of_catalogue
from dashboards.runbooks import PROJECT
from ioc.catalogue import Catalogue
from ioc.catalogue.nation import read_nation
from ioc.cli.chart import PATH as CHART_PATH
from ioc.cli.chart import chart_text
from ioc.cli.installation import areas_of, catalogue_of
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


def render_nation(settings: Settings, file: Path, out: Path, console: Console, *, check: bool) -> int:
    """Write a nation's files below ``out``; with ``check`` write nothing and return 1 where one differs.

    Raises CatalogueError.
    """
    nation = read_nation(file)
    files = national_files(catalogue_of(settings), nation, settings.relay.runbooks_address)
    changed = [name for name, text in files.items() if not _is_written(out / name, text)]
    for name in changed:
        if not check:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_text(files[name], encoding="utf-8")
        console.print(f"{'differs' if check else 'written'}: {out / name}", soft_wrap=True)
    provinces = len(nation.provinces)
    console.print(f"{provinces} provinces, {len(files)} files, {len(changed)} {'differ' if check else 'written'}")
    return 1 if check and changed else 0


def _is_written(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def derived_files(catalogue: Catalogue, settings: Settings, root: Path = PROJECT) -> Files:
    """Every generated file: its path from the project's root and its text."""
    return {
        **of_catalogue(catalogue, root, settings.relay.runbooks_address, areas_of(settings, catalogue)),
        CHART_PATH: chart_text(catalogue, settings),
        MAPPING_PATH: mapping_page(),
        PATH: settings_page(),
    }
