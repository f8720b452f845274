"""Whether a subsystem's figures can be trusted: how new they are, and what became of every record."""

from collections.abc import Sequence

from dashboards.grafana.charts import stat, table, timeseries
from dashboards.grafana.panel import Json, Panel, Query, Section, by_name
from dashboards.grafana.queries import NONE, all_queries, kpi_queries, or_none
from dashboards.grafana.status import NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER, field_unit
from dashboards.grafana.words import DATA_QUALITY, FATES, KPI, NONE_REJECTED, NOT_REPORTED, Speaker
from ioc.catalogue.model import Subsystem
from ioc.catalogue.reconciliation import KPI as SOURCE_TOTAL
from ioc.catalogue.reconciliation import LABEL as FIGURE
from ioc.kpis import metric_names
from ioc.text.formats import DATA_AS_OF
from ioc.text.words import Words

_SILENCE = Words("Thời gian im lặng / chu kỳ", "Silence / expected interval")
_SILENT_FOR = Words("im lặng", "silent for")
_EXPECTED = Words("chu kỳ", "expected every")
_LATE = Words("Đến muộn", "Late")
_DUPLICATE = Words("Trùng", "Duplicate")
_REJECTED = Words("Bị từ chối", "Rejected")
_WAITING = Words("Chờ xử lý", "Waiting")
_ORPHANS = Words("Không có sự kiện mở", "Orphans")
_FATES = Words("Bản ghi theo kết quả xử lý (mỗi giây)", "Records by fate (per second)")
_REASONS = Words("Bị từ chối theo lý do", "Rejected by reason")
_RECONCILED = Words("Đối soát với nguồn", "Reconciliation with the source")
_REASON = Words("Lý do", "Reason")
_RECORDS = Words("Bản ghi", "Records")
_OURS = Words("Hệ thống", "Ours")
_SOURCE = Words("Nguồn", "Source")
_DIFFERENCE = Words("Chênh lệch", "Difference")

_TEXTS = {
    DATA_AS_OF: Words("Thời điểm của sự kiện mới nhất đã nhận.", "The newest event time received."),
    _SILENCE: Words(
        "Thời gian không có bản ghi nào được gửi, trong giờ hoạt động; quá chu kỳ là mất dữ liệu.",
        "Time in the feed's hours since anything was appended; longer than expected, the feed is silent.",
    ),
    _LATE: Words("Đã tính nhưng đến muộn hơn mức cho phép.", "Applied, but later than allowed."),
    _DUPLICATE: Words("Bản ghi gửi lại, không tính lần nữa.", "Records sent again, not counted again."),
    _REJECTED: Words(
        "Bản ghi sai, nằm trong hàng lỗi với lý do.", "Faulty records, kept as dead letters with the reason."
    ),
    _WAITING: Words("Bản ghi đã gửi nhưng chưa vào số liệu.", "Records appended and not yet in the figures."),
    _ORPHANS: Words(
        "Hồ sơ, vụ việc có sự kiện nhưng chưa có sự kiện mở.", "Entities with events whose opening never came."
    ),
    _FATES: Words(
        "Mọi bản ghi nhận được đều được tính, trùng hoặc bị từ chối.",
        "Every record consumed is applied, duplicate or rejected.",
    ),
    _REASONS: Words("Số bản ghi bị từ chối theo lý do.", "Rejected records by reason."),
    _RECONCILED: Words(
        "Số của hệ thống so với tổng số do chính nguồn báo cáo; số của nguồn có thể cũ hơn.",
        "Our figures against the totals that the source itself reports; the source's may be older.",
    ),
}


