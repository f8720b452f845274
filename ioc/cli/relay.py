"""``ioc relay``: the process between Alertmanager and people."""

import logging

from ioc.catalogue.calendar import WorkingCalendar
from ioc.cli.installation import catalogue_of
from ioc.cli.signals import run_until_stopped
from ioc.notices.book import book_of
from streams.relay.relay import Relay
from streams.settings.settings import Settings


def relay(settings: Settings) -> None:
    """Run the relay until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    catalogue = catalogue_of(settings)
    calendar = WorkingCalendar(catalogue.province.calendar)
    run_until_stopped(Relay(settings, book_of(catalogue), calendar).run())
