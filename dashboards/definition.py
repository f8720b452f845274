"""A KPI's definition as titled lines in one language: what `ioc explain` prints and the reference shows."""

from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.wording import limit_text, quantity
from ioc.catalogue.model import Subsystem
from ioc.kpis import AnyKpi, metric_names
from ioc.kpis.formulas import formula
from ioc.kpis.limits import Severity
from ioc.text.words import Language, Words

Line = tuple[str, str]
"""A title and what it says."""

_DEFINITION = Words("Định nghĩa", "Definition")
_FORMULA = Words("Công thức", "Formula")
_SOURCE = Words("Nguồn", "Source")
_UNIT = Words("Đơn vị", "Unit")
_DIMENSIONS = Words("Chiều phân tích", "Dimensions")
_WINDOWS = Words("Cửa sổ thời gian", "Windows")
_WHOLE_ONLY = Words("chỉ toàn tỉnh", "the whole only")
_DUE = Words("Kỳ báo cáo", "Due")
_REPORTED = Words("theo báo cáo của nguồn, không có tử số", "as the source reports it, without a numerator")
_METRIC = Words("Chỉ số Prometheus", "Metric")
_LIMITS = Words("Ngưỡng", "Limits")
_NO_LIMITS = Words("không có", "none")
_LIMITS_WINDOW = Words("Ngưỡng xét ở cửa sổ", "Limits hold in window")
_LIMIT = {
    Severity.WARNING: Words("Ngưỡng cảnh báo", "Warning"),
    Severity.CRITICAL: Words("Ngưỡng nghiêm trọng", "Critical"),
}
_CLEARS = Words("hết khi", "clears at")
_HOLD = Words("Chờ trước khi báo", "Hold before the alert")
_SAMPLE = Words("Mẫu tối thiểu", "Minimum sample")
_REASON = Words("Căn cứ ngưỡng", "Reason of the limits")
_CLASS = {"page": Words("báo ngay", "wakes somebody"), "digest": Words("tổng hợp 07:30", "07:30 digest")}
_UNITS = {"ratio": Words("tỷ lệ, 0 đến 1", "ratio, 0 to 1"), "seconds": Words("giây", "seconds")}
_CALENDARS = {
    "every_day": Words("hằng ngày", "every day"),
    "working_days": Words("ngày làm việc", "working days"),
    "school_days": Words("ngày học", "school days"),
}


def definition(subsystem: Subsystem, slug: str, language: Language) -> list[Line]:
    """Everything the catalogue says of a KPI, defaults filled in."""
    kpi = subsystem.kpis[slug]
    lines = [
        (_DEFINITION, kpi.description.vi if language == "vi" else kpi.description.en),
        (_FORMULA, formula(subsystem, kpi, language)),
        (_SOURCE, _source(subsystem, kpi, language)),
        (_UNIT, _UNITS[kpi.unit].of(language) if kpi.unit in _UNITS else kpi.unit),
        (_DIMENSIONS, _dimensions(subsystem, kpi, language)),
        (_WINDOWS, ", ".join(kpi.windows)),
    ]
    if kpi.reporting is not None:
        lines.append((_DUE, f"{_CALENDARS[kpi.reporting.calendar].of(language)}, {kpi.reporting.by}"))
    limited = next((each for each in limited_kpis(subsystem) if each.slug == slug), None)
    lines += _limits(limited, language) if limited else [(_LIMITS, _NO_LIMITS.of(language))]
    lines.append((_METRIC, metric_names.metric_name(subsystem.subsystem, slug, kpi)))
    return [(title.of(language), text) for title, text in lines]


def _source(subsystem: Subsystem, kpi: AnyKpi, language: Language) -> str:
    source = kpi.source or subsystem.source
    return f"{source}; {_REPORTED.of(language)}" if kpi.reported else source


def _dimensions(subsystem: Subsystem, kpi: AnyKpi, language: Language) -> str:
    groupings = [
        " × ".join(
            f"{getattr(subsystem.fields[field].name, language)} ({subsystem.label(field)})" for field in grouping
        )
        for grouping in kpi.groupings
        if grouping
    ]
    return "; ".join(groupings) or _WHOLE_ONLY.of(language)


def _limits(kpi: LimitedKpi, language: Language) -> list[tuple[Words, str]]:
    limits, spec = kpi.limits, kpi.kpi.limits
    assert spec is not None
    lines = [(_LIMIT[severity], _limit(kpi, severity, language)) for severity in reversed(limits.severities)]
    return [
        *lines,
        (_LIMITS_WINDOW, limits.window),
        (_HOLD, str(limits.hold)),
        (_SAMPLE, str(limits.minimum_sample)),
        (_REASON, spec.reason),
    ]


def _limit(kpi: LimitedKpi, severity: Severity, language: Language) -> str:
    level = kpi.limits.level(severity)
    assert level is not None
    clears = ""
    if level.clear != level.raised:
        sign = "<" if kpi.limits.direction == "above" else "≥"
        clears = f", {_CLEARS.of(language)} {sign} {quantity(level.clear, kpi.kpi.unit, language)}"
    return f"{limit_text(kpi, severity, language)}{clears}; {_CLASS[kpi.limits.alert_class(severity)].of(language)}"
