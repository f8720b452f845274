"""A breakdown as a table: a row for each unit, station or code, a column for each KPI, the worst first."""

from collections.abc import Mapping, Sequence

from dashboards.grafana.addresses import VALUE, cases_link, unit_link
from dashboards.grafana.charts import status_column, table, table_height
from dashboards.grafana.panel import Json, Panel, Query, by_name, letters
from dashboards.grafana.queries import KpiQueries, worst_of_each
from dashboards.grafana.status import text_mappings, value_mappings
from dashboards.grafana.units import field_unit
from dashboards.grafana.words import (
    BREAKDOWN,
    DENOMINATOR,
    KPI,
    NOT_REPORTED,
    NUMERATOR,
    PLATFORM,
    STATUS,
    SUBSYSTEM,
    WINDOWS,
    WORST_FIRST,
)
from ioc.cases.find import kpis_with_cases
from ioc.catalogue.model import Catalogue, FieldSpec, Subsystem
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text

_TEXT = Text(
    "Mỗi dòng là một giá trị của tiêu thức phân tổ; xếp theo trạng thái, rồi theo chỉ tiêu {0}.",
    "A row for each value of the dimension; ordered by status, then by {0}.",
)


def breakdown_table(
    catalogue: Catalogue, subsystem: Subsystem, field: str, kpis: list[KpiQueries], language: Language
) -> Panel:
    """The KPIs that are broken down by ``field``: the worst status first, then by the headline or what has limits."""
    ordered = sorted(kpis, key=lambda kpi: (kpi.slug != subsystem.headline, kpi.limits is None))
    spec, label = subsystem.fields[field], subsystem.label(field)
    columns = {label: spec.name.titled(language)}
    queries: list[Query] = []
    links = _links(subsystem, field, ordered[0], language)
    overrides: list[Json] = [
        by_name(
            spec.name.titled(language),
            {"mappings": names(catalogue, spec, language), "custom.width": 420, "links": links},
        )
    ]

    def column(expr: str, title: str, properties: Json, *, empty: bool) -> None:
        title = _free(title, columns)
        queries.append(Query(expr, instant=True, table=True, possibly_empty=empty))
        columns[f"Value #{letters(len(queries) - 1)}"] = title
        # Not every station, unit or code has every KPI.
        overrides.append(by_name(title, {**properties, "noValue": "–"}))

    main = ordered[0]
    judged = [kpi for kpi in ordered if kpi.limits is not None]
    if len(judged) > 1:
        # Not every station has the main KPI, and a unit may be bad at another one.
        empty = all(kpi.kpi.possibly_empty for kpi in judged)
        column(worst_of_each(judged, field), STATUS.titled(language), status_column(language), empty=empty)
    for kpi in ordered:
        title = _title(kpi, language)
        empty = kpi.kpi.possibly_empty
        column(kpi.of_each(field), title, field_unit(kpi.kpi.unit, language), empty=empty)
        if kpi.limits is not None:
            column(kpi.status_of_each(field), _status_title(kpi, language), status_column(language), empty=empty)
        if kpi is main and kpi.kpi.ratio:
            count = field_unit("cases", language)
            column(
                kpi.of_each(field, metric_names.numerator_name(kpi.metric)),
                NUMERATOR.titled(language),
                count,
                empty=empty,
            )
            column(
                kpi.of_each(field, metric_names.denominator_name(kpi.metric)),
                DENOMINATOR.titled(language),
                count,
                empty=empty,
            )
    if len(queries) == 1:
        columns["Value"] = columns.pop("Value #A")
    # What cannot be judged, as below the minimum sample, comes behind what can.
    statuses = (
        [(STATUS.titled(language) if len(judged) > 1 else _status_title(judged[0], language), True)] if judged else []
    )
    below = main.limits is not None and main.limits.direction == "below"
    return table(
        f"{BREAKDOWN.titled(language)}: {spec.name.titled(language)} ({WORST_FIRST.of(language)})",
        _TEXT.titled(language).format(main.kpi.name.titled(language)),
        queries,
        (24 if len(columns) > 4 else 12, _height(spec)),
        language,
        columns=columns,
        sort=[*statuses, (_title(main, language), not below)],
        overrides=overrides,
        no_data=NOT_REPORTED.titled(language) if main.kpi.reported else "",
        frozen=1,
    )


def _links(subsystem: Subsystem, field: str, main: KpiQueries, language: Language) -> list[Json]:
    """From a row to the page of its unit, and to its cases behind the main KPI."""
    to_unit = [unit_link(language)] if subsystem.fields[field].type == "unit" else []
    if main.slug not in kpis_with_cases(subsystem):
        return to_unit
    return [*to_unit, cases_link(language, main.figure, **{subsystem.label(field): VALUE})]


def _height(spec: FieldSpec) -> int:
    """Room for all rows of a dimension of few values, else for the worst ten, below titles of three lines."""
    return table_height(min(10, len(spec.values or range(10))), header_lines=3)


def unit_names(catalogue: Catalogue) -> list[Json]:
    return value_mappings({unit.code: {"text": unit.name} for unit in catalogue.province.units})


def subsystem_column(catalogue: Catalogue, language: Language) -> Json:
    """The override of a column with slugs of subsystems."""
    names = {slug: {"text": each.name.titled(language)} for slug, each in catalogue.subsystems.items()}
    names["platform"] = {"text": PLATFORM.titled(language)}
    return by_name(SUBSYSTEM.titled(language), {"mappings": value_mappings(names), "custom.width": 270})


def subsystem_series(catalogue: Catalogue, language: Language) -> list[Json]:
    """Overrides that give series named by the slugs of subsystems the subsystems' names."""
    return [by_name(slug, {"displayName": each.name.titled(language)}) for slug, each in catalogue.subsystems.items()]


def kpi_column(kpis: Mapping[str, KpiQueries], language: Language, links: Sequence[Json] = ()) -> Json:
    """The override of a column with names of KPIs over all subsystems, as ``health/beds``."""
    names = {figure: {"text": kpi.kpi.name.titled(language)} for figure, kpi in kpis.items()}
    # Alerts of feeds and of the platform have no KPI.
    return by_name(KPI.titled(language), {"mappings": value_mappings(names), "noValue": "–", "links": list(links)})


def names(catalogue: Catalogue, spec: FieldSpec, language: Language) -> list[Json]:
    """Value mappings from the codes of a field to what people call them."""
    if spec.type == "unit":
        return unit_names(catalogue)
    return text_mappings(spec.texts, language) if spec.texts else []


def _title(kpi: KpiQueries, language: Language) -> str:
    return f"{kpi.kpi.name.titled(language)} ({WINDOWS[kpi.window].of(language)})"


def _status_title(kpi: KpiQueries, language: Language) -> str:
    return f"{STATUS.titled(language)}: {kpi.kpi.name.titled(language)}"


def _free(title: str, columns: dict[str, str]) -> str:
    """The title, told apart from one that is there already."""
    return title if title not in columns.values() else _free(f"{title} ", columns)
