"""A breakdown as a table: a row for each unit, station or code, a column for each KPI, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.grafana.addresses import VALUE, cases_link, unit_link
from dashboards.grafana.charts import TREND_COLUMN, status_column, table, table_height
from dashboards.grafana.compared import change_title
from dashboards.grafana.panel import Json, Panel, Query, by_name, by_title, letters
from dashboards.grafana.present import unless_unknown
from dashboards.grafana.queries import KpiQueries, worst_of_each
from dashboards.grafana.status import text_mappings, value_mappings
from dashboards.grafana.units import field_unit, shown, with_unit, written
from dashboards.grafana.words import (
    DENOMINATOR,
    KPI,
    NO_DATA,
    NOT_REPORTED,
    NUMERATOR,
    PLATFORM,
    STATUS,
    SUBSYSTEM,
    TREND,
    WORST_FIRST,
)
from ioc.cases.find import kpis_with_cases
from ioc.catalogue.model import Catalogue, FieldSpec
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text
from ioc.text.words import WINDOWS

_TEXT = Text(
    "Mỗi dòng là một giá trị của tiêu thức phân tổ; xếp theo trạng thái, rồi theo chỉ tiêu {0}.",
    "A row for each value of the dimension; ordered by status, then by {0}.",
)
_PLACE_WIDTH, _STATUS_WIDTH, _FIGURE_WIDTH, _COUNT_WIDTH = 330, 190, 150, 120
TABLE_WIDTH = 1860
"""Pixels that the columns of a table over the whole page have."""
_EVERY = "1h"


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    query: Query
    properties: Json
    width: int = _FIGURE_WIDTH


def worst_places(
    catalogue: Catalogue, kpis: Sequence[KpiQueries], field: str, language: Language, *, rows: int
) -> Panel:
    """Each place with the KPIs that have limits there, the first with its trend and what it is made of; worst first."""
    main, *others = sorted(kpis, key=lambda kpi: kpi.slug != kpi.subsystem.headline)
    columns = [*_overall(kpis, field, language), *_figure(main, field, language)]
    change = _query(unless_unknown(written(main.change_of_each(field)), main), empty=True)
    columns.append(_Column(change_title(language), change, field_unit(main.kpi.unit), _COUNT_WIDTH))
    trend = Query(shown(main.of_each(field), main.kpi.unit), step=_EVERY, possibly_empty=True)
    columns.append(_Column(TREND.titled(language), trend, TREND_COLUMN, TREND_COLUMN["custom.width"]))
    for kpi in others:
        columns += _figure(kpi, field, language)
    if main.kpi.ratio:
        columns += _parts(main, field, language)
    # What has no room is in the closed row.
    return _table(catalogue, main, field, _fitting(columns, TABLE_WIDTH)[0], language, rows=rows)


def other_breakdowns(catalogue: Catalogue, kpis: Sequence[KpiQueries], field: str, language: Language) -> list[Panel]:
    """Every KPI of each value of a field, in as many tables as it takes for no column to be cut."""
    ordered = sorted(kpis, key=lambda kpi: (kpi.slug != kpi.subsystem.headline, kpi.limits is None))
    columns = [column for kpi in ordered for column in _figure(kpi, field, language)]
    rows = min(10, len(ordered[0].subsystem.fields[field].values or range(10)))
    return [
        _table(catalogue, ordered[0], field, shown_together, language, rows=rows)
        for shown_together in _fitting(columns, TABLE_WIDTH)
    ]


def _overall(kpis: Sequence[KpiQueries], field: str, language: Language) -> list[_Column]:
    """The worst status of a place over all its KPIs: not every place has the main one, or is bad at it."""
    if len(kpis) < 2:
        return []
    query = _query(worst_of_each(kpis, field), empty=all(kpi.kpi.possibly_empty for kpi in kpis))
    return [_Column(STATUS.titled(language), query, status_column(language), _STATUS_WIDTH)]


def _figure(kpi: KpiQueries, field: str, language: Language) -> list[_Column]:
    """A KPI's value and, where it has limits, its status."""
    empty = kpi.kpi.possibly_empty
    value = _query(unless_unknown(shown(kpi.of_each(field), kpi.kpi.unit), kpi), empty=empty)
    columns = [_Column(_title(kpi, language), value, field_unit(kpi.kpi.unit))]
    if kpi.limits is not None:
        status = _query(kpi.status_of_each(field), empty=empty)
        columns.append(_Column(_status_title(kpi, language), status, status_column(language), _STATUS_WIDTH))
    return columns


def _parts(kpi: KpiQueries, field: str, language: Language) -> list[_Column]:
    names = {NUMERATOR: metric_names.numerator_name, DENOMINATOR: metric_names.denominator_name}
    return [
        _Column(
            title.titled(language),
            _query(unless_unknown(kpi.of_each(field, name(kpi.metric)), kpi), empty=kpi.kpi.possibly_empty),
            field_unit("cases"),
            _COUNT_WIDTH,
        )
        for title, name in names.items()
    ]


