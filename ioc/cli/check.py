"""``ioc check``: every fault of the catalogue and of mappings, with its file, line and fix."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ioc.catalogue.faults import CatalogueError, Fault
from ioc.catalogue.loader import PACKAGED, load_files, subsystem_files, with_own
from ioc.catalogue.model import Subsystem
from ioc.catalogue.reach import longest_window, telemetry_of
from ioc.cli import terminal
from ioc.cli.installation import catalogue_of, own_subsystems
from ioc.events.mappings import read_mapping
from ioc.events.mappings.checks import refuse_faults
from ioc.events.mappings.loader import is_mapping
from ioc.time.windows import DAY
from streams.ingest.prepare import refuse_no_query
from streams.settings.settings import Settings


def check(settings: Settings, files: Sequence[Path] = (), console: Console | None = None) -> int:
    """Print the faults of the installation's catalogue, or of the files given, and return the exit code.

    Files are checked together with the catalogue; one named like a file of it takes its place, and only faults of the
    files given are told. A mapping is checked against the catalogue, with the other files that are given.
    """
    console = console or terminal.console
    given = list(dict.fromkeys(files))
    mappings = [file for file in given if is_mapping(file)]
    folder = settings.catalogue or PACKAGED
    own = [file for file in given if file not in mappings]
    checked = with_own(with_own(subsystem_files(folder), own_subsystems(settings)), own)
    # A mapping is no use with a catalogue that is none.
    told = given if len(own) == len(given) else [*given, *checked]
    faults = [fault for fault in _faults_of(folder, checked) if not given or fault.file in told]
    if not faults:
        faults = [fault for file in mappings for fault in _faults_of_mapping(file, folder, checked, settings.units)]
    for fault in faults:
        console.print(_line(fault))
    number = len(given or checked)
    noun = "file" if number == 1 else "files"
    if faults:
        noun_of_faults = "fault" if len(faults) == 1 else "faults"
        console.print(Text(f"{len(faults)} {noun_of_faults} in {number} {noun}", style="bold red"))
        return 1
    if too_short := [] if given else kept_too_short(settings, catalogue_of(settings).subsystems):
        for message in too_short:
            console.print(Text(message, style="bold red"))
        return 1
    console.print(Text(f"{number} {noun} checked, no faults", style="bold green"))
    return 0


def kept_too_short(settings: Settings, subsystems: Mapping[str, Subsystem]) -> list[str]:
    """A message for each setting by which events are deleted while a window still counts them."""
    telemetry = telemetry_of(subsystems)
    found = []
    for name, days, slugs in (
        ("IOC_RETENTION_DAYS", settings.retention_days, telemetry),
        ("IOC_LIFECYCLE_RETENTION_DAYS", settings.lifecycle_retention_days, subsystems.keys() - telemetry),
    ):
        longest = max(slugs, key=lambda slug: longest_window(subsystems[slug]), default=None)
        needed = 0 if longest is None else -(-longest_window(subsystems[longest]) // DAY)
        if days < needed:
            found.append(
                f"{name} is {days}, but windows of {longest} reach back {needed} days: set it to {needed} or more"
            )
    return found


def _faults_of(folder: Path, files: Sequence[Path]) -> list[Fault]:
    """The faults of subsystem files together with the catalogue's province."""
    try:
        load_files(folder / "province.yaml", files)
    except CatalogueError as error:
        return error.faults
    return []


def _faults_of_mapping(file: Path, folder: Path, subsystems: Sequence[Path], units: Path | None) -> list[Fault]:
    """The faults of a mapping against a catalogue that has none."""
    try:
        form = read_mapping(file)
        refuse_faults(form, load_files(folder / "province.yaml", subsystems, units or form.units), hashes=True)
        refuse_no_query(form)
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
