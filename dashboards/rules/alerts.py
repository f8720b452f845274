"""The alert rules of the catalogue: one per KPI and severity, and one per feed."""

from collections.abc import Iterator

from dashboards.rules import wording
from dashboards.rules.exporters import recent
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import FEED_SILENT, feed_alert, kpi_alert
from dashboards.rules.rule import AlertRule, selector
from dashboards.rules.timing import FEED_HOLD, KEEP_FIRING, LEAD
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY, Severity
from ioc.text import formats
from ioc.text.bilingual import Text
from ioc.time.durations import Elapsed


def kpi_alerts(kpi: LimitedKpi) -> Iterator[AlertRule]:
    """One alert per severity, however many units break the limit; its value is the number of label sets that do.

    Where a critical limit is there too, the warning comes a little later, so that it never precedes what inhibits it.
    """
    name = kpi_alert(kpi.subsystem.subsystem, kpi.slug)
    for severity in kpi.limits.severities:
        status = selector(metric_names.KPI_STATUS, **kpi.identity)
        is_target = severity is Severity.WARNING and kpi.limits.critical is not None
        yield AlertRule(
            alert=name,
            expr=f"count by (subsystem, kpi) ({status} >= {STATUS_OF_SEVERITY[severity]:d})",
            hold=kpi.limits.hold.seconds + (LEAD if is_target else 0),
            keep_firing=KEEP_FIRING,
            labels={
                **kpi.identity,
                # Which silences hide it: Alertmanager and the relay look.
                "feeds": ",".join(feeds_of_kpi(kpi.subsystem, kpi.slug)),
                "layer": "kpi",
                "severity": severity.value,
                "class": kpi.limits.alert_class(severity),
            },
            annotations={
                "summary_vi": wording.summary(kpi, severity, "vi"),
                "summary_en": wording.summary(kpi, severity, "en"),
                "details_vi": wording.literal(kpi.kpi.description.vi),
                "details_en": wording.literal(kpi.kpi.description.en),
            },
        )


def feed_alerts(subsystem: Subsystem) -> Iterator[AlertRule]:
    """An alert for each feed that went silent, or that never spoke though it is expected to now, under one name.

    It wakes somebody where a KPI that rests on the feed would: without it that KPI is blind.
    """
    kpis = list(limited_kpis(subsystem))
    for slug, feed in subsystem.feeds.items():
        if feed.expected_interval is not None:
            pages = any(kpi.limits.alert == "page" and slug in feeds_of_kpi(subsystem, kpi.slug) for kpi in kpis)
            yield _feed_alert(subsystem.subsystem, slug, feed.name, feed.expected_interval, pages=pages)


def _feed_alert(subsystem: str, feed: str, title: Text, expected: Elapsed, *, pages: bool) -> AlertRule:
    name = feed_alert(subsystem)
    labels = {"subsystem": subsystem, "feed": feed}
    silent = selector(FEED_SILENT, **labels)
    in_hours = selector(metric_names.FEED_IN_HOURS, **labels)
    expected_now = f"max by (subsystem, feed) ({recent(in_hours)}) == 1"
    watched = f"max by (subsystem, feed) ({in_hours} offset {expected.seconds}s)"
    interval = Text(*(formats.duration(expected.seconds, language=language) for language in ("vi", "en")))
    return AlertRule(
        alert=name,
        # One that never spoke is given its interval, too, from when it is watched.
        expr=f"{silent} == 1\nor\n({expected_now} unless {silent} and on (subsystem, feed) {watched})",
        hold=FEED_HOLD,
        labels={
            **labels,
            "layer": "feed",
            "severity": "critical" if pages else "warning",
            "class": "page" if pages else "digest",
        },
        annotations={
            "summary_vi": f"Mất dữ liệu: {title.vi}, không có gì mới quá {interval.vi}",
            "summary_en": f"Feed silent: {title.en}, nothing new for more than {interval.en}",
            "details_vi": _silence("Im lặng", "Chưa từng có dữ liệu.", labels)
            + " Các chỉ tiêu dựa vào nguồn này hiển thị màu xám cho đến khi có dữ liệu.",
            "details_en": _silence("Silent for", "Nothing ever came.", labels)
            + " The KPIs that rest on it are grey until it speaks again.",
        },
    )


def _silence(before: str, never: str, labels: dict[str, str]) -> str:
    """A template: how long the feed has been silent in its hours."""
    matchers = ",".join(f"{name}='{value}'" for name, value in labels.items())
    return (
        f'{{{{ with query "min({metric_names.FEED_SILENCE}{{{matchers}}})" }}}}{before} '
        f"{{{{ . | first | value | humanizeDuration }}}}.{{{{ else }}}}{never}{{{{ end }}}}"
    )
