"""``ioc demo --data FILE --mapping MAPPING``: one's own history from its files to the wall."""

import os
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dashboards.prometheus_api import Prometheus
from dashboards.scorecard import readings
from ioc.cli.backfill import backfill_months
from ioc.cli.demo import Demo
from ioc.cli.history import History
from ioc.cli.months import month_figures, month_tables
from ioc.cli.playback import Playback
from ioc.cli.province_stack import Addresses, ProvinceStack
from ioc.engine.plan import compile_plan
from ioc.kpis import metric_names
from streams.ingest.ingest import send
from streams.settings.settings import Settings

_OF_OTHERS = ("IOC_SUBSYSTEMS", "IOC_UNITS", "IOC_SOURCE_PREFIX", "IOC_RELAY_CONTACTS")
"""Variables of an installation by which a history would mix with it: processes inherit the environment."""


class HistoryDemo(Demo):
    """Files that were read once and found sound, on the clock of their own newest event."""

    def __init__(
        self,
        history: History,
        console: Console,
        *,
        workers: int,
        folder: Path | None,
        once: bool,
        json: Path | None,
    ) -> None:
        super().__init__(history.settings, history.catalogue, console, workers=workers, folder=folder)
        self._history = history
        self._period = history.period
        self._once = once
        self._json = json

    def _settings_in(self, folder: Path) -> Settings:
        for name in _OF_OTHERS:
            os.environ.pop(name, None)
        return self._history.installed_in(folder / "catalogue")

    def _play(self, stack: ProvinceStack, addresses: Addresses, prometheus: Prometheus) -> int:
        playback = Playback(stack, prometheus)
        refused = self._ingest(stack)
        blocks = stack.folder / "prometheus" / "data"
        newest = backfill_months(stack.settings, compile_plan(self._catalogue), [*self._catalogue.subsystems], blocks)
        appended = playback.appended()
        playback.wait_for_figures(appended)
        playback.wait_for_statuses()
        for slug, instant in newest.items():
            playback.wait_for_months(slug, instant)
        months = [figure for slug in newest for figure in month_figures(prometheus, slug)]
        if self._json is not None:
            self._write_json(self._json, [*readings(prometheus, self._catalogue), *months])
        headlines = [figure for figure in months if figure.kpi == self._catalogue.subsystems[figure.subsystem].headline]
        self._console.print(month_tables(prometheus, self._catalogue, months if self._once else headlines))
        self._show_scorecard(prometheus)
        self._console.print(_fates(prometheus))
        if refused:
            self._console.print(
                f"{refused:,} rows were refused; see each with its reason: "
                "ioc ingest FILE --mapping MAPPING --dry-run --rejects REJECTED",
                style="yellow",
            )
        if not self._once:
            self._show_where_to_look(addresses, stack)
            self._watch(playback, prometheus)
        return 1 if refused else 0

    def _ingest(self, stack: ProvinceStack) -> int:
        """Send every file; returns how many rows were refused."""
        refused = 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as bars:
            for each in self._history.files:
                report = each.ready.report
                bar = bars.add_task(each.file.name, total=report.events.total())
                send(each.ready, each.mapper.mapping.subsystem, stack.settings, partial(bars.advance, bar))
                refused += report.rows_refused.total()
        self._history.close()
        return refused

    def _show_where_to_look(self, addresses: Addresses, stack: ProvinceStack) -> None:
        self._show_addresses(addresses, stack)
        subsystem = next(iter(self._catalogue.subsystems.values()))
        ioc = f"ioc --env-file {stack.env_file}"
        self._console.print("Look from another terminal, at now, at every month, at one KPI:")
        for command in ("top", "months", f"explain {subsystem.subsystem}.{subsystem.headline}"):
            self._console.print(f"  {ioc} {command}")
        self._console.print("Ctrl-C stops everything.")


def _fates(prometheus: Prometheus) -> str:
    """What became of the events, those of former runs in the same folder included."""
    fates = {
        each.labels["fate"]: int(each.value) for each in prometheus.query(f"sum by (fate) ({metric_names.EVENTS})")
    }
    late = sum(int(each.value) for each in prometheus.query(f"sum({metric_names.EVENTS_LATE})"))
    return (
        f"{sum(fates.values()):,} events: {fates['applied']:,} in the figures ({late:,} of them late), "
        f"{fates['duplicate']:,} were there already, {fates['rejected']:,} rejected"
    )
