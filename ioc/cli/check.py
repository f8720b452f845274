"""``ioc check``: every fault of the catalogue, with its file, line and fix."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ioc.catalogue.faults import CatalogueError, Fault
from ioc.catalogue.loader import PACKAGED, load_files, subsystem_files, with_own
from ioc.cli import terminal
from ioc.cli.installation import own_subsystems
from streams.settings.settings import Settings


def check(settings: Settings, files: Sequence[Path] = (), console: Console | None = None) -> int:
    """Print the faults of the installation's catalogue, or of the files given, and return the exit code.

    Files are checked together with the catalogue; one named like a file of it takes its place, and only faults of the
    files given are told.
    """
    console = console or terminal.console
    given = list(dict.fromkeys(files))
    folder = settings.catalogue or PACKAGED
    checked = with_own(with_own(subsystem_files(folder), own_subsystems(settings)), given)
    faults = [fault for fault in _faults_of(folder, checked) if not given or fault.file in given]
    for fault in faults:
        console.print(_line(fault))
    number = len(given or checked)
    noun = "file" if number == 1 else "files"
    if faults:
        noun_of_faults = "fault" if len(faults) == 1 else "faults"
        console.print(Text(f"{len(faults)} {noun_of_faults} in {number} {noun}", style="bold red"))
        return 1
    console.print(Text(f"{number} {noun} checked, no faults", style="bold green"))
    return 0


def _faults_of(folder: Path, files: Sequence[Path]) -> list[Fault]:
    """The faults of subsystem files together with the catalogue's province."""
    try:
        load_files(folder / "province.yaml", files)
    except CatalogueError as error:
        return error.faults
    return []


def _line(fault: Fault) -> Text:
    place = f"{fault.path}: " if fault.path else ""
    return Text.assemble(
        (terminal.visible(f"{fault.file}:{fault.line}: "), "cyan"),
        (terminal.visible(place), "bold"),
        terminal.visible(f"{fault.message} — "),
        (terminal.visible(fault.fix), "green"),
    )
