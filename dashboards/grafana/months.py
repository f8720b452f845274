"""Every KPI by calendar month over the whole past, as `ioc backfill` has put it into Prometheus."""

from dataclasses import replace

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links
from dashboards.grafana.charts import axis_of, timeseries
from dashboards.grafana.panel import Dashboard, Panel, Query, Section
from dashboards.grafana.units import field_unit, shown, with_unit
from dashboards.grafana.words import BY_MONTH
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.figures.months import window_by_month
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid

SPAN = "5y"
_DESCRIPTION = Text(
    "Từng chỉ tiêu theo tháng, như số liệu lúc cuối tháng đó.", "Every KPI by month, as it stood at the month's end."
)
_AT_ITS_END = Text("cuối tháng", "at the month's end")
_NO_MONTHS = Text("Chưa nạp các tháng trước", "No data")
_TWO_DAYS_MS = 2 * 86_400_000


def months(catalogue: Catalogue, language: Language) -> Dashboard:
    """The page in one language."""
    return Dashboard(
        uid=dashboard_uid("months", language),
        title=BY_MONTH.titled(language),
        description=_DESCRIPTION.titled(language),
        language=language,
        sections=[
            Section(each.name.titled(language), [_panel(each, name, language) for name in each.kpis])
            for each in catalogue.subsystems.values()
        ],
        span=SPAN,
        refresh="5m",
        variables=[CASES_VARIABLE],
        links=dashboard_links(language, "months"),
    )


def _panel(subsystem: Subsystem, name: str, language: Language) -> Panel:
    kpi = subsystem.kpis[name]
    stands = window_by_month(subsystem, name) != "month"
    month = f'{metric_names.KPI_MONTH}{{subsystem="{subsystem.subsystem}",kpi="{name}"}}'
    query = Query(shown(f"max({month})", kpi.unit), kpi.name.titled(language), possibly_empty=True)
    drawn = timeseries(
        with_unit(kpi.name.titled(language), kpi.unit, language, *([_AT_ITS_END.of(language)] if stands else [])),
        kpi.description.titled(language),
        [query],
        (8, 7),
        language,
        unit=field_unit(kpi.unit),
        axis=axis_of(kpi, None, language),
        no_data=_NO_MONTHS.titled(language),
    )
    # A month is a step: its figure stands at every midnight UTC in it, and nowhere between.
    custom = {**drawn.defaults["custom"], "lineInterpolation": "stepAfter", "spanNulls": _TWO_DAYS_MS}
    return replace(drawn, defaults={**drawn.defaults, "custom": custom}, interval="1d")
