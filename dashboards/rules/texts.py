"""Texts of alerts in both languages: fixed words in Python, values filled in by Prometheus' templates."""

from collections.abc import Callable
from typing import Literal

from dashboards.rules.limited import LimitedKpi
from dashboards.rules.names import KPI_JUDGED
from ioc import metrics
from ioc.kinds.base import Grouping
from ioc.limits import STATUS_OF_SEVERITY, Severity

Language = Literal["vi", "en"]

WORST = 10
"""How many units a text names."""

_STATUS_WORDS = {
    Severity.WARNING: {"vi": "Theo dõi", "en": "Watch"},
    Severity.CRITICAL: {"vi": "Cần xử lý", "en": "Act"},
}
_WHOLE = {"vi": "toàn tỉnh", "en": "whole province"}
_LIMIT = {"vi": "ngưỡng", "en": "limit"}
_BROKEN = {"vi": "vượt ngưỡng", "en": "over the limit"}
_WORST = {"vi": "nặng nhất", "en": "worst"}
_NO_DATA = {"vi": "chưa có số liệu", "en": "no figure"}


def summary(kpi: LimitedKpi, severity: Severity, language: Language) -> str:
    """One line: the status, the KPI, its limit, the value of the whole with what it was made of."""
    name, subsystem = getattr(kpi.kpi.name, language), getattr(kpi.subsystem.name, language)
    return (
        f"{_STATUS_WORDS[severity][language]}: {name} ({subsystem}), {_LIMIT[language]} "
        f"{limit_text(kpi, severity, language)}; {_WHOLE[language]} {_whole_value(kpi, language)}"
    )


def details(kpi: LimitedKpi, severity: Severity, language: Language) -> str:
    """What the KPI is, and for each breakdown how many break the limit and the ten worst of them."""
    lines = [_breakdown(kpi, breakdown, severity, language) for breakdown in kpi.breakdowns]
    return getattr(kpi.kpi.description, language) + "".join(lines)


def limit_text(kpi: LimitedKpi, severity: Severity, language: Language) -> str:
    """The limit as people write it: ``≥ 3 %``, ``< 95%``, ``≥ 20 phút``."""
    level = kpi.limits.level(severity)
    assert level is not None
    sign = "≥" if kpi.limits.direction == "above" else "<"
    return f"{sign} {_quantity(level.raised, kpi.kpi.unit, language)}"


def _quantity(value: float, unit: str, language: Language) -> str:
    if unit == "ratio":
        return _percent(_decimal(f"{value * 100:.4g}", language), language)
    if unit == "seconds":
        minutes = {"vi": "phút", "en": "min"}
        return f"{value / 60:g} {minutes[language]}"
    return _decimal(f"{value:g}", language)


def _percent(number: str, language: Language) -> str:
    return f"{number} %" if language == "vi" else f"{number}%"


def _decimal(number: str, language: Language) -> str:
    return number.replace(".", ",") if language == "vi" else number


def _whole_value(kpi: LimitedKpi, language: Language) -> str:
    def whole(metric: str) -> str:
        return _select(kpi, metric, (), window=kpi.limits.window)

    value = f'{{{{ with query "{_shown(kpi, whole(kpi.metric))}" }}}}{_value(kpi, language)(". | first | value")}'
    parts = ""
    if kpi.kpi.ratio:
        parts = "".join(
            f'{{{{ with query "{whole(name(kpi.metric))}" }}}}{before}{{{{ . | first | value | printf "%.0f" }}}}'
            f"{after}{{{{ end }}}}"
            for name, before, after in ((metrics.numerator_name, " (", "/"), (metrics.denominator_name, "", ")"))
        )
    return f"{value}{parts}{{{{ else }}}}{_NO_DATA[language]}{{{{ end }}}}"


def _breakdown(kpi: LimitedKpi, breakdown: Grouping, severity: Severity, language: Language) -> str:
    broken = f"{_select(kpi, metrics.KPI_STATUS, breakdown, **kpi.identity)} >= {STATUS_OF_SEVERITY[severity]:d}"
    judged = _shown(kpi, f"({_select(kpi, KPI_JUDGED, breakdown, **kpi.identity)} and {broken})")
    order = "sort_desc(topk" if kpi.limits.direction == "above" else "sort(bottomk"
    unit = " ".join(f"{{{{ .Labels.{label} }}}}" for label in breakdown)
    return (
        f'{{{{ with query "count({broken})" }}}}\n'
        f"{_name(kpi, breakdown, language)}: {{{{ . | first | value }}}} {_BROKEN[language]}, {_WORST[language]}: "
        f'{{{{ range $place, $unit := query "{order}({WORST}, {judged}))" }}}}'
        f"{{{{ if $place }}}}; {{{{ end }}}}{unit} {_value(kpi, language)('.Value')}"
        f"{{{{ end }}}}{{{{ end }}}}"
    )


def _name(kpi: LimitedKpi, breakdown: Grouping, language: Language) -> str:
    """What a breakdown is by, from the texts of its fields."""
    fields = {kpi.subsystem.label(name): spec for name, spec in kpi.subsystem.fields.items() if _is_of(kpi, name)}
    return ", ".join(getattr(fields[label].name, language) for label in breakdown)


def _is_of(kpi: LimitedKpi, field: str) -> bool:
    return any(field in grouping for grouping in kpi.kpi.groupings)


def _value(kpi: LimitedKpi, language: Language) -> Callable[[str], str]:
    """A template that shows what an expression of it gives, in the KPI's unit."""
    comma = ' | reReplaceAll "[.]" ","' if language == "vi" else ""
    if kpi.kpi.unit == "seconds":
        return lambda expression: f"{{{{ {expression} | humanizeDuration }}}}"
    if kpi.kpi.unit == "ratio":
        return lambda expression: _percent(f'{{{{ {expression} | printf "%.2f"{comma} }}}}', language)
    return lambda expression: f'{{{{ {expression} | printf "%.4g"{comma} }}}}'


def _shown(kpi: LimitedKpi, expression: str) -> str:
    """Ratios are shown as percentages."""
    return f"100 * {expression}" if kpi.kpi.unit == "ratio" else expression


def _select(kpi: LimitedKpi, metric: str, breakdown: Grouping, /, **labels: str) -> str:
    """The series of one breakdown, in quotes that may stand in a template."""
    matchers = [f"{name}='{value}'" for name, value in labels.items()]
    matchers += [f"{label}!=''" if label in breakdown else f"{label}=''" for label in kpi.labels]
    return f"{metric}{{{','.join(matchers)}}}"
