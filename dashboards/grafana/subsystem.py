"""A subsystem in detail: its headline, every KPI, breakdowns with the worst first, alerts, quality of its data."""

from collections.abc import Sequence
from dataclasses import replace

from dashboards.grafana.addresses import CASES_VARIABLE, cases_link, dashboard_links
from dashboards.grafana.alerts import alert_table
from dashboards.grafana.breakdown import breakdown_table
from dashboards.grafana.charts import limits_text, status_history, status_stat, timeseries
from dashboards.grafana.data_quality import data_quality
from dashboards.grafana.panel import Dashboard, Panel, Query, Section, by_name
from dashboards.grafana.present import kpi_stat
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
)
from dashboards.scorecard import headline_window
from ioc.cases.find import kpis_with_cases
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.catalogue.reconciliation import KPI as SOURCE_TOTAL
from ioc.catalogue.reconciliation import reconciling
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid
from ioc.time.windows import Window

_STATUS_TEXT = Text(
    "Trạng thái xấu nhất của các chỉ tiêu toàn tỉnh; xám cho biết vì sao không đánh giá được.",
    "The worst status of the KPIs as a whole; grey says why nothing can be judged.",
)
_HISTORY_TEXT = Text(
    "Trạng thái của từng chỉ tiêu có ngưỡng, theo thời gian.", "The status of each KPI with limits over time."
)


