"""A subsystem in detail: its headline, every KPI, breakdowns with the worst first, alerts, quality of its data."""

from dataclasses import replace

from dashboards.grafana.addresses import CASES_VARIABLE, cases_link, dashboard_links, subsystem_uid
from dashboards.grafana.alerts import alert_table
from dashboards.grafana.breakdown import breakdown_table
from dashboards.grafana.charts import limits_text, stat, status_history, status_stat, timeseries
from dashboards.grafana.data_quality import data_quality
from dashboards.grafana.panel import Dashboard, Panel, Query, Section, by_name
from dashboards.grafana.queries import KpiQueries, all_queries, dimensions, kpi_queries, whole_statuses, with_reason
from dashboards.grafana.tile import tile_status
from dashboards.grafana.units import field_unit
from dashboards.grafana.words import (
    ALERTS,
    BREAKDOWN,
    DENOMINATOR,
    HEADLINE,
    LIMITED_KPIS,
    NOT_REPORTED,
    NUMERATOR,
    OTHER_KPIS,
    STATUS,
    STATUS_HISTORY,
    SUBSYSTEM,
    WINDOWS,
    WORST_FIRST,
    Speaker,
)
from dashboards.scorecard import headline_window
from ioc.cases.find import kpis_with_cases
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.catalogue.reconciliation import KPI as SOURCE_TOTAL
from ioc.catalogue.reconciliation import reconciling
from ioc.kpis import metric_names
from ioc.text.words import Words

_STATUS_TEXT = Words(
    "Trạng thái xấu nhất của các chỉ tiêu toàn tỉnh; xám cho biết vì sao không đánh giá được.",
    "The worst status of the KPIs as a whole; grey says why nothing can be judged.",
)
_HISTORY_TEXT = Words(
    "Trạng thái của từng chỉ tiêu có ngưỡng, theo thời gian.", "The status of each KPI with limits over time."
)


def subsystem_dashboard(catalogue: Catalogue, subsystem: Subsystem, say: Speaker) -> Dashboard:
    """The detail of one subsystem in one language."""
    kpis = all_queries(subsystem)
    limited = [kpi for kpi in kpis if kpi.limits is not None]
    against_source = reconciling(subsystem)
    others = [kpi for kpi in kpis if kpi.limits is None and kpi.slug not in (SOURCE_TOTAL, *against_source)]
    name = say(subsystem.name)
    sections = [
        Section("", _summary(catalogue, subsystem, say)),
        Section(say(LIMITED_KPIS), [panel for kpi in limited for panel in _limited(kpi, say)]),
        Section(
            f"{say(BREAKDOWN)}…, {say.lower(WORST_FIRST)}",
            [
                breakdown_table(catalogue, subsystem, field, broken_down, say)
                for field, broken_down in dimensions(kpi for kpi in kpis if kpi.slug != SOURCE_TOTAL).items()
            ],
        ),
        Section(say(OTHER_KPIS), [_unlimited(kpi, say) for kpi in others]),
        Section(say(ALERTS), [alert_table(catalogue, say, subsystem=subsystem)]),
        data_quality(subsystem, say, [_unlimited(kpi_queries(subsystem, slug), say) for slug in against_source]),
    ]
    return Dashboard(
        uid=subsystem_uid(subsystem.subsystem, say),
        title=f"{subsystem.order:02d}. {name}",
        description=f"{say(SUBSYSTEM)}: {name}.",
        language=say.language,
        sections=[section for section in sections if section.panels],
        span="24h",
        refresh="10s",
        variables=[CASES_VARIABLE],
        links=dashboard_links(say, subsystem.subsystem.replace("_", "-")),
    )


def _summary(catalogue: Catalogue, subsystem: Subsystem, say: Speaker) -> list[Panel]:
    kpi = kpi_queries(subsystem, subsystem.headline)
    window = headline_window(catalogue, subsystem.subsystem)
    panels = [
        status_stat(say(STATUS), say(_STATUS_TEXT), Query(tile_status(subsystem), say(STATUS)), (5, 6), say),
        stat(
            f"{say(HEADLINE)}: {say(kpi.kpi.name)}",
            _description(kpi, say),
            [Query(kpi.whole(window), say.lower(WINDOWS[window]))],
            (7, 6),
            say,
            unit=field_unit(kpi.kpi.unit, say),
            trend=True,
            digits=66,
        ),
    ]
    if kpi.kpi.ratio:
        parts = [
            Query(kpi.numerator(window), say.lower(NUMERATOR), instant=True),
            Query(kpi.denominator(window), say.lower(DENOMINATOR), instant=True),
        ]
        title = f"{say(NUMERATOR)}/{say.lower(DENOMINATOR)}"
        panels.append(stat(title, say(kpi.kpi.description), parts, (4, 6), say, unit=field_unit("cases", say)))
    statuses = (whole_statuses(subsystem, name) for name in (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON))
    history = Query(with_reason(*(f"max by (kpi) ({selector})" for selector in statuses)), "{{kpi}}")
    rest = 24 - sum(panel.width for panel in panels)
    limited = {slug: kpi for slug, kpi in subsystem.kpis.items() if kpi.limits is not None}
    names = [by_name(slug, {"displayName": say(kpi.name)}) for slug, kpi in limited.items()]
    return [
        *panels,
        status_history(say(STATUS_HISTORY), say(_HISTORY_TEXT), history, (rest, 6), say, overrides=names),
    ]


def _limited(kpi: KpiQueries, say: Speaker) -> list[Panel]:
    """A KPI in the window of its limits: its value, and over time with the limits drawn."""
    assert kpi.limits is not None
    window = say.lower(WINDOWS[kpi.window])
    query = Query(kpi.whole(), say(kpi.kpi.name), possibly_empty=kpi.kpi.possibly_empty)
    unit, text = field_unit(kpi.kpi.unit, say), _description(kpi, say)
    value = stat(say(kpi.kpi.name), text, [query], (5, 8), say, unit=unit)
    title = f"{say(kpi.kpi.name)} ({window})"
    return [
        _with_cases(value, kpi, say),
        timeseries(title, text, [query], (7, 8), say, unit=unit, limits=kpi.limits),
    ]


def _unlimited(kpi: KpiQueries, say: Speaker) -> Panel:
    """A KPI without limits: its value in every window, with the trend."""
    queries = [
        Query(kpi.whole(window), say.lower(WINDOWS[window]), possibly_empty=kpi.kpi.possibly_empty)
        for window in kpi.kpi.windows
    ]
    panel = stat(
        say(kpi.kpi.name),
        _description(kpi, say),
        queries,
        (12 if len(queries) > 3 else 6, 5),
        say,
        unit=field_unit(kpi.kpi.unit, say),
        trend=True,
        no_data=say(NOT_REPORTED) if kpi.kpi.reported else "",
    )
    return _with_cases(panel, kpi, say)


def _with_cases(panel: Panel, kpi: KpiQueries, say: Speaker) -> Panel:
    """The panel with a link to the cases behind the KPI, if it has any."""
    found = kpi.slug in kpis_with_cases(kpi.subsystem)
    return replace(panel, links=[cases_link(say, kpi.figure)]) if found else panel


def _description(kpi: KpiQueries, say: Speaker) -> str:
    limits = f" {limits_text(kpi.limits, kpi.kpi.unit, say)}" if kpi.limits else ""
    return f"{say(kpi.kpi.description)}{limits}"