def _query(expr: str, *, empty: bool) -> Query:
    return Query(expr, instant=True, table=True, possibly_empty=empty)


def _fitting(columns: Sequence[_Column], width: int) -> list[list[_Column]]:
    """The columns in tables of at most this width, in their order."""
    tables: list[list[_Column]] = [[]]
    room = width - _PLACE_WIDTH
    for column in columns:
        if sum(each.width for each in tables[-1]) + column.width > room:
            tables.append([])
        tables[-1].append(column)
    return tables


def _table(
    catalogue: Catalogue, main: KpiQueries, field: str, columns: Sequence[_Column], language: Language, *, rows: int
) -> Panel:
    """One row for each value of the field: the worst status first, then by the first figure."""
    spec, label = main.subsystem.fields[field], main.subsystem.label(field)
    place = spec.name.titled(language)
    properties = {"mappings": names(catalogue, spec, language), "links": _links(main, field, language)}
    titles = {label: place}
    # What is left of the width belongs to the names.
    overrides = [by_name(place, {**properties, "custom.minWidth": _PLACE_WIDTH, "custom.wrapText": True})]
    for number, column in enumerate(columns):
        title = _free(column.title, titles)
        kind = "Value" if column.query.instant else "Trend"
        titles[f"{kind} #{letters(number)}" if len(columns) > 1 else kind] = title
        # Not every station, unit or code has every KPI.
        overrides.append(by_title(title, {**column.properties, "custom.width": column.width, "noValue": "–"}))
    shown_titles = [*titles.values()][1:]
    statuses = [title for title, column in zip(shown_titles, columns, strict=True) if column.width == _STATUS_WIDTH]
    figures = [title for title, column in zip(shown_titles, columns, strict=True) if column.width == _FIGURE_WIDTH]
    below = main.limits is not None and main.limits.direction == "below"
    # What cannot be judged, as below the minimum sample, comes behind what can.
    sort = [*((title, True) for title in statuses[:1]), *((title, not below) for title in figures[:1])]
    return table(
        place + (f" ({WORST_FIRST.of(language)})" if statuses else ""),
        _TEXT.titled(language).format(main.kpi.name.titled(language)),
        [column.query for column in columns],
        (24, table_height(rows, header_lines=3)),
        language,
        columns=titles,
        sort=sort,
        overrides=overrides,
        no_data=(NOT_REPORTED if main.kpi.reported else NO_DATA).titled(language),
        frozen=1,
    )


def _links(main: KpiQueries, field: str, language: Language) -> list[Json]:
    """From a row to the page of its unit, and to its cases behind the main KPI."""
    subsystem = main.subsystem
    to_unit = [unit_link(language)] if subsystem.fields[field].type == "unit" else []
    if main.slug not in kpis_with_cases(subsystem):
        return to_unit
    return [*to_unit, cases_link(language, main.figure, **{subsystem.label(field): VALUE})]


def unit_names(catalogue: Catalogue) -> list[Json]:
    return value_mappings({unit.code: {"text": unit.name} for unit in catalogue.province.units})


def subsystem_column(catalogue: Catalogue, language: Language) -> Json:
    """The override of a column with slugs of subsystems."""
    names = {slug: {"text": each.name.titled(language)} for slug, each in catalogue.subsystems.items()}
    names["platform"] = {"text": PLATFORM.titled(language)}
    return by_name(SUBSYSTEM.titled(language), {"mappings": value_mappings(names), "custom.width": 200})


def subsystem_series(catalogue: Catalogue, language: Language) -> list[Json]:
    """Overrides that give series named by the slugs of subsystems the subsystems' names."""
    return [by_name(slug, {"displayName": each.name.titled(language)}) for slug, each in catalogue.subsystems.items()]


def kpi_column(
    kpis: Mapping[str, KpiQueries], language: Language, links: Sequence[Json] = (), *, units: bool = False
) -> Json:
    """The override of a column with names of KPIs over all subsystems, as ``health/beds``; with their ``units``."""
    names = {
        figure: {"text": with_unit(kpi.kpi.name.titled(language), kpi.kpi.unit if units else "seconds", language)}
        for figure, kpi in kpis.items()
    }
    # Alerts of feeds and of the platform have no KPI.
    return by_name(KPI.titled(language), {"mappings": value_mappings(names), "noValue": "–", "links": list(links)})


def names(catalogue: Catalogue, spec: FieldSpec, language: Language) -> list[Json]:
    """Value mappings from the codes of a field to what people call them."""
    if spec.type == "unit":
        return unit_names(catalogue)
    return text_mappings(spec.texts, language) if spec.texts else []


def _title(kpi: KpiQueries, language: Language) -> str:
    return with_unit(kpi.kpi.name.titled(language), kpi.kpi.unit, language, WINDOWS[kpi.window].of(language))


def _status_title(kpi: KpiQueries, language: Language) -> str:
    return f"{STATUS.titled(language)}: {kpi.kpi.name.titled(language)}"


def _free(title: str, columns: dict[str, str]) -> str:
    """The title, told apart from one that is there already."""
    return title if title not in columns.values() else _free(f"{title} ", columns)
