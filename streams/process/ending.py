"""A process that is to end does: what hangs is cut off before ten seconds are over.

Each part stops in order and within a limit of its own; this is for what keeps to none. The watchdog is faulthandler's,
a thread that needs neither the event loop nor Python's lock. As that knows no JSON, a log in JSON has a thread beside
it that comes a little earlier, and fails only where nothing at all gets Python's lock any more.
"""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)

TIME_LIMIT = 10.0
"""Seconds from the first sign that a process is to end until it is gone."""

_CUT_OFF = TIME_LIMIT - 1.0
_CUT_OFF_IN_JSON = _CUT_OFF - 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _End:
    """What was done about the end of this process."""

    armed = False
    told = False
    armed_in_json: int | None = None
    """Where the thread hears that the end began, whose log is in JSON."""


def begin(reason: str) -> None:
    """The process is to end, and does: only the first reason counts.

    What has not ended in 9 s is cut off: the stacks of all threads go to standard error, the exit code is 1.
    """
    if not _End.told:
        _End.told = True
        log.info("Ending: %s. What has not ended in %g s is cut off", reason, _CUT_OFF)
    _arm()


def cut_off_in_json(line: Callable[[str], str]) -> None:
    """Whose log is in JSON tells of being cut off in one ``line`` of it, too, made of what hangs where."""
    heard, _End.armed_in_json = os.pipe()
    threading.Thread(target=_cut_off, args=(heard, line), name="ending", daemon=True).start()


def _cut_off(heard: int, line: Callable[[str], str]) -> None:
    os.read(heard, 1)
    time.sleep(_CUT_OFF_IN_JSON)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    stacks = (
        f"{names.get(number, number)}\n{''.join(traceback.format_stack(frame))}"
        for number, frame in sys._current_frames().items()
        if number != threading.get_ident()
    )
    # Not by the log, which what hangs may hold.
    os.write(sys.stderr.fileno(), f"{line(chr(10).join(stacks))}\n".encode())
    os._exit(1)


def heed_signals_at_start() -> None:
    """Let SIGINT and SIGTERM end the process while no event loop runs; without it the first process of a container
    does not hear them.
    """
    for number in _SIGNALS:
        signal.signal(number, _leave)


def heed_signals(stop: Callable[[], object]) -> None:
    """Let SIGINT and SIGTERM call ``stop`` in the running event loop; even where that hangs, the end has begun."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _told, number, stop)
        # The loop hears of signals by its wake-up descriptor, whatever handler there is.
        signal.signal(number, _arm)


def _told(number: signal.Signals, stop: Callable[[], object]) -> None:
    begin(number.name)
    stop()


def _leave(number: int, _: FrameType | None) -> None:
    _arm()
    raise SystemExit(128 + number)


def _arm(*_: object) -> None:
    # This is a handler of signals, too: one may come while a line is logged, and logging here would meet itself.
    if not _End.armed:
        _End.armed = True
        faulthandler.dump_traceback_later(_CUT_OFF, exit=True)
        if _End.armed_in_json is not None:
            os.write(_End.armed_in_json, b"!")
