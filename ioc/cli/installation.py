"""What all commands take from the settings."""

from pathlib import Path

from dashboards.boundaries import Areas, read_boundaries
from dashboards.prometheus_api import Prometheus
from ioc.catalogue import Catalogue, load
from streams.settings.settings import Settings


def catalogue_of(settings: Settings) -> Catalogue:
    """The catalogue of an installation, its own subsystems included. Raises CatalogueError."""
    return load(settings.catalogue, own_subsystems(settings), settings.units)


def areas_of(settings: Settings, catalogue: Catalogue) -> Areas | None:
    """The boundaries of the units, where there is a file. Raises BoundariesError."""
    if settings.boundaries is None:
        return None
    return read_boundaries(settings.boundaries, catalogue.province.units_by_code.keys())


def prometheus_of(settings: Settings, timeout: float = 10.0) -> Prometheus:
    """Prometheus' API; ``timeout``: seconds. Raises SecretError."""
    return Prometheus(str(settings.prometheus_url), timeout, settings.prometheus_login)


def own_subsystems(settings: Settings) -> list[Path]:
    """The installation's own subsystem files. Raises OSError where their folder has none, or one lies elsewhere."""
    if settings.subsystems is None:
        return []
    files = sorted(settings.subsystems.glob("*.yaml"))
    if not files:
        raise FileNotFoundError(f"there is no *.yaml in {settings.subsystems}, which IOC_SUBSYSTEMS names")
    for file in files:
        if not file.resolve().is_relative_to(settings.subsystems.resolve()):
            raise PermissionError(
                f"{file} is a link to a file outside of {settings.subsystems}: put the file itself there"
            )
    return files
