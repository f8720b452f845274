"""What promtool is asked: series over time, and what the rules must make of them."""

import json
import math
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from dashboards.rules.limited import LimitedKpi
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.limits import Severity, effective_limits
from ioc.kpis.status import KNOWN, Certainty, GreyReason, Knowledge
from streams.stack.programs import Program, find_program

WHERE = {"job": "ioc-exporter", "instance": "exporter:9464"}
EPSILON = 1e-6
_NO_COLLECTION = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
"""Go's collector takes a third of the processor time of a promtool that has ended before it matters."""

Values = Sequence[float | None]


@dataclass
class Scene:
    """One test of promtool: series with a sample at every step (None: a missing one), and what is expected when."""

    name: str
    step: int
    """Seconds between samples and between evaluations."""
    length: int
    """Steps."""
    series: dict[str, Values] = field(default_factory=dict)
    expected: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)

    def add(self, metric: str, values: float | Values, **labels: str) -> None:
        """Give a series; a single value holds throughout."""
        name = metric + braces({**WHERE, **labels})
        self.series[name] = [values] * self.length if isinstance(values, int | float) else values

    def expect(self, step: int, expression: str, *samples: tuple[Mapping[str, str], float]) -> None:
        """Expect exactly these samples of an expression that drops the metric's name."""
        found = [{"labels": braces(labels), "value": value} for labels, value in samples]
        self.expected.append({"expr": expression, "eval_time": f"{step * self.step}s", "exp_samples": found})

    def expect_value(self, step: int, expression: str, value: float | None) -> None:
        """Expect one value, or none, of an expression that has no labels."""
        self.expect(step, expression, *([] if value is None else [({}, value)]))

    def expect_alerts(self, step: int, subsystem: str, *alerts: tuple[str, ...]) -> None:
        """Expect exactly these alerts of a subsystem: (name, severity, state), and the feed where it is of one."""
        expression = f'sum by (alertname, severity, alertstate, feed) (ALERTS{{subsystem="{subsystem}"}})'
        names = ("alertname", "severity", "alertstate", "feed")
        self.expect(step, expression, *[(dict(zip(names, alert, strict=False)), 1) for alert in alerts])

    def as_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "interval": f"{self.step}s",
            "input_series": [{"series": name, "values": notation(values)} for name, values in self.series.items()],
            "promql_expr_test": self.expected,
            "alert_rule_test": self.alerts,
        }


def run(folder: Path, rules: Sequence[Path], *scenes: Scene) -> str:
    """What promtool has against the scenes, all of one step; empty where nothing."""
    files = [*rules[0].parent.glob("exporters.yml"), *rules]
    tests = {
        "rule_files": [str(path) for path in files],
        "group_eval_order": [path.stem for path in files],
        "evaluation_interval": f"{scenes[0].step}s",
        "tests": [scene.as_data() for scene in scenes],
    }
    path = folder / "tests.yml"
    path.write_text(json.dumps(tests, ensure_ascii=False))
    command = [str(find_program(Program.PROMTOOL)), "test", "rules", str(path)]
    result = subprocess.run(command, env={**os.environ, **_NO_COLLECTION}, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else (result.stdout + result.stderr)[:4000]


def notation(values: Values) -> str:
    """Promtool's notation: a value and how often it is repeated, ``_`` for a missing one."""
    runs = [(value, len(list(run))) for value, run in groupby(values)]
    return " ".join(f"_x{count}" if value is None else f"{_number(value)}+0x{count - 1}" for value, count in runs)


def _number(value: float) -> str:
    return "+Inf" if value == math.inf else repr(value)


def braces(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def feeds(scene: Scene, subsystem: Subsystem, **silence: float | Values) -> None:
    """Feeds that have just spoken, or that are silent for so many seconds, all known of the KPIs, and the headline."""
    slug = subsystem.subsystem
    nothing_yet(scene, subsystem)
    for feed in subsystem.feeds:
        scene.add(metric_names.FEED_SILENCE, silence.get(feed, 0.0), subsystem=slug, feed=feed)
    for name in subsystem.kpis:
        known(scene, slug, name)
    headline = subsystem.kpis[subsystem.headline]
    if effective_limits(headline) is None:
        metric = metric_names.metric_name(slug, subsystem.headline, headline)
        scene.add(metric, 0.5, window=headline.windows[0])


def nothing_yet(scene: Scene, subsystem: Subsystem, in_hours: float = 1.0) -> None:
    """What the exporter serves of a subsystem before anything came."""
    slug = subsystem.subsystem
    scene.add(platform_metrics.EXPORTER_CHECKPOINT.name, 0.0)
    for feed, spec in subsystem.feeds.items():
        if spec.expected_interval is not None:
            scene.add(metric_names.FEED_EXPECTED_INTERVAL, spec.expected_interval.seconds, subsystem=slug, feed=feed)
        scene.add(metric_names.FEED_IN_HOURS, in_hours, subsystem=slug, feed=feed)
    for name, kpi in subsystem.kpis.items():
        known(scene, slug, name, NOTHING)
        for window in kpi.windows:
            scene.add(metric_names.KPI_INFO, 1.0, subsystem=slug, kpi=name, window=window)


NOTHING = Knowledge(Certainty.UNKNOWN, GreyReason.NO_DATA)


def known(scene: Scene, subsystem: str, kpi: str, knowledge: Knowledge | Sequence[Knowledge] = KNOWN) -> None:
    """How much is known of a KPI, throughout or at each step."""
    each = [knowledge] * scene.length if isinstance(knowledge, Knowledge) else knowledge
    scene.add(metric_names.KPI_KNOWLEDGE, [float(one.certainty) for one in each], subsystem=subsystem, kpi=kpi)
    reasons = [None if one.reason is None else float(one.reason) for one in each]
    scene.add(metric_names.KPI_DOUBT, reasons, subsystem=subsystem, kpi=kpi)


def figures(
    scene: Scene, kpi: LimitedKpi, values: float | Values, sample: float | Values | None = None, **labels: str
) -> None:
    """The values of a KPI for one label set, and enough cases behind them unless said."""
    where = {metric_names.WINDOW_LABEL: kpi.limits.window, **labels}
    scene.add(kpi.metric, values, **where)
    if kpi.limits.minimum_sample:
        scene.add(kpi.sample_metric, kpi.limits.minimum_sample * 10 if sample is None else sample, **where)


def inside(kpi: LimitedKpi, severity: Severity) -> float:
    """The last value that does not break a limit."""
    raised = level(kpi, severity).raised
    return raised - EPSILON if kpi.limits.direction == "above" else raised


def outside(kpi: LimitedKpi, severity: Severity) -> float:
    """The first value that does."""
    raised = level(kpi, severity).raised
    return raised if kpi.limits.direction == "above" else raised - EPSILON


def cleared(kpi: LimitedKpi, severity: Severity) -> float:
    """The first value with which a broken limit is no longer broken."""
    clear = level(kpi, severity).clear
    return clear - EPSILON if kpi.limits.direction == "above" else clear


def level(kpi: LimitedKpi, severity: Severity) -> Any:
    found = kpi.limits.level(severity)
    assert found is not None
    return found


def status_of_whole(kpi: LimitedKpi) -> str:
    return f"sum({metric_names.KPI_STATUS}{braces({**kpi.identity, **dict.fromkeys(kpi.labels, '')})})"


def reason_of_whole(kpi: LimitedKpi) -> str:
    return f"sum({metric_names.KPI_GREY_REASON}{braces({**kpi.identity, **dict.fromkeys(kpi.labels, '')})})"
