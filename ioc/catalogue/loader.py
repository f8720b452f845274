"""Reading the catalogue from its files."""

from collections.abc import Iterable
from pathlib import Path

from ruamel.yaml import YAML

from ioc.catalogue.model import Catalogue, Province, Subsystem

PACKAGED = Path(__file__).parent


def load(folder: Path | None = None, extra: Iterable[Path] = ()) -> Catalogue:
    """The catalogue of ``folder`` (``province.yaml`` and ``subsystems/*.yaml``), by default the packaged one.

    ``extra`` names further subsystem files. Raises pydantic.ValidationError.
    """
    folder = folder or PACKAGED
    files = [*sorted((folder / "subsystems").glob("*.yaml")), *extra]
    subsystems = sorted((read_subsystem(file) for file in files), key=lambda subsystem: subsystem.order)
    return Catalogue(
        province=Province.model_validate(_read_yaml(folder / "province.yaml"), strict=False),
        subsystems={subsystem.subsystem: subsystem for subsystem in subsystems},
    )


def read_subsystem(file: Path) -> Subsystem:
    """One subsystem's file."""
    return Subsystem.model_validate(_read_yaml(file), strict=False)


def _read_yaml(file: Path) -> object:
    return YAML(typ="safe", pure=True).load(file)
