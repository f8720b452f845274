"""``ioc demo``: the whole monitor on this machine, fed with four simulated months, or by oneself."""

import asyncio
import json as json_module
import os
import signal
import sys
import time
import webbrowser
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from dashboards.prometheus_api import Prometheus
from dashboards.scorecard import Reading, readings, scorecard
from ioc.catalogue import Catalogue
from ioc.cli.demo_past import DemoPast
from ioc.cli.installation import catalogue_of
from ioc.cli.playback import Playback, PlaybackFailed
from ioc.cli.province_stack import DUTY, Addresses, ProvinceStack
from ioc.cli.simulate import live_events, publish_events, scenario_events
from ioc.cli.top import pictures, rendered
from ioc.scenarios import phu_tho_2025
from ioc.text.formats import SIMULATED
from streams.settings.settings import ClockKind, Settings
from streams.stack import StackStep, StepState

_REFRESH = 5.0
"""Seconds between two pictures."""


class JsonRow(Protocol):
    """A figure that can be written as JSON."""

    def as_json(self) -> dict[str, object]: ...


class Demo(ABC):
    """The stack on this machine; what is played into it is the subclass' own."""

    _period: tuple[datetime, datetime] | None = None
    """When the first and the last event happened, where no more will come."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, console: Console, *, workers: int, folder: Path | None
    ) -> None:
        self._settings = settings
        self._console = console
        self._workers = workers
        self._folder = folder
        self._catalogue = catalogue

    def run(self) -> int:
        """Start it, play, stop it; returns the exit code. Raises OtherData, SetupError, ChildFailed."""
        signal.signal(signal.SIGTERM, _interrupt)
        simulated = f"{SIMULATED.vi} ({SIMULATED.en})" if self._settings.simulated else ""
        self._console.print(Text.assemble((f"IOC {self._catalogue.province.name.vi}", "bold"), f"   {simulated}"))
        try:
            with self._stack() as stack:
                return self._run(stack)
        except PlaybackFailed as error:
            # Out here: a stack that an error ends leaves the logs, which the message names.
            self._console.print(str(error), style="bold red")
            return 1

    def _run(self, stack: ProvinceStack) -> int:
        try:
            stack.settings = self._settings_in(stack.folder)
            addresses = stack.start()
            with Prometheus(addresses.prometheus, timeout=60) as prometheus:
                return self._play(stack, addresses, prometheus)
        except KeyboardInterrupt:
            self._console.print("stopping …")
            return 0

    def _stack(self) -> ProvinceStack:
        return ProvinceStack(
            self._settings, self._catalogue, self._workers, self._folder, self._tell, history=self._period
        )

    def _settings_in(self, folder: Path) -> Settings:
        """The settings of a run in a folder; whatever it needs there is put there."""
        return self._settings

    @abstractmethod
    def _play(self, stack: ProvinceStack, addresses: Addresses, prometheus: Prometheus) -> int:
        """Fill the stack that has started, show it until Ctrl-C; returns the exit code."""

    def _tell(self, step: StackStep) -> None:
        if step.state is StepState.READY:
            self._console.print(Text.assemble(("  ✓ ", "green"), f"{step.part:<13} {step.address}"))
        elif step.state is StepState.ABSENT:
            missing = f"{step.part:<13} no program of that name on PATH: the wall shows tiles of its own"
            self._console.print(Text.assemble(("  - ", "yellow"), missing))

    def _show_scorecard(self, prometheus: Prometheus) -> None:
        self._console.print(rendered(scorecard(prometheus, self._catalogue), self._catalogue))

    def _write_json(self, file: Path, rows: Iterable[JsonRow]) -> None:
        """Every figure as Prometheus answers it."""
        written = [row.as_json() for row in rows]
        file.write_text(json_module.dumps(written, ensure_ascii=False, indent=1), "utf-8")
        self._console.print(f"{len(written):,} figures written to {file}")

    def _show_addresses(self, addresses: Addresses, stack: ProvinceStack) -> None:
        for name in ("wall", "grafana", "cases", "prometheus", "alertmanager", "exporter", "kafka"):
            if address := getattr(addresses, name):
                self._console.print(f"  {name:<13} {address}")
        opened = f"account {DUTY}, its password: {addresses.relay_password}"
        self._console.print(f"  {'relay':<13} {addresses.relay}, open alerts; {opened}")
        if stack.messages is not None:
            self._console.print(f"  {'messages':<13} {stack.messages}")
        self._console.print(f"  {'logs':<13} {stack.logs}")
        self._console.print(f"  {'settings':<13} {stack.env_file}, for the other commands: ioc --env-file FILE ...")
        if self._console.is_terminal and browser_can_show():
            webbrowser.open(addresses.wall)

    def _watch(self, playback: Playback, prometheus: Prometheus) -> None:
        """Show the scorecard until Ctrl-C."""
        shown = pictures(prometheus, self._catalogue)
        with Live(console=self._console, auto_refresh=False) as live:
            while True:
                live.update(next(shown), refresh=True)
                playback.check(time.time())
                time.sleep(_REFRESH)


class EmptyDemo(Demo):
    """Nothing is played, and the clock is the wall's: for somebody's own events."""

    def __init__(self, settings: Settings, console: Console, *, workers: int, folder: Path | None) -> None:
        settings = settings.model_copy(update={"clock": ClockKind.WALL, "simulated": False})
        super().__init__(settings, catalogue_of(settings), console, workers=workers, folder=folder)

    def _play(self, stack: ProvinceStack, addresses: Addresses, prometheus: Prometheus) -> int:
        self._show_addresses(addresses, stack)
        self._console.print("Waiting for your events. Ctrl-C stops everything.")
        self._watch(Playback(stack, prometheus), prometheus)
        return 0


class ScenarioDemo(Demo):
    """July to October 2025 as simulated, then the simulator live."""

    def __init__(
        self,
        settings: Settings,
        console: Console,
        *,
        workers: int,
        folder: Path | None,
        scale: float,
        seed: int,
        once: bool,
        json: Path | None,
    ) -> None:
        settings = settings.model_copy(update={"clock": ClockKind.EVENT, "simulated": True})
        super().__init__(settings, catalogue_of(settings), console, workers=workers, folder=folder)
        self._scale = scale
        self._seed = seed
        self._once = once
        self._json = json

    def _play(self, stack: ProvinceStack, addresses: Addresses, prometheus: Prometheus) -> int:
        playback = Playback(stack, prometheus)
        sent = self._publish(playback)
        playback.wait_for_statuses()
        self._show_scorecard(prometheus)
        self._console.print(f"{sent:,} events published, applied and read back from Prometheus")
        rows = readings(prometheus, self._catalogue) if self._once or self._json else []
        if self._json is not None:
            self._write_json(self._json, rows)
        missing = self._missing(rows)
        if self._once:
            return 1 if missing else 0
        self._show_addresses(addresses, stack)
        self._console.print("The simulator goes on from 1 November 2025. Ctrl-C stops everything.")
        asyncio.run(self._go_live(stack, playback, prometheus))
        return 0

    def _publish(self, playback: Playback) -> int:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as bars:
            published = bars.add_task("published", total=None)
            applied = bars.add_task("in figures", total=None)
            events = scenario_events(self._catalogue, self._seed, self._scale)
            sent = playback.publish(events, lambda count: bars.update(published, advance=count))
            bars.update(published, total=sent, completed=sent)
            bars.update(applied, total=sent)
            playback.wait_for_figures(sent, lambda consumed: bars.update(applied, completed=consumed))
        return sent

    def _missing(self, rows: list[Reading]) -> list[Reading]:
        """Tell what is missing: a KPI without a value or grey for the whole."""
        missing = [
            row
            for row in rows
            if row.labels == () and self._must_have_value(row) and (row.value is None or row.status == 0)
        ]
        for row in missing:
            what = "no value" if row.value is None else "grey"
            self._console.print(f"missing: {row.subsystem}.{row.kpi} in {row.window}: {what}", style="red")
        return missing

    def _must_have_value(self, row: Reading) -> bool:
        kpi = self._catalogue.subsystems[row.subsystem].kpis[row.kpi]
        return row.subsystem in phu_tho_2025.SUBSYSTEMS and not kpi.possibly_empty

    async def _go_live(self, stack: ProvinceStack, playback: Playback, prometheus: Prometheus) -> None:
        """Publish the simulator's events and show the scorecard until Ctrl-C."""
        events = live_events(self._catalogue, self._seed, self._scale)
        past = DemoPast(stack.settings, stack.folder / "prometheus" / "data", time.time())
        past.start()
        publishing = asyncio.create_task(publish_events(stack.settings, events, 1.0, lambda _: None))
        shown = pictures(prometheus, self._catalogue)
        try:
            with Live(console=self._console, auto_refresh=False) as live:
                while not publishing.done():
                    live.update(await asyncio.to_thread(next, shown), refresh=True)
                    playback.check(time.time())
                    if news := past.news():
                        self._console.print(news)
                    await asyncio.sleep(_REFRESH)
            await publishing
        finally:
            past.stop()


def browser_can_show() -> bool:
    """Whether a browser has a screen to open a page on; else one for the terminal would take the demo's place."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
