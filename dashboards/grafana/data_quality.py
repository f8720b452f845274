"""Whether a subsystem's figures can be trusted: how new they are, and what became of every record."""

from collections.abc import Sequence

from dashboards.grafana.charts import stat, table, timeseries
from dashboards.grafana.feeds import feed_table
from dashboards.grafana.panel import Json, Panel, Query, Section, by_name
from dashboards.grafana.queries import NONE, all_queries, kpi_queries, or_none
from dashboards.grafana.status import NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER, field_unit
from dashboards.grafana.words import (
    DATA_QUALITY,
    FATES,
    FEED,
    KPI,
    NEWEST_EVENT,
    NONE_REJECTED,
    NOT_REPORTED,
    REJECTED,
)
from dashboards.rules.exporters import of_unoutdated
from ioc.catalogue.model import Subsystem
from ioc.catalogue.reconciliation import KPI as SOURCE_TOTAL
from ioc.catalogue.reconciliation import LABEL as FIGURE
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text

_DUPLICATE = Text("Trùng", "Duplicate")
_UNKNOWN_FEED = Text("không rõ nguồn", "unknown feed")
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
_COUNTED_SINCE = Text("Chỉ tiêu chưa đủ dữ liệu cũ", "KPIs that lack what was before")
_SINCE = Text("Đủ từ", "Complete since")
_FROM_THE_START = Text("Mọi chỉ tiêu đều đủ từ đầu", "All count from the start")

_TEXTS = {
    NEWEST_EVENT: Text("Thời điểm của sự kiện mới nhất đã nhận.", "The newest event time received."),
    _DUPLICATE: Text("Bản ghi gửi lại, không tính lần nữa.", "Records sent again, not counted again."),
    REJECTED: Text(
        "Bản ghi sai, nằm trong hàng lỗi với lý do.", "Faulty records, kept as dead letters with the reason."
    ),
    _WAITING: Text("Bản ghi đã gửi nhưng chưa vào số liệu.", "Records appended and not yet in the figures."),
    _ORPHANS: Text(
        "Hồ sơ, vụ việc có sự kiện nhưng chưa có sự kiện mở.", "Entities with events whose opening never came."
    ),
    _COUNTED_SINCE: Text(
        "Chỉ tiêu mới hơn số liệu đã lưu, hoặc thiếu sự kiện đã bị xóa trước khi được đọc: từ lúc nào thì tính đủ.",
        "KPIs newer than the state, or that lack events deleted before they were read: since when they count all.",
    ),
    _FATES: Text(
        "Mọi bản ghi nhận được đều được tính, trùng hoặc bị từ chối.",
        "Every record consumed is applied, duplicate or rejected.",
    ),
    _REASONS: Text(
        "Số bản ghi bị từ chối theo lý do và theo nguồn; loại sự kiện không đọc được thì không rõ nguồn.",
        "Rejected records by reason and feed, which is unknown where the type of the event could not be read.",
    ),
    _RECONCILED: Text(
        "Số của hệ thống so với tổng số do chính nguồn báo cáo; số của nguồn có thể cũ hơn.",
        "Our figures against the totals that the source itself reports; the source's may be older.",
    ),
}


def data_quality(subsystem: Subsystem, language: Language, reconciliation: Sequence[Panel]) -> Section:
    """The row of a subsystem's detail; ``reconciliation`` are the panels of KPIs that the subsystem declares for it."""
    only = f'{{subsystem="{subsystem.subsystem}"}}'
    count = field_unit("records")

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

    panels = [
        one(NEWEST_EVENT, f"1000 * max({metric_names.EVENT_TIME}{only})", {"unit": DATE_AND_TIME}, 6),
        one(_WAITING, f"max({metric_names.SOURCE_LAG}{only})", count, 6),
        one(_DUPLICATE, fate("duplicate"), count, 6),
        one(REJECTED, fate("rejected"), count, 6),
        feed_table(subsystem, language),
        _since(subsystem, only, language),
    ]
    if subsystem.entities:
        panels.append(_orphans(subsystem, only, language))
    panels += [_fates(subsystem, (10 if subsystem.entities else 16, 7), language), _reasons(subsystem, only, language)]
    if SOURCE_TOTAL in subsystem.kpis:
        panels.append(_reconciliation(subsystem, language))
    panels += reconciliation
    return Section(DATA_QUALITY.titled(language), panels, closed=True)


def _since(subsystem: Subsystem, only: str, language: Language) -> Panel:
    """The KPIs that lack what was before; none while all count everything."""
    since = f"1000 * max by (kpi) {of_unoutdated(metric_names.KPI_SINCE + only)}"
    # Only an exporter that answers can say that there is none.
    expr = or_none(since, "kpi", f"{metric_names.EVENTS_CONSUMED}{only}")
    names = {slug: kpi.name for slug, kpi in subsystem.kpis.items()} | {NONE: _FROM_THE_START}
    return table(
        _COUNTED_SINCE.titled(language),
        _TEXTS[_COUNTED_SINCE].titled(language),
        [Query(expr, instant=True, table=True)],
        (24, 5),
        language,
        columns={"kpi": KPI.titled(language), "Value": _SINCE.titled(language)},
        sort=[(_SINCE.titled(language), True)],
        overrides=[
            by_name(KPI.titled(language), {"mappings": text_mappings(names, language)}),
            by_name(_SINCE.titled(language), {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], "custom.width": 200}),
        ],
    )


def _orphans(subsystem: Subsystem, only: str, language: Language) -> Panel:
    queries = [Query(f"max by (entity) ({metric_names.ORPHANS}{only})", "{{entity}}")]
    names = [
        by_name(slug, {"displayName": entity.name.titled(language)}) for slug, entity in subsystem.entities.items()
    ]
    unit = field_unit("records")
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


def _reasons(subsystem: Subsystem, only: str, language: Language) -> Panel:
    unknown = "unknown"
    named = f'label_replace({metric_names.EVENTS_REJECTED}{only}, "feed", "{unknown}", "feed", "")'
    expr = or_none(f"max by (reason, feed) ({named})", "reason", f"{metric_names.EVENTS_CONSUMED}{only}")
    feeds = {slug: feed.name for slug, feed in subsystem.feeds.items()} | {unknown: _UNKNOWN_FEED}
    return table(
        _REASONS.titled(language),
        _TEXTS[_REASONS].titled(language),
        [Query(expr, instant=True, table=True)],
        (8, 7),
        language,
        columns={"reason": _REASON.titled(language), "feed": FEED.titled(language), "Value": _RECORDS.titled(language)},
        sort=[(_RECORDS.titled(language), True)],
        overrides=[
            by_name(_REASON.titled(language), {"mappings": text_mappings({NONE: NONE_REJECTED}, language)}),
            by_name(FEED.titled(language), {"mappings": text_mappings(feeds, language), "noValue": "–"}),
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
