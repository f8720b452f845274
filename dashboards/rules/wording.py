"""Texts of alerts in both languages: fixed words in Python, values filled in by Prometheus' templates."""

import re

from dashboards.rules.exporters import of_unoutdated
from dashboards.rules.limited import LimitedKpi
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY, Severity
from ioc.kpis.measures import Grouping
from ioc.text.bilingual import Language, Text

_WHOLE = Text("toàn tỉnh", "whole province")
_LIMIT = Text("ngưỡng", "limit")
_NO_DATA = Text("chưa có số liệu", "no figure")
_PARTLY = Text("mới biết một phần", "only a part is known")
_MINUTES = Text("phút", "min")


def summary(kpi: LimitedKpi, severity: Severity, language: Language) -> str:
    """One line: the status, the KPI, its limit, the value of the whole with what it was made of."""
    name, subsystem = (literal(each.name.of(language)) for each in (kpi.kpi, kpi.subsystem))
    status = STATUS_OF_SEVERITY[severity].text.of(language)
    return (
        f"{status[0].upper()}{status[1:]}: {name} ({subsystem}), {_LIMIT.of(language)} "
        f"{limit_text(kpi, severity, language)}; {_WHOLE.of(language)} {_whole_value(kpi, language)}"
        f"{_partly(kpi, language)}"
    )


def literal(text: str) -> str:
    """A text of the catalogue in a template: braces begin no action there, nor does the last one with what follows."""
    return re.sub(r"\{\{+|\{$", lambda braces: _do(f'"{braces[0]}"'), text)


def limit_text(kpi: LimitedKpi, severity: Severity, language: Language) -> str:
    """The limit as people write it: ``≥ 3 %``, ``< 95%``, ``≥ 20 phút``."""
    level = kpi.limits.level(severity)
    assert level is not None
    sign = "≥" if kpi.limits.direction == "above" else "<"
    return f"{sign} {quantity(level.raised, kpi.kpi.unit, language)}"


def quantity(value: float, unit: str, language: Language) -> str:
    if unit == "ratio":
        return _percent(_decimal(f"{value * 100:.4g}", language), language)
    if unit == "seconds":
        return f"{value / 60:g} {_MINUTES.of(language)}"
    return _decimal(f"{value:.12g}", language)


def _percent(number: str, language: Language) -> str:
    return f"{number} %" if language == "vi" else f"{number}%"


def _decimal(number: str, language: Language) -> str:
    return number.replace(".", ",") if language == "vi" else number


def _whole_value(kpi: LimitedKpi, language: Language) -> str:
    """A template: the value of the whole, with numerator and denominator of a ratio."""

    def whole(metric: str) -> str:
        return _select(kpi, metric, (), window=kpi.limits.window)

    parts = ""
    if kpi.kpi.ratio:
        count = _do('. | first | value | printf "%.0f"')
        numerator, denominator = (
            _do(f'with query "{of_unoutdated(whole(name(kpi.metric)))}"') + count + _END
            for name in (metric_names.numerator_name, metric_names.denominator_name)
        )
        parts = f" ({numerator}/{denominator})"
    value = _value(". | first | value", kpi, language)
    there = _do(f'with query "{_shown(kpi, of_unoutdated(whole(kpi.metric)))}"')
    return f"{there}{value}{parts}{_do('else')}{_NO_DATA.of(language)}{_END}"


def _value(expression: str, kpi: LimitedKpi, language: Language) -> str:
    """A template: what an expression of it gives, in the KPI's unit."""
    if kpi.kpi.unit == "seconds":
        return _do(f"{expression} | humanizeDuration")
    comma = ' | reReplaceAll "[.]" ","' if language == "vi" else ""
    if kpi.kpi.unit == "ratio":
        return _percent(_do(f'{expression} | printf "%.2f"{comma}'), language)
    return _do(f'{expression} | printf "%.6g"{comma}')


def _shown(kpi: LimitedKpi, expression: str) -> str:
    """Ratios are shown as percentages."""
    return f"100 * {expression}" if kpi.kpi.unit == "ratio" else expression


def _partly(kpi: LimitedKpi, language: Language) -> str:
    """A template: that not all is known, where it is not."""
    doubt = ",".join(f"{name}='{value}'" for name, value in kpi.identity.items())
    return _do(f'with query "{metric_names.KPI_DOUBT}{{{doubt}}}"') + f"; {_PARTLY.of(language)}" + _END


def _select(kpi: LimitedKpi, metric: str, present: Grouping, /, **labels: str) -> str:
    """The series of one breakdown, in quotes that may stand in a template."""
    matchers = [f"{name}='{value}'" for name, value in labels.items()]
    matchers += [f"{label}!=''" if label in present else f"{label}=''" for label in kpi.labels]
    return f"{metric}{{{','.join(matchers)}}}"


def _do(action: str) -> str:
    """An action of a template."""
    return f"{{{{ {action} }}}}"


_END = _do("end")
