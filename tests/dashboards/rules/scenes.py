"""What promtool is asked: series over time, and what the rules must make of them."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from dashboards.rules.limited import LimitedKpi
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import Severity
from streams.stack.programs import Program, find_program

WHERE = {"job": "ioc-exporter", "instance": "exporter:9464"}
EPSILON = 1e-6

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

    def expect_alerts(self, step: int, subsystem: str, *alerts: tuple[str, str, str]) -> None:
        """Expect exactly these alerts of a subsystem: (name, severity, state)."""
        expression = f'sum by (alertname, severity, alertstate) (ALERTS{{subsystem="{subsystem}"}})'
        names = ("alertname", "severity", "alertstate")
        self.expect(step, expression, *[(dict(zip(names, alert, strict=True)), 1) for alert in alerts])

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
    tests = {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": f"{scenes[0].step}s",
        "tests": [scene.as_data() for scene in scenes],
    }
    path = folder / "tests.yml"
    path.write_text(json.dumps(tests, ensure_ascii=False))
    command = [str(find_program(Program.PROMTOOL)), "test", "rules", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else (result.stdout + result.stderr)[:4000]


def notation(values: Values) -> str:
    """Promtool's notation: a value and how often it is repeated, ``_`` for a missing one."""
    runs = [(value, len(list(run))) for value, run in groupby(values)]
    return " ".join(f"_x{count}" if value is None else f"{value!r}+0x{count - 1}" for value, count in runs)


def braces(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def feed(scene: Scene, subsystem: Subsystem, silence: float | Values = 0.0, in_hours: float = 1.0) -> None:
    """A feed that speaks, or is silent for so many seconds, and what must exist of its KPIs."""
    slug = subsystem.subsystem
    scene.add(metric_names.FEED_SILENCE, silence, subsystem=slug)
    nothing_yet(scene, subsystem, in_hours)


def nothing_yet(scene: Scene, subsystem: Subsystem, in_hours: float = 1.0) -> None:
    """What the exporter serves of a subsystem before anything came."""
    slug = subsystem.subsystem
    scene.add(metric_names.FEED_EXPECTED_INTERVAL, subsystem.feed.expected_interval.seconds, subsystem=slug)
    scene.add(metric_names.FEED_IN_HOURS, in_hours, subsystem=slug)
    for name, kpi in subsystem.kpis.items():
        if kpi.reporting is not None:
            scene.add(metric_names.KPI_NOT_DUE, 0.0, subsystem=slug, kpi=name)
        for window in kpi.windows:
            scene.add(metric_names.KPI_INFO, 1.0, subsystem=slug, kpi=name, window=window)


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
