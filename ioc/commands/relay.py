"""``ioc relay``: the process between Alertmanager and people."""

import asyncio
import logging
import signal

from ioc.calendar import WorkingCalendar
from ioc.commands.installation import catalogue_of
from ioc.notices.book import book_of
from streams.relay.relay import Relay
from streams.settings import Settings


def relay(settings: Settings) -> None:
    """Run the relay until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    catalogue = catalogue_of(settings)
    calendar = WorkingCalendar(catalogue.province.calendar)
    asyncio.run(_until_stopped(Relay(settings, book_of(catalogue), calendar)))


async def _until_stopped(relay: Relay) -> None:
    running = asyncio.ensure_future(relay.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")
