"""What all commands take from the settings."""

from ioc.catalogue import Catalogue, load
from streams.settings import Settings


def catalogue_of(settings: Settings) -> Catalogue:
    """The catalogue of an installation. Raises CatalogueError."""
    return load(settings.catalogue, units=settings.units)
