"""``ioc worker`` and ``ioc exporter``: one long-running process each."""

import asyncio
import logging
import signal

from ioc.commands.installation import catalogue_of
from ioc.plan import compile_plan
from streams.exporter import Exporter
from streams.live import live_settings
from streams.quiet import quieten_clients
from streams.settings import Settings
from streams.worker import run_worker


def worker(settings: Settings) -> None:
    """Run a worker until it is told to stop."""
    settings = live_settings(settings)
    run_worker(settings, compile_plan(catalogue_of(settings)))


def exporter(settings: Settings) -> None:
    """Run an exporter until it is told to stop."""
    quieten_clients()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = live_settings(settings)
    asyncio.run(_until_stopped(Exporter(settings, compile_plan(catalogue_of(settings)))))


async def _until_stopped(exporter: Exporter) -> None:
    running = asyncio.ensure_future(exporter.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")
