"""The course of a long-running process, from its first line to its last."""

import asyncio
import logging
from collections.abc import Coroutine

from streams.process import ending
from streams.process.garbage import collect_seldom
from streams.process.log import begin as begin_log
from streams.process.log import cut_off

log = logging.getLogger(__name__)


def start(*, json_log: bool = False) -> None:
    """What comes first: the log, and that SIGINT and SIGTERM end the process also before its event loop runs."""
    collect_seldom()
    begin_log(json=json_log)
    if json_log:
        ending.cut_off_in_json(cut_off)
    ending.heed_signals_at_start()


def run(process: Coroutine[object, object, None]) -> None:
    """Run until the process ends by itself, or until SIGINT or SIGTERM cancels it."""
    asyncio.run(_until_stopped(process))


async def _until_stopped(process: Coroutine[object, object, None]) -> None:
    running = asyncio.ensure_future(process)
    ending.heed_signals(running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        log.info("stopped")
    except Exception as error:
        ending.begin(repr(error))
        raise
