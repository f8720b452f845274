"""The packaged mappings, each with the catalogue that it needs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.catalogue import Catalogue, load
from ioc.events.mappings import Mapper, packaged, read_mapping

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples" / "catalogue"
FROM_EXAMPLES = {"nycflights13", "covid_tests"}


@pytest.fixture(scope="session")
def catalogue_for() -> Callable[[str], Catalogue]:
    """The catalogue that a packaged mapping needs."""

    def find(name: str) -> Catalogue:
        file = read_mapping(packaged()[name])
        return load(EXAMPLES if name in FROM_EXAMPLES else None, units=file.units)

    return find


@pytest.fixture
def packaged_mapper(catalogue_for: Callable[[str], Catalogue]) -> Callable[[str], Mapper]:
    """Compiles a packaged mapping."""
    return lambda name: Mapper(read_mapping(packaged()[name]), catalogue_for(name))
