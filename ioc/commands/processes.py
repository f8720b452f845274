"""``ioc worker`` and ``ioc exporter``: one long-running process each."""

import asyncio
import logging
import signal

from ioc.catalogue import load
from ioc.plan import compile_plan
from streams.exporter import Exporter
from streams.settings import Settings
from streams.worker import run_worker


def worker(settings: Settings) -> None:
    """Run a worker until it is told to stop."""
    run_worker(settings, compile_plan(load(settings.catalogue)))


def exporter(settings: Settings) -> None:
    """Run an exporter until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_until_stopped(Exporter(settings, compile_plan(load(settings.catalogue)))))


async def _until_stopped(exporter: Exporter) -> None:
    running = asyncio.ensure_future(exporter.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")
