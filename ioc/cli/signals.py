"""Long-running commands end in order when they are told to stop."""

import asyncio
import logging
import signal
from collections.abc import Coroutine


def run_until_stopped(process: Coroutine[object, object, None]) -> None:
    """Run until the process ends by itself, or until SIGINT or SIGTERM cancels it."""
    asyncio.run(_until_stopped(process))


async def _until_stopped(process: Coroutine[object, object, None]) -> None:
    running = asyncio.ensure_future(process)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")
