"""``ioc relay``: the process between Alertmanager and people."""

import logging

from dashboards.prometheus_api import Prometheus
from ioc.catalogue.calendar import WorkingCalendar
from ioc.cli.alert_figures import PATIENCE, PrometheusFigures
from ioc.cli.installation import catalogue_of
from ioc.cli.signals import run_until_stopped
from ioc.notices.book import book_of
from streams.relay.relay import Relay
from streams.settings.settings import Settings


def relay(settings: Settings) -> None:
    """Run the relay until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # One line for each request is no news.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    catalogue = catalogue_of(settings)
    calendar = WorkingCalendar(catalogue.province.calendar)
    with Prometheus(str(settings.prometheus_url), timeout=PATIENCE / 2) as prometheus:
        figures = PrometheusFigures(catalogue, prometheus)
        run_until_stopped(Relay(settings, book_of(catalogue), calendar, figures).run())
