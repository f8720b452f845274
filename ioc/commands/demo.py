"""``ioc demo``: the whole monitor on this machine, fed with four simulated months and then live."""

import asyncio
import json as json_module
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dashboards.prometheus_api import Prometheus
from dashboards.scorecard import Reading, readings, scorecard
from ioc import metrics
from ioc.catalogue import Catalogue, load
from ioc.commands.province_stack import Addresses, ProvinceStack
from ioc.commands.simulate import live_events, publish_events, scenario_events
from ioc.commands.top import pictures, rendered
from ioc.texts import SIMULATED
from streams.stack import Progress as Step
from streams.stack import State

_LONGEST_SILENCE = 120.0
"""Seconds without any progress of the figures after which the demo gives up."""

_EVALUATIONS = 3
"""Statuses refer to their own former value, so they are read after a few evaluations."""


_EVALUATED = "prometheus_rule_group_last_evaluation_timestamp_seconds"


class DemoFailed(RuntimeError):
    """The demo cannot go on; the message says where it stopped."""


class Demo:
    """One run of the demo."""

    def __init__(self, console: Console, *, scale: float, seed: int, workers: int, folder: Path | None) -> None:
        self._console = console
        self._scale = scale
        self._seed = seed
        self._workers = workers
        self._folder = folder
        self._catalogue: Catalogue = load()

    def run(self, *, once: bool, json: Path | None) -> int:
        """Run it; returns the exit code."""
        signal.signal(signal.SIGTERM, _interrupt)
        self._console.print(f"[bold]IOC {self._catalogue.province.name.vi}[/]   {SIMULATED.vi} ({SIMULATED.en})")
        with ProvinceStack(self._catalogue, self._workers, self._folder, self._tell) as stack:
            try:
                return self._play(stack, once=once, json=json)
            except KeyboardInterrupt:
                self._console.print("stopping …")
                return 0
            except DemoFailed as error:
                self._console.print(f"[bold red]{error}[/]")
                self._console.print(f"logs: {stack.logs}")
                return 1

    def _play(self, stack: ProvinceStack, *, once: bool, json: Path | None) -> int:
        addresses = stack.start()
        with Prometheus(addresses.prometheus, timeout=60) as prometheus:
            sent = self._publish(stack, prometheus)
            self._wait_for_statuses(stack, prometheus)
            self._console.print(rendered(scorecard(prometheus, self._catalogue), self._catalogue))
            self._console.print(f"{sent:,} events published, applied and read back from Prometheus")
            missing = self._finish(prometheus, json) if once or json else []
            if once:
                return 1 if missing else 0
            self._show_addresses(addresses, stack)
            asyncio.run(self._go_live(stack, prometheus))
        return 0

    def _tell(self, step: Step) -> None:
        if step.state is State.READY:
            self._console.print(f"  [green]✓[/] {step.part:<13} {step.address}")
        elif step.state is State.ABSENT:
            self._console.print(f"  [yellow]-[/] {step.part:<13} no program of that name on PATH: use `ioc top`")

    def _publish(self, stack: ProvinceStack, prometheus: Prometheus) -> int:
        events = scenario_events(self._catalogue, self._seed, self._scale)
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
            sent = asyncio.run(
                publish_events(stack.settings, events, None, lambda count: bars.update(published, advance=count))
            )
            bars.update(published, total=sent, completed=sent)
            bars.update(applied, total=sent)
            for consumed in self._consumed(stack, prometheus, sent):
                bars.update(applied, completed=consumed)
        return sent

    def _consumed(self, stack: ProvinceStack, prometheus: Prometheus, sent: int) -> Iterator[int]:
        """How many events are in the figures, until all are. Raises DemoFailed."""
        consumed, progress = 0, time.time()
        while consumed < sent:
            time.sleep(0.5)
            self._check(stack, progress)
            answer = prometheus.query(f"sum({metrics.EVENTS_CONSUMED})")
            if answer and answer[0].value > consumed:
                consumed, progress = int(answer[0].value), time.time()
                yield consumed

    def _wait_for_statuses(self, stack: ProvinceStack, prometheus: Prometheus) -> None:
        """Wait until the rules have seen the last figures a few times. Raises DemoFailed."""
        started = time.time()
        evaluated = 0.0
        for _ in range(_EVALUATIONS):
            former = max(evaluated, started)
            while evaluated <= former:
                time.sleep(0.5)
                self._check(stack, started)
                evaluated = min((s.value for s in prometheus.query(_EVALUATED)), default=0.0)

    def _check(self, stack: ProvinceStack, progress: float) -> None:
        if failed := stack.failed():
            raise DemoFailed(f"ended by itself: {', '.join(failed)}")
        if time.time() - progress > _LONGEST_SILENCE:
            raise DemoFailed("there was no progress for two minutes")

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
            self._console.print(f"[red]missing: {row.subsystem}.{row.kpi} in {row.window}: {what}[/]")
        return missing

    def _must_have_value(self, row: Reading) -> bool:
        return not self._catalogue.subsystems[row.subsystem].kpis[row.kpi].possibly_empty

    def _show_addresses(self, addresses: Addresses, stack: ProvinceStack) -> None:
        for name in ("grafana", "prometheus", "alertmanager", "exporter", "kafka"):
            if address := getattr(addresses, name):
                self._console.print(f"  {name:<13} {address}")
        self._console.print(f"  {'logs':<13} {stack.logs}")
        self._console.print("The simulator goes on from 1 November 2025. Ctrl-C stops everything.")

    async def _go_live(self, stack: ProvinceStack, prometheus: Prometheus) -> None:
        """Publish the simulator's events and show the scorecard until Ctrl-C."""
        events = live_events(self._catalogue, self._seed, self._scale)
        publishing = asyncio.create_task(publish_events(stack.settings, events, 1.0, lambda _: None))
        shown = pictures(prometheus, self._catalogue)
        with Live(console=self._console, auto_refresh=False) as live:
            while not publishing.done():
                live.update(await asyncio.to_thread(next, shown), refresh=True)
                self._check(stack, time.time())
                await asyncio.sleep(5)
        await publishing


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
