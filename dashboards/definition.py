"""A KPI's definition as titled lines in one language: what `ioc explain` prints and the reference shows."""

from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.wording import limit_text, quantity
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.limits import Severity
from ioc.text.bilingual import Language, Text

Line = tuple[str, str]
"""A title and what it says."""

_DEFINITION = Text("Định nghĩa", "Definition")
_FORMULA = Text("Công thức", "Formula")
_SOURCE = Text("Nguồn", "Source")
_UNIT = Text("Đơn vị", "Unit")
_DIMENSIONS = Text("Chiều phân tích", "Dimensions")
_WINDOWS = Text("Cửa sổ thời gian", "Windows")
_WHOLE_ONLY = Text("chỉ toàn tỉnh", "the whole only")
_RESTS_ON = Text("Dựa vào nguồn", "Rests on")
_NO_FEED = Text("không nguồn nào", "no feed")
_SILENT_AFTER = Text("mất dữ liệu nếu im lặng quá", "silent after")
_NEVER_SILENT = Text("không ai biết khi nào nguồn im lặng", "nobody can tell when it is silent")
_ZERO = Text("Số 0 nghĩa là", "What 0 means")
_WHILE_HEARD = Text(
    "chỉ khi các nguồn trên còn gửi: nguồn im lặng thì số 0 không nói lên điều gì",
    "only while the feeds above speak: when one is silent, a 0 says nothing",
)
_AS_FAR_AS_SENT = Text("theo những gì nguồn đã gửi", "as far as the feed has sent anything")
_DUE = Text("Kỳ báo cáo", "Due")
_REPORTED = Text("theo báo cáo của nguồn, không có tử số", "as the source reports it, without a numerator")
_METRIC = Text("Chỉ số Prometheus", "Metric")
_LIMITS = Text("Ngưỡng", "Limits")
_NO_LIMITS = Text("không có", "none")
_LIMITS_WINDOW = Text("Ngưỡng xét ở cửa sổ", "Limits hold in window")
_LIMIT = {
    Severity.WARNING: Text("Ngưỡng cảnh báo", "Warning"),
    Severity.CRITICAL: Text("Ngưỡng nghiêm trọng", "Critical"),
}
_CLEARS = Text("hết khi", "clears at")
_HOLD = Text("Chờ trước khi báo", "Hold before the alert")
_SAMPLE = Text("Mẫu tối thiểu", "Minimum sample")
_REASON = Text("Căn cứ ngưỡng", "Reason of the limits")
_CLASS = {"page": Text("báo ngay", "wakes somebody"), "digest": Text("tổng hợp 07:30", "07:30 digest")}
_UNITS = {"ratio": Text("tỷ lệ, 0 đến 1", "ratio, 0 to 1"), "seconds": Text("giây", "seconds")}
_CALENDARS = {
    "every_day": Text("hằng ngày", "every day"),
    "working_days": Text("ngày làm việc", "working days"),
    "school_days": Text("ngày học", "school days"),
}


def definition(subsystem: Subsystem, slug: str, language: Language) -> list[Line]:
    """Everything the catalogue says of a KPI, defaults filled in."""
    kpi = subsystem.kpis[slug]
    lines = [
        (_DEFINITION, kpi.description.vi if language == "vi" else kpi.description.en),
        (_FORMULA, kpi.in_words(subsystem, language)),
        (_SOURCE, _source(subsystem, kpi, language)),
        (_UNIT, _UNITS[kpi.unit].of(language) if kpi.unit in _UNITS else kpi.unit),
        (_DIMENSIONS, _dimensions(subsystem, kpi, language)),
        (_WINDOWS, ", ".join(kpi.windows)),
        (_RESTS_ON, _feeds(subsystem, slug, language)),
        (_ZERO, _zero(subsystem, slug, language)),
    ]
    if kpi.reporting is not None:
        lines.append((_DUE, f"{_CALENDARS[kpi.reporting.calendar].of(language)}, {kpi.reporting.by}"))
    limited = next((each for each in limited_kpis(subsystem) if each.slug == slug), None)
    lines += _limits(limited, language) if limited else [(_LIMITS, _NO_LIMITS.of(language))]
    lines.append((_METRIC, metric_names.metric_name(subsystem.subsystem, slug, kpi)))
    return [(title.of(language), text) for title, text in lines]


def _source(subsystem: Subsystem, kpi: Kpi, language: Language) -> str:
    source = kpi.source or subsystem.source
    return f"{source}; {_REPORTED.of(language)}" if kpi.reported else source


def _feeds(subsystem: Subsystem, slug: str, language: Language) -> str:
    """Each with how long it may say nothing."""
    said = []
    for feed in feeds_of_kpi(subsystem, slug):
        spec = subsystem.feeds[feed]
        after = _NEVER_SILENT.of(language)
        if spec.expected_interval is not None:
            after = f"{_SILENT_AFTER.of(language)} {spec.expected_interval}"
        said.append(f"{spec.name.of(language)} ({feed}: {after})")
    return "; ".join(said) or _NO_FEED.of(language)


def _zero(subsystem: Subsystem, slug: str, language: Language) -> str:
    feeds = [subsystem.feeds[feed] for feed in feeds_of_kpi(subsystem, slug)]
    said = subsystem.kpis[slug].zero.of(language)
    if any(feed.expected_interval is None for feed in feeds):
        return f"{said}, {_AS_FAR_AS_SENT.of(language)}"
    return f"{said}; {_WHILE_HEARD.of(language)}" if feeds else said


def _dimensions(subsystem: Subsystem, kpi: Kpi, language: Language) -> str:
    groupings = [
        " × ".join(
            f"{getattr(subsystem.fields[field].name, language)} ({subsystem.label(field)})" for field in grouping
        )
        for grouping in kpi.groupings
        if grouping
    ]
    return "; ".join(groupings) or _WHOLE_ONLY.of(language)


def _limits(kpi: LimitedKpi, language: Language) -> list[tuple[Text, str]]:
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
