"""``ioc months``: every KPI by calendar month over the whole past, as ``ioc backfill`` has put it into Prometheus."""

import json as json_module
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dashboards.prometheus_api import Prometheus
from ioc.catalogue import Catalogue
from ioc.cli.explain import kpi_of
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.text.formats import SPANS, local_time, number, time_text
from ioc.time.instants import EpochSeconds
from ioc.time.windows import DAY, month_start

_MOST_DAYS = 10_950
"""Prometheus answers at most 11,000 points a series: thirty years of days."""


_METRICS = (
    metric_names.KPI_MONTH,
    metric_names.numerator_name(metric_names.KPI_MONTH),
    metric_names.denominator_name(metric_names.KPI_MONTH),
)

_MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """A KPI in one calendar month, as it stood at its end."""

    subsystem: str
    kpi: str
    window: str
    """``month``, or the window that was read at the month's end."""
    month: EpochSeconds
    """Its first second."""
    value: float
    numerator: float | None
    denominator: float | None

    def as_json(self) -> dict[str, object]:
        """The row of ``ioc months --json``."""
        return {
            "subsystem": self.subsystem,
            "kpi": self.kpi,
            "month": f"{local_time(self.month):%Y-%m}",
            "window": self.window,
            "value": self.value,
            "numerator": self.numerator,
            "denominator": self.denominator,
        }


def month_figures(prometheus: Prometheus, subsystem: str, kpi: str | None = None) -> list[MonthFigure]:
    """The months of a subsystem's KPIs, or of one of them, the oldest month first. Raises PrometheusError."""
    found: dict[str, dict[tuple[str, str, EpochSeconds], float]] = {}
    end = time.time() // DAY * DAY
    for name in _METRICS:
        matchers = f'subsystem="{subsystem}"' + (f',kpi="{kpi}"' if kpi else "")
        series = prometheus.query_range(f"{name}{{{matchers}}}", end - _MOST_DAYS * DAY, end, DAY)
        found[name] = {
            (each.labels["kpi"], each.labels[metric_names.WINDOW_LABEL], month_start(EpochSeconds(int(at)))): value
            for each in series
            for at, value in each.points
        }
    values, numerators, denominators = (found[name] for name in _METRICS)
    return [
        MonthFigure(subsystem, name, window, month, value, numerators.get(place), denominators.get(place))
        for place, value in sorted(values.items(), key=lambda item: item[0][2])
        for name, window, month in [place]
    ]


def months(
    prometheus: Prometheus, catalogue: Catalogue, which: str | None, console: Console, *, json: bool = False
) -> None:
    """Print the months of all subsystems, of one, or of ``subsystem.kpi``. Raises UnknownKpi, PrometheusError."""
    slugs, kpi = _chosen(catalogue, which)
    figures = [figure for slug in slugs for figure in month_figures(prometheus, slug, kpi)]
    if json:
        sys.stdout.write(json_module.dumps([each.as_json() for each in figures], ensure_ascii=False, indent=1) + "\n")
    elif not figures:
        console.print("No month is known: `ioc backfill` puts the past into Prometheus.")
    else:
        console.print(month_tables(prometheus, catalogue, figures))


def _chosen(catalogue: Catalogue, which: str | None) -> tuple[Sequence[str], str | None]:
    """The subsystems, and the KPI where one is named."""
    if which is None:
        return [*catalogue.subsystems], None
    if which in catalogue.subsystems:
        return [which], None
    subsystem, kpi = kpi_of(catalogue, which)
    return [subsystem.subsystem], kpi


def month_tables(prometheus: Prometheus, catalogue: Catalogue, figures: Sequence[MonthFigure]) -> RenderableType:
    """A table for each KPI: a line for each year, a column for each month. Raises PrometheusError."""
    newest = {each.labels["subsystem"]: each.value for each in prometheus.query(metric_names.EVENT_TIME)}
    tables: list[RenderableType] = []
    for slug, own in groupby(figures, lambda figure: figure.subsystem):
        by_kpi: dict[str, list[MonthFigure]] = {}
        for figure in own:
            by_kpi.setdefault(figure.kpi, []).append(figure)
        subsystem = catalogue.subsystems[slug]
        known_to = EpochSeconds(int(newest.get(slug, 0)))
        tables += [Text(f"{subsystem.name.vi}, theo tháng (by month)", style="bold")]
        for name, kpi in subsystem.kpis.items():
            if name in by_kpi:
                tables.append(_table(kpi, by_kpi[name], month_start(known_to)))
        if known_to:
            tables.append(Text(f"* đến {time_text(known_to)} (up to then)", style="dim"))
    return Group(*tables)


def _table(kpi: Kpi, figures: Sequence[MonthFigure], newest: EpochSeconds) -> Table:
    unit = _unit_of(kpi, figures)
    stands = "" if all(figure.window == "month" for figure in figures) else ", cuối tháng (at its end)"
    by_year: dict[int, dict[int, str]] = {}
    for figure in figures:
        moment, mark = local_time(figure.month), "*" if figure.month == newest else ""
        value = figure.value / unit.size
        text = number(value, 0 if unit.size == 1 and value.is_integer() else unit.decimals)
        by_year.setdefault(moment.year, {})[moment.month] = f"{text}{mark}"
    title = f"{kpi.name.vi}{f' ({unit.name})' if unit.name else ''}{stands}"
    table = Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("", no_wrap=True)
    for month in _MONTHS:
        table.add_column(f"T{month}", justify="right", no_wrap=True, min_width=5)
    for year, cells in sorted(by_year.items()):
        table.add_row(str(year), *(cells.get(month, "-") for month in _MONTHS))
    return table


class _Unit(NamedTuple):
    """What all cells of a table are told in, so that twelve fit into a line."""

    size: float
    name: str
    decimals: int


def _unit_of(kpi: Kpi, figures: Iterable[MonthFigure]) -> _Unit:
    if kpi.unit == "ratio":
        return _Unit(0.01, "%", 1)
    if kpi.unit != "seconds":
        return _Unit(1, "", 2)
    longest = max(figure.value for figure in figures)
    size, word = next(((size, word) for size, word in SPANS if longest >= size), SPANS[-1])
    return _Unit(size, word.vi, 1)
