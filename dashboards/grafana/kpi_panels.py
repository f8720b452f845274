"""The panels of one KPI: its value now and its trend, each with its unit and its limits."""

from dataclasses import replace

from dashboards.grafana.addresses import cases_link
from dashboards.grafana.charts import axis_of, limit_steps, limits_text, timeseries
from dashboards.grafana.panel import Panel, Query
from dashboards.grafana.present import kpi_stat, limited_stat
from dashboards.grafana.queries import KpiQueries
from dashboards.grafana.units import field_unit, shown, unit_word, with_unit
from dashboards.grafana.words import DENOMINATOR, NOT_REPORTED, NUMERATOR
from ioc.cases.find import kpis_with_cases
from ioc.text.bilingual import Language
from ioc.text.words import WINDOWS
from ioc.time.windows import Window


def value_now(
    kpi: KpiQueries, window: Window, size: tuple[int, int], language: Language, digits: int | None = None
) -> Panel:
    """Its value, in the colour of its status in the window of its limits."""
    title, text = _title(kpi, window, language), _description(kpi, language)
    if kpi.limits is not None and kpi.limits.window == window:
        panel = limited_stat(title, kpi, size, language, description=text, digits=digits)
    else:
        panel = _figures(title, kpi, [window], size, language, digits=digits)
    return _with_cases(panel, kpi, language)


def values_now(kpi: KpiQueries, size: tuple[int, int], language: Language) -> Panel:
    """Its value in every window."""
    title = with_unit(kpi.kpi.name.titled(language), kpi.kpi.unit, language)
    panel = _figures(title, kpi, kpi.kpi.windows, size, language)
    return _with_cases(panel, kpi, language)


def ahead_now(kpi: KpiQueries, size: tuple[int, int], language: Language) -> Panel:
    """What it tells of what is to come, which has no window behind it."""
    title = with_unit(kpi.kpi.name.titled(language), kpi.kpi.unit, language)
    query = Query(kpi.whole(), unit_word(kpi.kpi.unit, language), possibly_empty=kpi.kpi.possibly_empty)
    panel = kpi_stat(
        title,
        kpi,
        [query],
        size,
        language,
        description=_description(kpi, language),
        unit=field_unit(kpi.kpi.unit),
        digits=60,
    )
    return _with_cases(panel, kpi, language)


def parts_now(kpi: KpiQueries, window: Window, size: tuple[int, int], language: Language) -> Panel:
    """Numerator and denominator of a ratio."""
    return kpi_stat(
        f"{NUMERATOR.titled(language)}/{DENOMINATOR.of(language)}",
        kpi,
        [
            Query(kpi.numerator(window), NUMERATOR.of(language)),
            Query(kpi.denominator(window), DENOMINATOR.of(language)),
        ],
        size,
        language,
        description=kpi.kpi.description.titled(language),
        unit=field_unit("cases"),
    )


def over_time(kpi: KpiQueries, window: Window, size: tuple[int, int], language: Language) -> Panel:
    """Over the page's time, with its limits if it has any."""
    name = kpi.kpi.name.titled(language)
    query = shown(kpi.whole(window), kpi.kpi.unit)
    return timeseries(
        _title(kpi, window, language),
        _description(kpi, language),
        [Query(query, name, possibly_empty=kpi.kpi.possibly_empty)],
        size,
        language,
        unit=field_unit(kpi.kpi.unit),
        axis=axis_of(kpi.kpi, kpi.limits, language),
        limits=limit_steps(kpi.limits, kpi.kpi.unit) if kpi.limits else (),
        no_data=NOT_REPORTED.titled(language) if kpi.kpi.reported else "",
    )


def _figures(
    title: str,
    kpi: KpiQueries,
    windows: list[Window],
    size: tuple[int, int],
    language: Language,
    *,
    digits: int | None = None,
) -> Panel:
    queries = [
        Query(
            shown(kpi.whole(window), kpi.kpi.unit),
            WINDOWS[window].of(language),
            possibly_empty=kpi.kpi.possibly_empty,
        )
        for window in windows
    ]
    return kpi_stat(
        title,
        kpi,
        queries,
        size,
        language,
        description=_description(kpi, language),
        unit=field_unit(kpi.kpi.unit),
        no_data=NOT_REPORTED.titled(language) if kpi.kpi.reported else "",
        digits=digits,
    )


def _title(kpi: KpiQueries, window: Window, language: Language) -> str:
    return with_unit(kpi.kpi.name.titled(language), kpi.kpi.unit, language, WINDOWS[window].of(language))


def _with_cases(panel: Panel, kpi: KpiQueries, language: Language) -> Panel:
    """The panel with a link to the cases behind the KPI, if it has any."""
    found = kpi.slug in kpis_with_cases(kpi.subsystem)
    return replace(panel, links=[cases_link(language, kpi.figure)]) if found else panel


def _description(kpi: KpiQueries, language: Language) -> str:
    limits = f" {limits_text(kpi.limits, kpi.kpi.unit, language)}" if kpi.limits else ""
    return f"{kpi.kpi.description.titled(language)}{limits}"
