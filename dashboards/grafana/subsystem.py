"""The page of a subsystem, on two screens: how it is, what breaks its limit and where; all else in closed rows."""

from collections.abc import Sequence

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links
from dashboards.grafana.alerts import alert_table
from dashboards.grafana.breakdown import other_breakdowns, worst_places
from dashboards.grafana.charts import status_history, status_stat
from dashboards.grafana.compared import compared_with
from dashboards.grafana.data_quality import data_quality
from dashboards.grafana.forecast import forecast_tables
from dashboards.grafana.kpi_panels import ahead_now, over_time, parts_now, value_now, values_now
from dashboards.grafana.panel import GRID_WIDTH, Dashboard, Panel, Query, Section, by_name
from dashboards.grafana.queries import KpiQueries, all_queries, dimensions, kpi_queries, whole_statuses, with_reason
from dashboards.grafana.tile import tile_status
from dashboards.grafana.words import (
    BREAKDOWN,
    BROKEN,
    OTHER_KPIS,
    STATUS,
    STATUS_HISTORY,
    SUBSYSTEM,
    WORST_PLACES,
)
from dashboards.rules.broken import place_field
from dashboards.rules.exporters import while_one_answers
from dashboards.rules.limited import limited_kpis
from dashboards.scorecard import headline_window
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.catalogue.reconciliation import KPI as SOURCE_TOTAL
from ioc.catalogue.reconciliation import reconciling
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid

_STATUS_TEXT = Text(
    "Trạng thái xấu nhất của các chỉ tiêu toàn tỉnh; xám cho biết vì sao không đánh giá được.",
    "The worst status of the KPIs as a whole; grey says why nothing can be judged.",
)
_HISTORY_TEXT = Text(
    "Trạng thái của từng chỉ tiêu có ngưỡng, theo thời gian.", "The status of each KPI with limits over time."
)
_ALERTS_HEIGHT = 6
_PLACES = 8
"""Rows of places that are seen at once, over all tables of them."""


def subsystem_dashboard(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> Dashboard:
    """The detail of one subsystem in one language."""
    kpis = all_queries(subsystem)
    limited = [kpi for kpi in kpis if kpi.limits is not None]
    against_source = reconciling(subsystem)
    elsewhere = {SOURCE_TOTAL, *against_source, *(kpi.slug for kpi in _ahead(subsystem))}
    others = [kpi for kpi in kpis if kpi.limits is None and kpi.slug not in elsewhere]
    name = subsystem.name.titled(language)
    sections = [
        Section("", _summary(catalogue, subsystem, language)),
        Section(BROKEN.titled(language), _all_limited(subsystem, limited, language)),
        Section("", forecast_tables(catalogue, subsystem, language)),
        Section("", [alert_table(catalogue, language, subsystem=subsystem, height=_ALERTS_HEIGHT)]),
        Section(WORST_PLACES.titled(language), _worst(catalogue, subsystem, language)),
        Section("", _history(subsystem, limited, language)),
        Section(
            OTHER_KPIS.titled(language), [panel for kpi in others for panel in _unlimited(kpi, language)], closed=True
        ),
        Section(f"{BREAKDOWN.titled(language)}…", _breakdowns(catalogue, kpis, language), closed=True),
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
        variables=[CASES_VARIABLE, compared_with(language)],
        links=dashboard_links(language, subsystem.subsystem.replace("_", "-")),
    )


def _summary(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> list[Panel]:
    """The status, the headline now with what it is made of, what falls due, and its trend with the limits drawn."""
    kpi = kpi_queries(subsystem, subsystem.headline)
    window = headline_window(catalogue, subsystem.subsystem)
    status = Query(while_one_answers(tile_status(subsystem)), STATUS.titled(language))
    panels = [
        status_stat(STATUS.titled(language), _STATUS_TEXT.titled(language), status, (4, 7), language),
        value_now(kpi, window, (6, 7), language, digits=60),
    ]
    if kpi.kpi.ratio:
        panels.append(parts_now(kpi, window, (4, 7), language))
    panels += [ahead_now(each, (5, 7), language) for each in _ahead(subsystem)]
    rest = GRID_WIDTH - sum(panel.width for panel in panels)
    return [*panels, over_time(kpi, window, (rest, 7), language)]


def _ahead(subsystem: Subsystem) -> list[KpiQueries]:
    """What tells of what is to come, as how many fall due: of several the one that is declared last."""
    return [kpi for kpi in all_queries(subsystem) if kpi.kpi.ahead is not None][-1:]


def _all_limited(subsystem: Subsystem, kpis: Sequence[KpiQueries], language: Language) -> list[Panel]:
    """Each but the headline, which stands above: its value, and below it its trend with the limits drawn."""
    others = [kpi for kpi in kpis if kpi.slug != subsystem.headline]
    if len(others) == 1:
        (kpi,) = others
        return [
            value_now(kpi, kpi.window, (6, 7), language),
            over_time(kpi, kpi.window, (GRID_WIDTH - 6, 7), language),
        ]
    in_a_row = min(4, len(others))
    panels: list[Panel] = []
    for first in range(0, len(others), in_a_row or 1):
        row = others[first : first + in_a_row]
        width = GRID_WIDTH // in_a_row
        panels += [value_now(kpi, kpi.window, (width, 4), language) for kpi in row]
        panels += [over_time(kpi, kpi.window, (width, 6), language) for kpi in row]
    return panels


def _worst(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> list[Panel]:
    """A table for each kind of place at which limits hold, the headline's first."""
    placed: dict[str, list[KpiQueries]] = {}
    for kpi in sorted(limited_kpis(subsystem), key=lambda kpi: kpi.slug != subsystem.headline):
        if field := place_field(kpi):
            placed.setdefault(field, []).append(kpi_queries(subsystem, kpi.slug))
    return [
        worst_places(catalogue, kpis, field, language, rows=_PLACES // len(placed)) for field, kpis in placed.items()
    ]


def _history(subsystem: Subsystem, kpis: Sequence[KpiQueries], language: Language) -> list[Panel]:
    if not kpis:
        return []
    statuses = (whole_statuses(subsystem, name) for name in (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON))
    return [
        status_history(
            STATUS_HISTORY.titled(language),
            _HISTORY_TEXT.titled(language),
            Query(with_reason(*(f"max by (kpi) ({selector})" for selector in statuses)), "{{kpi}}"),
            (GRID_WIDTH, 3 + len(kpis)),
            language,
            overrides=[by_name(kpi.slug, {"displayName": kpi.kpi.name.titled(language)}) for kpi in kpis],
        )
    ]


def _unlimited(kpi: KpiQueries, language: Language) -> list[Panel]:
    """A KPI without limits: its value in every window, and over time."""
    width = 12 if len(kpi.kpi.windows) > 3 else 6
    return [values_now(kpi, (width, 5), language), over_time(kpi, kpi.window, (width, 5), language)]


def _breakdowns(catalogue: Catalogue, kpis: Sequence[KpiQueries], language: Language) -> list[Panel]:
    return [
        panel
        for field, broken_down in dimensions(kpi for kpi in kpis if kpi.slug != SOURCE_TOTAL).items()
        for panel in other_breakdowns(catalogue, broken_down, field, language)
    ]
