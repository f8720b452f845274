"""Reading the catalogue from its files."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ioc.catalogue.checks import faults_among, faults_of, province_faults, text_faults, unit_faults
from ioc.catalogue.faults import CatalogueError, Fault
from ioc.catalogue.feeds import with_heartbeats
from ioc.catalogue.model import Catalogue, Province, Units
from ioc.catalogue.reconciliation import with_reconciliation
from ioc.catalogue.source import Source
from ioc.catalogue.structure import Draft, read_form, read_subsystem

PACKAGED = Path(__file__).parent


def load(folder: Path | None = None, extra: Iterable[Path] = (), units: Path | None = None) -> Catalogue:
    """The catalogue of ``folder`` (``province.yaml`` and ``subsystems/*.yaml``), by default the packaged one.

    ``extra`` names further subsystem files; one named like a file of the folder takes its place. ``units`` names a
    file of units that stand for the province's. Every subsystem gets the totals that its source reports.

    Raises:
        CatalogueError: with every fault of every file.
    """
    folder = folder or PACKAGED
    return load_files(folder / "province.yaml", with_own(subsystem_files(folder), extra), units)


def subsystem_files(folder: Path = PACKAGED) -> list[Path]:
    """The subsystem files of a catalogue's folder."""
    return sorted((folder / "subsystems").glob("*.yaml"))


def with_own(files: Iterable[Path], own: Iterable[Path]) -> list[Path]:
    """A catalogue's subsystem files and an installation's own, which take the place of those with the same name."""
    own = list(own)
    names = {file.name for file in own}
    return [*(file for file in files if file.name not in names), *own]


def load_files(province_file: Path, files: Sequence[Path], units: Path | None = None) -> Catalogue:
    """The catalogue of a province's file and subsystems' files. Raises CatalogueError."""
    province, faults = _province(province_file)
    if units is not None:
        province, found = _with_units(province, units)
        faults += found
    drafts: list[Draft] = []
    for file in files:
        source = Source(file)
        faults += source.faults
        # What has no readable YAML has no form to speak of.
        if source.data is not None:
            draft, found = read_subsystem(source)
            draft = replace(draft, subsystem=with_reconciliation(with_heartbeats(draft.subsystem)))
            drafts.append(draft)
            faults += once_told(found, text_faults(source), faults_of(draft, province))
    faults += faults_among([draft for draft in drafts if not {("subsystem",), ("order",)} & draft.broken])
    if faults or province is None:
        raise CatalogueError(faults)
    subsystems = sorted((draft.subsystem for draft in drafts), key=lambda subsystem: subsystem.order)
    return Catalogue(province=province, subsystems={subsystem.subsystem: subsystem for subsystem in subsystems})


def _province(file: Path) -> tuple[Province | None, list[Fault]]:
    source = Source(file)
    if source.data is None:
        return None, source.faults
    province, found = read_form(Province, source)
    own = province_faults(province, source) if province else ()
    return province, [*source.faults, *once_told(found, text_faults(source), own)]


def _with_units(province: Province | None, file: Path) -> tuple[Province | None, list[Fault]]:
    """The province with the units of a file instead of its own."""
    source = Source(file)
    if not (isinstance(source.data, dict) and isinstance(source.data.get("units"), list)):
        # Whatever it is, nothing of it is told: it may be any file that this process can read.
        fix = "give a file that begins with `units:` and a list of them, see docs/howto/data.md"
        return province, [Fault(file, 1, "", "this is no file of units", fix)]
    own, found = read_form(Units, source)
    faults = [*source.faults, *once_told(found, text_faults(source), unit_faults(own.units, source) if own else ())]
    if own is None or province is None:
        return province, faults
    return province.model_copy(update={"units": own.units}), faults


def once_told(*checks: Iterable[Fault]) -> list[Fault]:
    """The faults of one file: of each place those of the first check that has any."""
    faults: list[Fault] = []
    for found in checks:
        told = {fault.path for fault in faults}
        faults += [fault for fault in found if fault.path not in told]
    return faults
