"""``ioc check`` of an installation: events must be kept for as long as windows count them."""

from ioc.catalogue import Catalogue
from ioc.cli.check import kept_too_short
from streams.settings.settings import load_settings


def test_events_that_are_kept_as_planned_are_kept_long_enough(catalogue: Catalogue) -> None:
    assert kept_too_short(load_settings(), catalogue.subsystems) == []


def test_what_is_deleted_while_a_window_counts_it_is_a_fault(catalogue: Catalogue) -> None:
    settings = load_settings(retention_days=3, lifecycle_retention_days=30)
    telemetry, lifecycles = kept_too_short(settings, catalogue.subsystems)
    assert telemetry.startswith("IOC_RETENTION_DAYS is 3, but windows of environment reach back 4 days")
    assert lifecycles.startswith("IOC_LIFECYCLE_RETENTION_DAYS is 30, but windows of ")
    assert lifecycles.endswith("reach back 31 days: set it to 31 or more")


def test_a_window_that_just_fits_is_no_fault(catalogue: Catalogue) -> None:
    assert kept_too_short(load_settings(retention_days=4, lifecycle_retention_days=31), catalogue.subsystems) == []
