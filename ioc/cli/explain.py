"""``ioc explain``: a KPI's definition, what its value is made of now, and how much of that is known."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboards.definition import definition
from dashboards.prometheus_api import Prometheus, PrometheusError
from dashboards.rules.exporters import of_unoutdated
from dashboards.scorecard import Reading, readings
from ioc.catalogue import Catalogue
from ioc.catalogue.faults import nearest
from ioc.catalogue.model import Subsystem
from ioc.cli.knowledge import knowledge
from ioc.cli.status import status_text
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.limits import effective_limits
from ioc.kpis.status import GreyReason, Status
from ioc.text import formats
from ioc.text.bilingual import Language
from ioc.time.windows import Window

_LOOK_BACK = 86_400
"""Seconds over which a status' beginning is sought."""
_STEP = 60


class UnknownKpi(ValueError):
    """The catalogue has no such KPI."""


def explain(prometheus: Prometheus, catalogue: Catalogue, name: str, console: Console) -> None:
    """Print the definition, then the figures; where Prometheus does not answer, that instead. Raises UnknownKpi."""
    subsystem, slug = kpi_of(catalogue, name)
    kpi = subsystem.kpis[slug]
    console.print(Text(f"{subsystem.subsystem}.{slug}", style="bold"))
    for language in ("vi", "en"):
        console.print(_definition(subsystem, slug, language))
    try:
        figures = _Figures(prometheus, catalogue, subsystem, slug)
        known = knowledge(prometheus, subsystem, slug)
    except PrometheusError as error:
        console.print(
            Text(f"Không có số liệu, chỉ có định nghĩa (no figures, the definition alone): {error}", style="red")
        )
        return
    console.print(figures.heading())
    console.print(figures.by_window())
    if kpi.inputs():
        console.print(Text("Tính từ (made of)", style="bold"))
        console.print(figures.inputs())
    console.print(known)


def kpi_of(catalogue: Catalogue, name: str) -> tuple[Subsystem, str]:
    """The KPI of a name: ``subsystem.kpi``, its metric, or its slug where only one subsystem has it.

    Raises UnknownKpi with the nearest names.
    """
    known = {f"{subsystem.subsystem}.{slug}": (subsystem, slug) for subsystem, slug, _ in _all(catalogue)}
    if name in known:
        return known[name]
    for subsystem, slug, kpi in _all(catalogue):
        metric = metric_names.metric_name(subsystem.subsystem, slug, kpi)
        if name in (metric, metric_names.numerator_name(metric), metric_names.denominator_name(metric)):
            return subsystem, slug
    same = [full for full in known if full.endswith(f".{name}")]
    if len(same) == 1:
        return known[same[0]]
    if same:
        raise UnknownKpi(f"several subsystems have a KPI {name!r}; write one of {', '.join(same)}")
    near = nearest(name, [*known, *(slug for _, slug in known.values())], "write SUBSYSTEM.KPI")
    raise UnknownKpi(f"the catalogue has no KPI {name!r}: {near}; docs/reference lists all")


def _all(catalogue: Catalogue) -> Iterable[tuple[Subsystem, str, Kpi]]:
    for subsystem in catalogue.subsystems.values():
        for slug, kpi in subsystem.kpis.items():
            yield subsystem, slug, kpi


def _definition(subsystem: Subsystem, slug: str, language: Language) -> Table:
    name = subsystem.kpis[slug].name
    table = Table(box=None, show_header=False, padding=(0, 1), title_justify="left")
    table.title = Text(name.vi if language == "vi" else name.en, style="bold")
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for title, text in definition(subsystem, slug, language):
        table.add_row(title, Text(text))
    return table


