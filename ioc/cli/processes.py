"""``ioc worker``, ``ioc exporter`` and ``ioc cases --serve``: one long-running process each."""

import gc
import logging
from collections.abc import Coroutine

from ioc.cli.installation import catalogue_of
from ioc.cli.signals import run_until_stopped
from ioc.engine.plan import compile_plan
from streams.cases.http import serve_cases
from streams.exporter.exporter import Exporter
from streams.kafka.fetching import read_plain_records
from streams.kafka.log_noise import quieten_clients
from streams.kafka.promotion import live_settings
from streams.settings.settings import Settings
from streams.worker.worker import run_worker

_OBJECTS_PER_COLLECTION = 100_000


def worker(settings: Settings) -> None:
    """Run a worker until it is told to stop."""
    settings = live_settings(settings)
    run_worker(settings, compile_plan(catalogue_of(settings)))


def exporter(settings: Settings) -> None:
    """Run an exporter until it is told to stop."""
    settings = live_settings(settings)
    _run(Exporter(settings, compile_plan(catalogue_of(settings))).run())


def cases(settings: Settings) -> None:
    """Serve the pages of cases until it is told to stop."""
    settings = live_settings(settings)
    _run(serve_cases(settings, compile_plan(catalogue_of(settings))))


def _run(process: Coroutine[object, object, None]) -> None:
    # What they hold is millions of small objects without a cycle among them.
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    quieten_clients()
    read_plain_records()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run_until_stopped(process)
