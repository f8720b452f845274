"""The past of the demo: what its four months gave, before the present on Prometheus' time axis.

The demo goes on in real time from where the scenario ends, so that an hour before that end was an hour ago. Everything
is moved by this much: trends, changes and comparisons then reach from the present into the scenario.
"""

import os
import signal
import time
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboards.openmetrics import create_blocks
from ioc.cli.backfill import write_past
from ioc.cli.installation import catalogue_of
from ioc.engine.plan import compile_plan
from ioc.scenarios import phu_tho_2025
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import DAY, HOUR
from streams.kafka.promotion import live_settings
from streams.settings.settings import Settings
from streams.stack.programs import Program, find_program

_STEP = Seconds(240)
"""Prometheus looks back for five minutes: what is drawn of the last day has no gaps."""
_COARSER = ((32 * DAY, DAY), (DAY, HOUR))
"""How long before the end that is fine enough: the month before is compared with by the hour."""
_NICE = 10
"""The stack goes first."""


class DemoPast:
    """Is written while the demo goes on, by a process of its own.

    Args:
        blocks: Prometheus' data folder.
        now: the moment from which on the demo goes on.
    """

    def __init__(self, settings: Settings, blocks: Path, now: float) -> None:
        moved = Seconds(round(now) - phu_tho_2025.END)
        # Daemons of this module end with the process that began them.
        self._process = get_context("spawn").Process(target=_write, args=(settings, blocks, moved), daemon=True)
        self._began = time.monotonic()
        self._told = False

    def start(self) -> None:
        self._process.start()

    def news(self) -> str:
        """Told once, when it has ended: that the past stands, or that it does not."""
        if self._told or self._process.exitcode is None:
            return ""
        self._told = True
        if self._process.exitcode:
            return f"The four months are not on the time axis: their process ended with {self._process.exitcode}."
        took = time.monotonic() - self._began
        return f"The four months stand before now on the time axis, after {took:.0f} s: trends and changes reach back."

    def wait(self) -> None:
        self._process.join()

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()


def _write(settings: Settings, blocks: Path, moved: Seconds) -> None:
    # Ctrl-C is for the demo, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    settings = live_settings(settings)
    plan = compile_plan(catalogue_of(settings))
    end = EpochSeconds(phu_tho_2025.END)
    promtool = find_program(Program.PROMTOOL)
    with TemporaryDirectory(prefix="ioc-past-") as folder:
        for slug in plan.subsystems:
            file = Path(folder) / f"{slug}.om"
            told = write_past(
                settings,
                plan,
                slug,
                file,
                step=_STEP,
                breakdowns=False,
                until=end,
                coarser=[(EpochSeconds(end - before), step) for before, step in _COARSER],
                moved=moved,
            )
            if told:
                create_blocks(promtool, file, blocks)
                file.unlink()