def subsystem_dashboard(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> Dashboard:
    """The detail of one subsystem in one language."""
    kpis = all_queries(subsystem)
    limited = [kpi for kpi in kpis if kpi.limits is not None]
    against_source = reconciling(subsystem)
    others = [kpi for kpi in kpis if kpi.limits is None and kpi.slug not in (SOURCE_TOTAL, *against_source)]
    name = subsystem.name.titled(language)
    sections = [
        Section("", _summary(catalogue, subsystem, language)),
        Section(LIMITED_KPIS.titled(language), _all_limited(subsystem, limited, language)),
        Section(
            f"{BREAKDOWN.titled(language)}…, {WORST_FIRST.of(language)}",
            [
                breakdown_table(catalogue, subsystem, field, broken_down, language)
                for field, broken_down in dimensions(kpi for kpi in kpis if kpi.slug != SOURCE_TOTAL).items()
            ],
        ),
        Section(ALERTS.titled(language), [alert_table(catalogue, language, subsystem=subsystem)]),
        Section(
            OTHER_KPIS.titled(language), [panel for kpi in others for panel in _unlimited(kpi, language)], closed=True
        ),
        data_quality(
            subsystem,
            language,
            [panel for slug in against_source for panel in _unlimited(kpi_queries(subsystem, slug), language)],
        ),
    ]
    return Dashboard(
        uid=dashboard_uid(subsystem.subsystem, language),
        title=f"{subsystem.order:02d}. {name}",
        description=f"{SUBSYSTEM.titled(language)}: {name}.",
        language=language,
        sections=[section for section in sections if section.panels],
        span="24h",
        refresh="10s",
        variables=[CASES_VARIABLE],
        links=dashboard_links(language, subsystem.subsystem.replace("_", "-")),
    )


def _summary(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> list[Panel]:
    """The status, the headline now with what it is made of, and its trend with the limits drawn."""
    kpi = kpi_queries(subsystem, subsystem.headline)
    window = headline_window(catalogue, subsystem.subsystem)
    panels = [
        status_stat(
            STATUS.titled(language),
            _STATUS_TEXT.titled(language),
            Query(tile_status(subsystem), STATUS.titled(language)),
            (4, 6),
            language,
        ),
        kpi_stat(
            f"{HEADLINE.titled(language)}: {kpi.kpi.name.titled(language)}",
            kpi,
            [Query(kpi.whole(window), WINDOWS[window].of(language))],
            (7, 6),
            language,
            description=_description(kpi, language),
            unit=field_unit(kpi.kpi.unit, language),
            digits=60,
        ),
    ]
    if kpi.kpi.ratio:
        parts = [
            Query(kpi.numerator(window), NUMERATOR.of(language)),
            Query(kpi.denominator(window), DENOMINATOR.of(language)),
        ]
        title = f"{NUMERATOR.titled(language)}/{DENOMINATOR.of(language)}"
        unit = field_unit("cases", language)
        text = kpi.kpi.description.titled(language)
        panels.append(kpi_stat(title, kpi, parts, (4, 6), language, description=text, unit=unit))
    rest = 24 - sum(panel.width for panel in panels)
    return [*panels, _over_time(kpi, window, (rest, 6), language)]


def _all_limited(subsystem: Subsystem, kpis: Sequence[KpiQueries], language: Language) -> list[Panel]:
    """The statuses of all over time, and each but the headline, which stands above."""
    if not kpis:
        return []
    statuses = (whole_statuses(subsystem, name) for name in (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON))
    history = status_history(
        STATUS_HISTORY.titled(language),
        _HISTORY_TEXT.titled(language),
        Query(with_reason(*(f"max by (kpi) ({selector})" for selector in statuses)), "{{kpi}}"),
        (24, 3 + len(kpis)),
        language,
        overrides=[by_name(kpi.slug, {"displayName": kpi.kpi.name.titled(language)}) for kpi in kpis],
    )
    others = [kpi for kpi in kpis if kpi.slug != subsystem.headline]
    return [history, *(panel for kpi in others for panel in _limited(kpi, language))]


def _limited(kpi: KpiQueries, language: Language) -> list[Panel]:
    """A KPI in the window of its limits: its value, and over time with the limits drawn."""
    query = Query(kpi.whole(), WINDOWS[kpi.window].of(language), possibly_empty=kpi.kpi.possibly_empty)
    unit, text = field_unit(kpi.kpi.unit, language), _description(kpi, language)
    value = kpi_stat(kpi.kpi.name.titled(language), kpi, [query], (5, 8), language, description=text, unit=unit)
    return [_with_cases(value, kpi, language), _over_time(kpi, kpi.window, (7, 8), language)]


def _unlimited(kpi: KpiQueries, language: Language) -> list[Panel]:
    """A KPI without limits: its value in every window, and over time."""
    queries = [
        Query(kpi.whole(window), WINDOWS[window].of(language), possibly_empty=kpi.kpi.possibly_empty)
        for window in kpi.kpi.windows
    ]
    width = 12 if len(queries) > 3 else 6
    panel = kpi_stat(
        kpi.kpi.name.titled(language),
        kpi,
        queries,
        (width, 5),
        language,
        description=_description(kpi, language),
        unit=field_unit(kpi.kpi.unit, language),
        no_data=NOT_REPORTED.titled(language) if kpi.kpi.reported else "",
    )
    return [_with_cases(panel, kpi, language), _over_time(kpi, kpi.window, (width, 5), language)]


def _over_time(kpi: KpiQueries, window: Window, size: tuple[int, int], language: Language) -> Panel:
    """A KPI over the page's time, with its limits if it has any."""
    name = kpi.kpi.name.titled(language)
    return timeseries(
        f"{name} ({WINDOWS[window].of(language)})",
        _description(kpi, language),
        [Query(kpi.whole(window), name, possibly_empty=kpi.kpi.possibly_empty)],
        size,
        language,
        unit=field_unit(kpi.kpi.unit, language),
        limits=kpi.limits,
        no_data=NOT_REPORTED.titled(language) if kpi.kpi.reported else "",
    )


def _with_cases(panel: Panel, kpi: KpiQueries, language: Language) -> Panel:
    """The panel with a link to the cases behind the KPI, if it has any."""
    found = kpi.slug in kpis_with_cases(kpi.subsystem)
    return replace(panel, links=[cases_link(language, kpi.figure)]) if found else panel


def _description(kpi: KpiQueries, language: Language) -> str:
    limits = f" {limits_text(kpi.limits, kpi.kpi.unit, language)}" if kpi.limits else ""
    return f"{kpi.kpi.description.titled(language)}{limits}"
