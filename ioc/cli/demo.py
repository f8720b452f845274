"""``ioc demo``: the whole monitor on this machine, fed with four simulated months and then live."""

import asyncio
import json as json_module
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from dashboards.prometheus_api import Prometheus
from dashboards.scorecard import Reading, readings, scorecard
from ioc.cli.installation import catalogue_of
from ioc.cli.playback import Playback, PlaybackFailed
from ioc.cli.province_stack import Addresses, ProvinceStack
from ioc.cli.simulate import live_events, publish_events, scenario_events
from ioc.cli.top import pictures, rendered
from ioc.scenarios import phu_tho_2025
from ioc.text.formats import SIMULATED
from streams.settings.settings import ClockKind, Settings
from streams.stack import StackStep, StepState

_REFRESH = 5.0
"""Seconds between two pictures."""


class Demo:
    """One run of the demo."""

    def __init__(
        self, settings: Settings, console: Console, *, scale: float, seed: int, workers: int, folder: Path | None
    ) -> None:
        self._settings = settings.model_copy(update={"clock": ClockKind.EVENT, "simulated": True})
        self._console = console
        self._scale = scale
        self._seed = seed
        self._workers = workers
        self._folder = folder
        self._catalogue = catalogue_of(settings)

    def run(self, *, once: bool, json: Path | None) -> int:
        """Run it; returns the exit code."""
        return self._run(self._settings, lambda stack: self._play(stack, once=once, json=json))

    def run_empty(self) -> int:
        """Run it without the scenario and the simulator, on the wall clock: for somebody's own events."""
        return self._run(self._settings.model_copy(update={"clock": ClockKind.WALL, "simulated": False}), self._wait)

    def _run(self, settings: Settings, play: Callable[[ProvinceStack], int]) -> int:
        signal.signal(signal.SIGTERM, _interrupt)
        simulated = f"{SIMULATED.vi} ({SIMULATED.en})" if settings.simulated else ""
        self._console.print(Text.assemble((f"IOC {self._catalogue.province.name.vi}", "bold"), f"   {simulated}"))
        with ProvinceStack(settings, self._catalogue, self._workers, self._folder, self._tell) as stack:
            try:
                return play(stack)
            except KeyboardInterrupt:
                self._console.print("stopping …")
                return 0
            except PlaybackFailed as error:
                self._console.print(str(error), style="bold red")
                return 1

    def _play(self, stack: ProvinceStack, *, once: bool, json: Path | None) -> int:
        addresses = stack.start()
        with Prometheus(addresses.prometheus, timeout=60) as prometheus:
            playback = Playback(stack, prometheus)
            sent = self._publish(playback)
            playback.wait_for_statuses()
            self._console.print(rendered(scorecard(prometheus, self._catalogue), self._catalogue))
            self._console.print(f"{sent:,} events published, applied and read back from Prometheus")
            missing = self._finish(prometheus, json) if once or json else []
            if once:
                return 1 if missing else 0
            self._show_addresses(addresses, stack)
            self._console.print("The simulator goes on from 1 November 2025. Ctrl-C stops everything.")
            asyncio.run(self._go_live(stack, playback, prometheus))
        return 0

    def _wait(self, stack: ProvinceStack) -> int:
        addresses = stack.start()
        self._show_addresses(addresses, stack)
        self._console.print("Waiting for your events. Ctrl-C stops everything.")
        with Prometheus(addresses.prometheus, timeout=60) as prometheus:
            playback = Playback(stack, prometheus)
            shown = pictures(prometheus, self._catalogue)
            with Live(console=self._console, auto_refresh=False) as live:
                while True:
                    live.update(next(shown), refresh=True)
                    playback.check(time.time())
                    time.sleep(_REFRESH)

    def _tell(self, step: StackStep) -> None:
        if step.state is StepState.READY:
            self._console.print(Text.assemble(("  ✓ ", "green"), f"{step.part:<13} {step.address}"))
        elif step.state is StepState.ABSENT:
            missing = f"{step.part:<13} no program of that name on PATH: use `ioc top`"
            self._console.print(Text.assemble(("  - ", "yellow"), missing))

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

    def _finish(self, prometheus: Prometheus, json: Path | None) -> list[Reading]:
        """Write the JSON and tell what is missing: a KPI without a value or grey for the whole."""
        rows = readings(prometheus, self._catalogue)
        if json is not None:
            json.write_text(json_module.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=1), "utf-8")
            self._console.print(f"{len(rows):,} figures written to {json}")
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

    def _show_addresses(self, addresses: Addresses, stack: ProvinceStack) -> None:
        for name in ("grafana", "cases", "prometheus", "alertmanager", "exporter", "kafka"):
            if address := getattr(addresses, name):
                self._console.print(f"  {name:<13} {address}")
        self._console.print(f"  {'relay':<13} {addresses.relay}, open alerts; its token: {addresses.relay_token}")
        if stack.messages is not None:
            self._console.print(f"  {'messages':<13} {stack.messages}")
        self._console.print(f"  {'logs':<13} {stack.logs}")
        self._console.print(f"  {'settings':<13} {stack.env_file}, for the other commands: ioc --env-file FILE ...")

    async def _go_live(self, stack: ProvinceStack, playback: Playback, prometheus: Prometheus) -> None:
        """Publish the simulator's events and show the scorecard until Ctrl-C."""
        events = live_events(self._catalogue, self._seed, self._scale)
        publishing = asyncio.create_task(publish_events(stack.settings, events, 1.0, lambda _: None))
        shown = pictures(prometheus, self._catalogue)
        with Live(console=self._console, auto_refresh=False) as live:
            while not publishing.done():
                live.update(await asyncio.to_thread(next, shown), refresh=True)
                playback.check(time.time())
                await asyncio.sleep(_REFRESH)
        await publishing


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
