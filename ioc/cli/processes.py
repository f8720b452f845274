"""``ioc worker``, ``exporter``, ``cases --serve``, ``relay`` and ``gateway``: one long-running process each.

Each imports only what it needs when it starts: what the others need takes up to a second of processor time more.
"""

import logging
from collections.abc import Coroutine

from ioc.cli.installation import catalogue_of
from streams.kafka.log_noise import quieten_clients
from streams.process import running
from streams.settings.settings import Settings
from streams.settings.types import LogFormat


def worker(settings: Settings) -> None:
    """Run a worker until it is told to stop."""
    from ioc.engine.plan import compile_plan
    from streams.kafka.promotion import live_settings
    from streams.worker.worker import run_worker

    _start(settings)
    settings = live_settings(settings)
    run_worker(settings, compile_plan(catalogue_of(settings)))


def exporter(settings: Settings) -> None:
    """Run an exporter until it is told to stop."""
    from ioc.engine.plan import compile_plan
    from streams.exporter.exporter import Exporter
    from streams.kafka.promotion import live_settings

    _start(settings)
    settings = live_settings(settings)
    _run_on_kafka(Exporter(settings, compile_plan(catalogue_of(settings))).run())


def cases(settings: Settings) -> None:
    """Serve the pages of cases until it is told to stop."""
    from ioc.engine.plan import compile_plan
    from streams.cases.http import serve_cases
    from streams.kafka.promotion import live_settings

    _start(settings)
    settings = live_settings(settings)
    _run_on_kafka(serve_cases(settings, compile_plan(catalogue_of(settings))))


def gateway(settings: Settings) -> None:
    """Run the gateway until it is told to stop."""
    from streams.gateway.gateway import Gateway

    _start(settings)
    _run_on_kafka(Gateway(settings, catalogue_of(settings)).run())


def relay(settings: Settings) -> None:
    """Run the relay until it is told to stop."""
    from ioc.catalogue.calendar import WorkingCalendar
    from ioc.cli.alert_figures import PATIENCE, PrometheusFigures
    from ioc.cli.installation import prometheus_of
    from ioc.cli.leaders import PrometheusReports
    from ioc.cli.report import PATIENCE as PATIENCE_WITH_REPORTS
    from ioc.notices.book import book_of
    from streams.relay.relay import Relay

    _start(settings)
    # One line for each request is no news.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    catalogue = catalogue_of(settings)
    calendar = WorkingCalendar.of(catalogue.province.calendar)
    with (
        prometheus_of(settings, timeout=PATIENCE / 2) as prometheus,
        prometheus_of(settings, timeout=PATIENCE_WITH_REPORTS) as patient,
    ):
        figures, reports = PrometheusFigures(catalogue, prometheus), PrometheusReports(catalogue, patient)
        running.run(Relay(settings, book_of(catalogue), calendar, figures, reports=reports).run())


def _start(settings: Settings) -> None:
    running.start(json_log=settings.log_format is LogFormat.JSON)
    quieten_clients()


def _run_on_kafka(process: Coroutine[object, object, None]) -> None:
    from streams.kafka.fetching import prepare_fetching

    prepare_fetching()
    running.run(process)
