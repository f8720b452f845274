"""Whether a subsystem's figures can be trusted: how new they are, and what became of every record."""

from collections.abc import Sequence

from dashboards.grafana.charts import stat, table, timeseries
from dashboards.grafana.panel import Json, Panel, Query, Section, by_name
from dashboards.grafana.queries import NONE, all_queries, kpi_queries, or_none
from dashboards.grafana.status import NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER, field_unit
from dashboards.grafana.words import DATA_QUALITY, FATES, KPI, NONE_REJECTED, NOT_REPORTED
from ioc.catalogue.model import Subsystem
from ioc.catalogue.reconciliation import KPI as SOURCE_TOTAL
from ioc.catalogue.reconciliation import LABEL as FIGURE
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text
from ioc.text.formats import DATA_AS_OF

_SILENCE = Text("Thời gian im lặng / chu kỳ", "Silence / expected interval")
_SILENT_FOR = Text("im lặng", "silent for")
_EXPECTED = Text("chu kỳ", "expected every")
_LATE = Text("Đến muộn", "Late")
_DUPLICATE = Text("Trùng", "Duplicate")
_REJECTED = Text("Bị từ chối", "Rejected")
_WAITING = Text("Chờ xử lý", "Waiting")
_ORPHANS = Text("Không có sự kiện mở", "Orphans")
_FATES = Text("Bản ghi theo kết quả xử lý (mỗi giây)", "Records by fate (per second)")
_REASONS = Text("Bị từ chối theo lý do", "Rejected by reason")
_RECONCILED = Text("Đối soát với nguồn", "Reconciliation with the source")
_REASON = Text("Lý do", "Reason")
_RECORDS = Text("Bản ghi", "Records")
_OURS = Text("Hệ thống", "Ours")
_SOURCE = Text("Nguồn", "Source")
_DIFFERENCE = Text("Chênh lệch", "Difference")

_TEXTS = {
    DATA_AS_OF: Text("Thời điểm của sự kiện mới nhất đã nhận.", "The newest event time received."),
    _SILENCE: Text(
        "Thời gian không có bản ghi nào được gửi, trong giờ hoạt động; quá chu kỳ là mất dữ liệu.",
        "Time in the feed's hours since anything was appended; longer than expected, the feed is silent.",
    ),
    _LATE: Text("Đã tính nhưng đến muộn hơn mức cho phép.", "Applied, but later than allowed."),
    _DUPLICATE: Text("Bản ghi gửi lại, không tính lần nữa.", "Records sent again, not counted again."),
    _REJECTED: Text(
        "Bản ghi sai, nằm trong hàng lỗi với lý do.", "Faulty records, kept as dead letters with the reason."
    ),
    _WAITING: Text("Bản ghi đã gửi nhưng chưa vào số liệu.", "Records appended and not yet in the figures."),
    _ORPHANS: Text(
        "Hồ sơ, vụ việc có sự kiện nhưng chưa có sự kiện mở.", "Entities with events whose opening never came."
    ),
    _FATES: Text(
        "Mọi bản ghi nhận được đều được tính, trùng hoặc bị từ chối.",
        "Every record consumed is applied, duplicate or rejected.",
    ),
    _REASONS: Text("Số bản ghi bị từ chối theo lý do.", "Rejected records by reason."),
    _RECONCILED: Text(
        "Số của hệ thống so với tổng số do chính nguồn báo cáo; số của nguồn có thể cũ hơn.",
        "Our figures against the totals that the source itself reports; the source's may be older.",
    ),
}


