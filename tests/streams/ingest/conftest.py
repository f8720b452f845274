"""What the tests of ingest share with those of mappings."""

from tests.ioc.events.mappings.conftest import catalogue_for, packaged_mapper  # noqa: F401 (fixtures)
