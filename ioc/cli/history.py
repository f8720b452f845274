"""A history of one's own: files, the mappings that read them, and the catalogue of what they fill."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import Console

from ioc.catalogue import Catalogue
from ioc.catalogue.faults import nearest
from ioc.catalogue.loader import PACKAGED, subsystem_files, with_own
from ioc.catalogue.source import Source
from ioc.cli.ingest import mapping_file, tell
from ioc.cli.installation import catalogue_of, own_subsystems
from ioc.events.mappings import Mapper, MappingError, read_mapping
from ioc.events.mappings.loader import MappingFile
from streams.ingest.ingest import Ready, made_ready
from streams.settings.settings import ClockKind, Settings

PREFIX = "history"
"""Of its topics: never that of live ones, nor of the packaged demo."""


class HistoryError(ValueError):
    """Files and mappings that make no history together; the message says why and the fix."""


@dataclass(frozen=True)
class HistoryFile:
    """A file, what reads it, and what that makes of it."""

    file: Path
    mapper: Mapper
    ready: Ready
    """Its events, to be sent once, and what became of its rows."""


@dataclass(frozen=True)
class History:
    """Files that were read once and fit the catalogue."""

    settings: Settings
    """On the event clock, under a prefix of their own."""
    catalogue: Catalogue
    """Only of the subsystems that the files fill."""
    files: Sequence[HistoryFile]
    _read: ExitStack = field(default_factory=ExitStack, compare=False)

    def close(self) -> None:
        """Forget the events that wait on disk."""
        self._read.close()

    @property
    def period(self) -> tuple[datetime, datetime]:
        """When the first and the last event happened."""
        reports = [each.ready.report for each in self.files]
        return min(filter(None, (each.first for each in reports))), max(filter(None, (each.last for each in reports)))

    def installed_in(self, folder: Path) -> Settings:
        """Copy the catalogue's files into a folder, and return the settings that name them there and nothing else."""
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "subsystems").mkdir(parents=True)
        shutil.copyfile((self.settings.catalogue or PACKAGED) / "province.yaml", folder / "province.yaml")
        for file in self._subsystem_files():
            shutil.copyfile(file, folder / "subsystems" / file.name)
        units = self.settings.units
        if units is not None:
            units = Path(shutil.copyfile(units, folder / "units.yaml"))
        return self.settings.model_copy(update={"catalogue": folder, "subsystems": None, "units": units})

    def _subsystem_files(self) -> Iterator[Path]:
        packaged = subsystem_files(self.settings.catalogue or PACKAGED)
        for file in with_own(packaged, own_subsystems(self.settings)):
            if Source(file).at(("subsystem",)) in self.catalogue.subsystems:
                yield file


def read_history(settings: Settings, files: Sequence[Path], mappings: Sequence[str], console: Console) -> History:
    """Read every file by its mapping without sending anything, and tell what is to be sent; to be closed.

    Args:
        mappings: one for each file, or one for all; a mapping's file, or the name of a packaged one.

    Raises:
        HistoryError: files without a mapping, mappings with different units, a file of which no event comes.
        CatalogueError, MappingError, SettingsError: with file, line, key and fix.
        TableError: a file that cannot be read.
    """
    forms = [read_mapping(mapping_file(name)) for name in _one_each(files, mappings)]
    units = {form.units for form in forms if form.units is not None}
    if settings.units is None and len(units) > 1:
        told = " and ".join(sorted(map(str, units)))
        raise HistoryError(f"the mappings name different units, {told}: write one file with all of them, --units FILE")
    settings = settings.model_copy(
        update={
            "topic_prefix": PREFIX,
            "source_prefix": None,
            "clock": ClockKind.EVENT,
            "simulated": False,
            "units": settings.units or next(iter(units), None),
            # Nobody is told of what was amiss years ago.
            "relay": settings.relay.model_copy(update={"contacts": None}),
        }
    )
    catalogue = catalogue_of(settings)
    _refuse_unknown_subsystems(forms, catalogue)
    mappers = [Mapper(form, catalogue, settings.pseudonyms()) for form in forms]
    filled = {mapper.mapping.subsystem for mapper in mappers}
    own = {slug: subsystem for slug, subsystem in catalogue.subsystems.items() if slug in filled}
    with ExitStack() as opened:
        read = [
            HistoryFile(file, mapper, opened.enter_context(_read(file, mapper, console)))
            for file, mapper in zip(files, mappers, strict=True)
        ]
        return History(settings, catalogue.model_copy(update={"subsystems": own}), read, opened.pop_all())


def _refuse_unknown_subsystems(forms: Iterable[MappingFile], catalogue: Catalogue) -> None:
    known = catalogue.subsystems
    fix = f"name the folder of its file, --subsystems DIR, or write one of {', '.join(known)}"
    faults = [
        form.source.fault(("subsystem",), f"there is no subsystem `{slug}`", nearest(slug, known, fix))
        for form in forms
        if (slug := form.mapping.subsystem) not in known
    ]
    if faults:
        raise MappingError(faults)


def _one_each(files: Sequence[Path], mappings: Sequence[str]) -> Sequence[str]:
    if not files:
        raise HistoryError("--mapping says how --data is read, and there is none: name the file, --data FILE")
    if len(mappings) == 1:
        return [*mappings] * len(files)
    if len(mappings) != len(files):
        raise HistoryError(
            f"{len(files)} --data, but {len(mappings)} --mapping: give each file its mapping in the same order, or one "
            "mapping for all"
        )
    return mappings


@contextmanager
def _read(file: Path, mapper: Mapper, console: Console) -> Iterator[Ready]:
    with ExitStack() as opened:
        with console.status(f"reading {file}"):
            ready = opened.enter_context(made_ready(mapper, file))
        report = ready.report
        if not report.events:
            told = "\n".join(report.refusals) or "none of the mapping's conditions hold for any row"
            raise HistoryError(f"{file}: no event comes of its {report.rows_read:,} rows:\n{told}")
        console.print(f"{file}, by {mapper.mapping.mapping}:")
        tell(report, console, "to be sent", None)
        yield ready
