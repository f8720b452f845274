"""The figures of an alert, asked of Prometheus: the whole, how it was an hour ago, and the worst of each breakdown."""

import math
from collections.abc import Mapping

from dashboards.prometheus_api import Prometheus
from dashboards.rules.exporters import of_unoutdated
from dashboards.rules.limited import LimitedKpi
from dashboards.rules.names import KPI_JUDGED
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY, Severity
from ioc.kpis.measures import Grouping
from ioc.notices.figures import WORST, AlertBreakdown, AlertFigure, AlertFigures, WorstPlace

Codes = tuple[str, ...]


def alert_figures(kpi: LimitedKpi, severity: Severity, prometheus: Prometheus) -> AlertFigures:
    """What an alert of a KPI is about, now. Raises PrometheusError."""
    simulated = _values(prometheus, f"max({metric_names.SIMULATED})", ()).get((), 0)
    breakdowns = (_breakdown(kpi, kpi.labels_of(each), severity, prometheus) for each in kpi.kpi.groupings if each)
    return AlertFigures(
        whole=_figures(kpi, (), prometheus).get(()),
        hour_ago=_values(prometheus, of_unoutdated(f"{_series(kpi, kpi.metric, ())} offset 1h"), ()).get(()),
        simulated=simulated == 1,
        breakdowns=tuple(each for each in breakdowns if each.count),
    )


def _breakdown(kpi: LimitedKpi, labels: Grouping, severity: Severity, prometheus: Prometheus) -> AlertBreakdown:
    identity = dict(kpi.identity)
    status = f"{metric_names.KPI_STATUS}{_matchers(kpi, labels, identity)} >= {STATUS_OF_SEVERITY[severity]:d}"
    broken = _values(prometheus, status, labels)
    if not broken:
        return AlertBreakdown(labels, 0, ())
    judged = _values(prometheus, f"{KPI_JUDGED}{_matchers(kpi, labels, identity)} and {status}", labels)
    order = sorted(judged, key=lambda codes: judged[codes], reverse=kpi.limits.direction == "above")[:WORST]
    parts = _figures(kpi, labels, prometheus) if kpi.kpi.ratio else {}
    worst = (WorstPlace(codes, _judged(judged[codes], parts.get(codes))) for codes in order)
    return AlertBreakdown(labels, len(broken), tuple(worst))


def _judged(value: float, parts: AlertFigure | None) -> AlertFigure:
    return AlertFigure(value) if parts is None else AlertFigure(value, parts.numerator, parts.denominator)


def _figures(kpi: LimitedKpi, labels: Grouping, prometheus: Prometheus) -> dict[Codes, AlertFigure]:
    """The KPI's figures in the limits' window, by the values of a breakdown's labels."""

    def read(metric: str) -> dict[Codes, float]:
        return _values(prometheus, of_unoutdated(_series(kpi, metric, labels)), labels)

    values = read(kpi.metric)
    numerators: Mapping[Codes, float] = {}
    denominators: Mapping[Codes, float] = {}
    if kpi.kpi.ratio:
        numerators = read(metric_names.numerator_name(kpi.metric))
        denominators = read(metric_names.denominator_name(kpi.metric))
    return {
        codes: AlertFigure(value, numerators.get(codes), denominators.get(codes)) for codes, value in values.items()
    }


def _values(prometheus: Prometheus, expression: str, labels: Grouping) -> dict[Codes, float]:
    """The numbers of an expression, by the values of labels; of two exporters that say the same one counts."""
    values: dict[Codes, float] = {}
    for sample in prometheus.query(expression):
        if math.isfinite(sample.value):
            codes = tuple(sample.labels.get(label, "") for label in labels)
            values[codes] = max(sample.value, values.get(codes, -math.inf))
    return values


def _series(kpi: LimitedKpi, metric: str, labels: Grouping) -> str:
    return f"{metric}{_matchers(kpi, labels, {metric_names.WINDOW_LABEL: kpi.limits.window})}"


def _matchers(kpi: LimitedKpi, present: Grouping, given: Mapping[str, str]) -> str:
    """The series of one breakdown: its labels are there, those of others are not."""
    matchers = [f'{name}="{value}"' for name, value in given.items()]
    matchers += [f'{label}!=""' if label in present else f'{label}=""' for label in kpi.labels]
    return f"{{{','.join(matchers)}}}"