def data_quality(subsystem: Subsystem, language: Language, reconciliation: Sequence[Panel]) -> Section:
    """The row of a subsystem's detail; ``reconciliation`` are the panels of KPIs that the subsystem declares for it."""
    only = f'{{subsystem="{subsystem.subsystem}"}}'
    count = field_unit("records", language)

    def fate(name: str) -> str:
        return f'max({metric_names.EVENTS}{{subsystem="{subsystem.subsystem}",fate="{name}"}})'

    def one(title: Text, expr: str, unit: Json, width: int) -> Panel:
        return stat(
            title.titled(language),
            _TEXTS[title].titled(language),
            [Query(expr, title.titled(language))],
            (width, 4),
            language,
            unit=unit,
        )

    seconds = field_unit("seconds", language)
    silence = [
        Query(f"max({metric_names.FEED_SILENCE}{only})", _SILENT_FOR.of(language)),
        Query(f"max({metric_names.FEED_EXPECTED_INTERVAL}{only})", _EXPECTED.of(language)),
    ]
    panels = [
        one(DATA_AS_OF, f"1000 * max({metric_names.EVENT_TIME}{only})", {"unit": DATE_AND_TIME}, 5),
        stat(_SILENCE.titled(language), _TEXTS[_SILENCE].titled(language), silence, (7, 4), language, unit=seconds),
        one(_WAITING, f"max({metric_names.SOURCE_LAG}{only})", count, 3),
        one(_LATE, f"max({metric_names.EVENTS_LATE}{only})", count, 3),
        one(_DUPLICATE, fate("duplicate"), count, 3),
        one(_REJECTED, fate("rejected"), count, 3),
    ]
    if subsystem.entities:
        panels.append(_orphans(subsystem, only, language))
    panels += [_fates(subsystem, (12 if subsystem.entities else 18, 7), language), _reasons(only, language)]
    if SOURCE_TOTAL in subsystem.kpis:
        panels.append(_reconciliation(subsystem, language))
    panels += reconciliation
    return Section(DATA_QUALITY.titled(language), panels)


def _orphans(subsystem: Subsystem, only: str, language: Language) -> Panel:
    queries = [Query(f"max by (entity) ({metric_names.ORPHANS}{only})", "{{entity}}")]
    names = [
        by_name(slug, {"displayName": entity.name.titled(language)}) for slug, entity in subsystem.entities.items()
    ]
    unit = field_unit("records", language)
    return stat(
        _ORPHANS.titled(language),
        _TEXTS[_ORPHANS].titled(language),
        queries,
        (6, 7),
        language,
        unit=unit,
        overrides=names,
    )


def _fates(subsystem: Subsystem, size: tuple[int, int], language: Language) -> Panel:
    queries = [
        Query(
            f'max(rate({metric_names.EVENTS}{{subsystem="{subsystem.subsystem}",fate="{name}"}}[$__rate_interval]))',
            word.of(language),
        )
        for name, word in FATES.items()
    ]
    unit = {"unit": LOCAL_NUMBER, "decimals": 1}
    return timeseries(
        _FATES.titled(language), _TEXTS[_FATES].titled(language), queries, size, language, unit=unit, stacked=True
    )


def _reasons(only: str, language: Language) -> Panel:
    expr = or_none(
        f"max by (reason) ({metric_names.EVENTS_REJECTED}{only})", "reason", f"{metric_names.EVENTS_CONSUMED}{only}"
    )
    return table(
        _REASONS.titled(language),
        _TEXTS[_REASONS].titled(language),
        [Query(expr, instant=True, table=True)],
        (6, 7),
        language,
        columns={"reason": _REASON.titled(language), "Value": _RECORDS.titled(language)},
        sort=[(_RECORDS.titled(language), True)],
        overrides=[
            by_name(_REASON.titled(language), {"mappings": text_mappings({NONE: NONE_REJECTED}, language)}),
            by_name(_RECORDS.titled(language), {"mappings": [NO_NUMBER], "custom.width": 110}),
        ],
    )


def _reconciliation(subsystem: Subsystem, language: Language) -> Panel:
    """Our running figures beside those that the source reports of the same name."""
    source = kpi_queries(subsystem, SOURCE_TOTAL).of_each("kpi")
    ours = " or ".join(
        f'label_replace({kpi.whole("total")}, "{FIGURE}", "{kpi.slug}", "", "")'
        for kpi in all_queries(subsystem)
        if "total" in kpi.kpi.windows and not kpi.kpi.ratio and kpi.slug != SOURCE_TOTAL
    )
    # Only what the source reports at all is compared.
    compared = [source, f"({ours}) and on ({FIGURE}) {source}", f"({ours}) - on ({FIGURE}) {source}"]
    titles = [_SOURCE.titled(language), _OURS.titled(language), _DIFFERENCE.titled(language)]
    names = {kpi.slug: {"text": kpi.kpi.name.titled(language)} for kpi in all_queries(subsystem)}
    return table(
        _RECONCILED.titled(language),
        _TEXTS[_RECONCILED].titled(language),
        [Query(expr, instant=True, table=True, possibly_empty=True) for expr in compared],
        (24, 8),
        language,
        columns={FIGURE: KPI.titled(language)}
        | {f"Value #{ref}": title for ref, title in zip("ABC", titles, strict=True)},
        sort=[(_DIFFERENCE.titled(language), True)],
        overrides=[by_name(KPI.titled(language), {"mappings": value_mappings(names)})],
        no_data=NOT_REPORTED.titled(language),
    )
