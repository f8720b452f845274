"""The annotation ``figures``: an alert's figures as JSON, for ``ioc relay`` to write in words and by name.

``ioc.notices.figures`` reads it.
"""

from dashboards.rules.limited import LimitedKpi
from dashboards.rules.names import KPI_JUDGED
from dashboards.rules.wording import NAMED
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY, Severity
from ioc.kpis.measures import Grouping

_NUMBER = '. | first | value | printf "%.10g"'


def figures(kpi: LimitedKpi, severity: Severity) -> str:
    """A template of Prometheus that gives JSON: the whole now and an hour ago, and the worst of each breakdown."""
    breakdowns = "".join(
        _breakdown(kpi, kpi.labels_of(grouping), severity) for grouping in kpi.kpi.groupings if grouping
    )
    hour_ago = _queried(_series(kpi, kpi.metric, " offset 1h"))
    return (
        f'{{"value":{_queried(_series(kpi, kpi.metric))},{_parts(kpi)}"hour_ago":{hour_ago},'
        f'"simulated":{_queried(f"max({metric_names.SIMULATED})")},"breakdowns":[null{breakdowns}]}}'
    )


def _parts(kpi: LimitedKpi) -> str:
    if not kpi.kpi.ratio:
        return ""
    numerator, denominator = metric_names.numerator_name(kpi.metric), metric_names.denominator_name(kpi.metric)
    return f'"numerator":{_queried(_series(kpi, numerator))},"denominator":{_queried(_series(kpi, denominator))},'


def _breakdown(kpi: LimitedKpi, labels: Grouping, severity: Severity) -> str:
    broken = f"{_of(kpi, metric_names.KPI_STATUS, labels)} >= {STATUS_OF_SEVERITY[severity]:d}"
    judged = f"{_of(kpi, KPI_JUDGED, labels)} and {broken}"
    order = "sort_desc(topk" if kpi.limits.direction == "above" else "sort(bottomk"
    by = ",".join(f'"{label}"' for label in labels)
    at = ",".join(f'{{{{ .Labels.{label} | printf "%q" }}}}' for label in labels)
    return (
        f'{{{{ with query "count({broken})" }}}},{{"by":[{by}],"count":{{{{ . | first | value }}}},"worst":[null'
        f'{{{{ range query "{order}({NAMED}, {judged}))" }}}}'
        f',{{"at":[{at}],{_place_parts(kpi, labels)}'
        '"value":{{ .Value | printf "%.10g" }}}{{ end }}]}{{ end }}'
    )


def _place_parts(kpi: LimitedKpi, labels: Grouping) -> str:
    """Numerator and denominator of the label set that a ``range`` stands at."""
    if not kpi.kpi.ratio:
        return ""
    return "".join(
        f'"{part}":{{{{ with query (printf "{_at(kpi, name(kpi.metric), labels)}"'
        f"{''.join(f' .Labels.{label}' for label in labels)}) }}}}{{{{ {_NUMBER} }}}}{{{{ else }}}}null{{{{ end }}}},"
        for part, name in (("numerator", metric_names.numerator_name), ("denominator", metric_names.denominator_name))
    )


def _queried(expression: str) -> str:
    return f'{{{{ with query "{expression}" }}}}{{{{ {_NUMBER} }}}}{{{{ else }}}}null{{{{ end }}}}'


def _series(kpi: LimitedKpi, metric: str, offset: str = "") -> str:
    """The series of the whole in the limits' window; two exporters say the same."""
    return f"max({metric}{{{_matchers(kpi, window=kpi.limits.window)}}}{offset})"


def _of(kpi: LimitedKpi, metric: str, labels: Grouping) -> str:
    """What was recorded for one breakdown."""
    present = dict.fromkeys(labels)
    return f"{metric}{{{_matchers(kpi, **kpi.identity, **present)}}}"


def _at(kpi: LimitedKpi, metric: str, labels: Grouping) -> str:
    """A format of the series of one label set, its values to be filled in."""
    return f"max({metric}{{{_matchers(kpi, window=kpi.limits.window, **dict.fromkeys(labels, '%s'))}}})"


def _matchers(kpi: LimitedKpi, /, **given: str | None) -> str:
    """Matchers in single quotes, since they stand in a template: None for any value, labels not given are absent."""
    wanted: dict[str, str | None] = {**dict.fromkeys(kpi.labels, ""), **given}
    return ",".join(f"{label}!=''" if value is None else f"{label}='{value}'" for label, value in wanted.items())