def data_quality(subsystem: Subsystem, say: Speaker, reconciliation: Sequence[Panel]) -> Section:
    """The row of a subsystem's detail; ``reconciliation`` are the panels of KPIs that the subsystem declares for it."""
    only = f'{{subsystem="{subsystem.subsystem}"}}'
    count = field_unit("records", say)

    def fate(name: str) -> str:
        return f'max({metric_names.EVENTS}{{subsystem="{subsystem.subsystem}",fate="{name}"}})'

    def one(title: Words, expr: str, unit: Json, width: int) -> Panel:
        return stat(say(title), say(_TEXTS[title]), [Query(expr, say(title))], (width, 4), say, unit=unit)

    seconds = field_unit("seconds", say)
    silence = [
        Query(f"max({metric_names.FEED_SILENCE}{only})", say.lower(_SILENT_FOR)),
        Query(f"max({metric_names.FEED_EXPECTED_INTERVAL}{only})", say.lower(_EXPECTED)),
    ]
    panels = [
        one(DATA_AS_OF, f"1000 * max({metric_names.EVENT_TIME}{only})", {"unit": DATE_AND_TIME}, 5),
        stat(say(_SILENCE), say(_TEXTS[_SILENCE]), silence, (7, 4), say, unit=seconds),
        one(_WAITING, f"max({metric_names.FEED_LAG}{only})", count, 3),
        one(_LATE, f"max({metric_names.EVENTS_LATE}{only})", count, 3),
        one(_DUPLICATE, fate("duplicate"), count, 3),
        one(_REJECTED, fate("rejected"), count, 3),
    ]
    if subsystem.entities:
        panels.append(_orphans(subsystem, only, say))
    panels += [_fates(subsystem, (12 if subsystem.entities else 18, 7), say), _reasons(only, say)]
    if SOURCE_TOTAL in subsystem.kpis:
        panels.append(_reconciliation(subsystem, say))
    panels += reconciliation
    return Section(say(DATA_QUALITY), panels)


def _orphans(subsystem: Subsystem, only: str, say: Speaker) -> Panel:
    queries = [Query(f"max by (entity) ({metric_names.ORPHANS}{only})", "{{entity}}")]
    names = [by_name(slug, {"displayName": say(entity.name)}) for slug, entity in subsystem.entities.items()]
    unit = field_unit("records", say)
    return stat(say(_ORPHANS), say(_TEXTS[_ORPHANS]), queries, (6, 7), say, unit=unit, overrides=names)


def _fates(subsystem: Subsystem, size: tuple[int, int], say: Speaker) -> Panel:
    queries = [
        Query(
            f'max(rate({metric_names.EVENTS}{{subsystem="{subsystem.subsystem}",fate="{name}"}}[$__rate_interval]))',
            say.lower(word),
        )
        for name, word in FATES.items()
    ]
    unit = {"unit": LOCAL_NUMBER, "decimals": 1}
    return timeseries(say(_FATES), say(_TEXTS[_FATES]), queries, size, say, unit=unit, stacked=True)


def _reasons(only: str, say: Speaker) -> Panel:
    expr = or_none(
        f"max by (reason) ({metric_names.EVENTS_REJECTED}{only})", "reason", f"{metric_names.EVENTS_CONSUMED}{only}"
    )
    return table(
        say(_REASONS),
        say(_TEXTS[_REASONS]),
        [Query(expr, instant=True, table=True)],
        (6, 7),
        say,
        columns={"reason": say(_REASON), "Value": say(_RECORDS)},
        sort=[(say(_RECORDS), True)],
        overrides=[
            by_name(say(_REASON), {"mappings": text_mappings({NONE: NONE_REJECTED}, say)}),
            by_name(say(_RECORDS), {"mappings": [NO_NUMBER], "custom.width": 110}),
        ],
    )


def _reconciliation(subsystem: Subsystem, say: Speaker) -> Panel:
    """Our running figures beside those that the source reports of the same name."""
    source = kpi_queries(subsystem, SOURCE_TOTAL).of_each("kpi")
    ours = " or ".join(
        f'label_replace({kpi.whole("total")}, "{FIGURE}", "{kpi.slug}", "", "")'
        for kpi in all_queries(subsystem)
        if "total" in kpi.kpi.windows and not kpi.kpi.ratio and kpi.slug != SOURCE_TOTAL
    )
    # Only what the source reports at all is compared.
    compared = [source, f"({ours}) and on ({FIGURE}) {source}", f"({ours}) - on ({FIGURE}) {source}"]
    titles = [say(_SOURCE), say(_OURS), say(_DIFFERENCE)]
    names = {kpi.slug: {"text": say(kpi.kpi.name)} for kpi in all_queries(subsystem)}
    return table(
        say(_RECONCILED),
        say(_TEXTS[_RECONCILED]),
        [Query(expr, instant=True, table=True, possibly_empty=True) for expr in compared],
        (24, 8),
        say,
        columns={FIGURE: say(KPI)} | {f"Value #{ref}": title for ref, title in zip("ABC", titles, strict=True)},
        sort=[(say(_DIFFERENCE), True)],
        overrides=[by_name(say(KPI), {"mappings": value_mappings(names)})],
        no_data=say(NOT_REPORTED),
    )