class _Figures:
    """What Prometheus knows of one KPI as a whole, and of the KPIs it is derived from. Raises PrometheusError."""

    def __init__(self, prometheus: Prometheus, catalogue: Catalogue, subsystem: Subsystem, slug: str) -> None:
        self._prometheus = prometheus
        self._subsystem = subsystem
        self._slug = slug
        names = [slug, *(read.kpi for read in subsystem.kpis[slug].inputs())]
        pairs = [(subsystem.subsystem, name) for name in dict.fromkeys(names)]
        self._readings = {
            (reading.kpi, reading.window): reading
            for reading in readings(prometheus, catalogue, pairs)
            if reading.labels == ()
        }
        self._clock = max((sample.value for sample in prometheus.query(metric_names.CLOCK)), default=None)
        self._simulated = any(sample.value for sample in prometheus.query(metric_names.SIMULATED))
        self._samples = self._whole(metric_names.sample_name(self._metric))
        self._since = self._status_since()

    @property
    def _kpi(self) -> Kpi:
        return self._subsystem.kpis[self._slug]

    @property
    def _metric(self) -> str:
        return metric_names.metric_name(self._subsystem.subsystem, self._slug, self._kpi)

    def heading(self) -> Text:
        """The moment of the figures, and how far the feed has come."""
        newest = self._readings[self._slug, self._kpi.windows[0]].event_time
        heading = Text.assemble(
            ("Số liệu đến (data as of) ", "bold"),
            "-" if self._clock is None else formats.time_text(self._clock),
            "; sự kiện mới nhất (newest event) ",
            "-" if newest is None else formats.time_text(newest),
        )
        if self._simulated:
            heading.append(f"; {formats.SIMULATED.vi} ({formats.SIMULATED.en})", style="bold magenta")
        return heading

    def by_window(self) -> Table:
        """A row per window: the value, what it was made of, its status and since when."""
        table = _table("Cửa sổ\n(window)")
        table.add_column("Mẫu\n(sample)", justify="right")
        table.add_column("Trạng thái\n(status)")
        table.add_column("Từ\n(since)")
        for window in self._kpi.windows:
            reading = self._readings[self._slug, window]
            sample = self._samples.get(window)
            since = self._since if self._has_status(window) else ""
            shown = reading.denominator if sample is None else sample
            table.add_row(
                window,
                *_cells(reading, self._kpi),
                "" if shown is None else formats.number(shown),
                self._status(window),
                since,
            )
        return table

    def inputs(self) -> Table:
        """A row per KPI that it is derived from, in the window that is read."""
        table = _table("Chỉ tiêu\n(KPI)", "Cửa sổ\n(window)")
        for read in dict.fromkeys(each._replace(moves=0) for each in self._kpi.inputs()):
            for window in [read.window] if read.window else self._kpi.windows:
                reading = self._readings.get((read.kpi, window))
                if reading is not None:
                    table.add_row(read.kpi, window, *_cells(reading, self._subsystem.kpis[read.kpi]))
        return table

    def _has_status(self, window: Window) -> bool:
        limits = effective_limits(self._kpi)
        return limits is not None and limits.window == window

    def _status(self, window: Window) -> Text:
        if not self._has_status(window):
            return Text("")
        status = self._readings[self._slug, window].status
        shown = Status.GREY if status is None else status
        text = shown.text
        if shown is Status.GREY and (reason := self._whole(metric_names.KPI_GREY_REASON, kpi=self._slug).get(window)):
            text = GreyReason(int(reason)).text
        return status_text(shown, f"{text.vi} ({text.en})")

    def _status_since(self) -> str:
        """When the present status began, by Prometheus' clock."""
        limits = effective_limits(self._kpi)
        if limits is None:
            return ""
        expression = f"max({self._selector(metric_names.KPI_STATUS, kpi=self._slug)})"
        now = self._prometheus.query("time()")[0].value
        series = self._prometheus.query_range(expression, now - _LOOK_BACK, now, _STEP)
        points = series[0].points if series else []
        began = None
        for instant, status in reversed(points):
            if status != points[-1][1]:
                break
            began = instant
        if began is None:
            return ""
        longer = "≥ " if began <= now - _LOOK_BACK + _STEP else ""
        return f"{longer}{formats.time_text(began)}"

    def _whole(self, metric: str, **labels: str) -> dict[str, float]:
        """The value of each window of the whole; two exporters say the same."""
        samples = self._prometheus.query(f"max by (window) {of_unoutdated(self._selector(metric, **labels))}")
        return {sample.labels.get(metric_names.WINDOW_LABEL, ""): sample.value for sample in samples}

    def _selector(self, metric: str, **labels: str) -> str:
        """Series of the whole: without any label of a breakdown."""
        if labels:
            labels["subsystem"] = self._subsystem.subsystem
        absent = {self._subsystem.label(field): "" for grouping in self._kpi.groupings for field in grouping}
        matchers = ",".join(f'{name}="{value}"' for name, value in {**absent, **labels}.items())
        return f"{metric}{{{matchers}}}"


def _table(*first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for title in first:
        table.add_column(title, no_wrap=True)
    for title in ("Giá trị\n(value)", "Tử số\n(numerator)", "Mẫu số\n(denominator)"):
        table.add_column(title, justify="right")
    return table


def _cells(reading: Reading, kpi: Kpi) -> list[str]:
    value = "-" if reading.value is None else formats.value_text(reading.value, kpi.unit)
    parts = (reading.numerator, reading.denominator)
    return [value, *("" if part is None else formats.value_text(part, "") for part in parts)]
