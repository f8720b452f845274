"""The ranking of communes and of agencies, the best first, by every share that has a good end, 7 days and the total.

Any column sorts. Units with fewer cases than the minimum sample have no place.
"""

from dashboards.grafana.addresses import VALUE, cases_link, unit_link
from dashboards.grafana.breakdown import unit_names
from dashboards.grafana.charts import table, table_height
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name
from dashboards.grafana.peers import AGO
from dashboards.grafana.queries import KpiQueries, all_queries
from dashboards.grafana.unit_pages import unit_page
from dashboards.grafana.units import LOCAL_NUMBER
from dashboards.grafana.words import DENOMINATOR, LEVELS, NUMERATOR, RANK, RANKING, UNIT, WINDOWS
from dashboards.rules.units import UNIT as UNIT_LABEL
from dashboards.rules.units import by_unit, of_each_unit, with_enough
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names
from ioc.text.bilingual import Language, Text
from ioc.time.windows import Window

WITH_CASES_EVERYWHERE = ("public_services",)
"""Subsystems whose units all have their hundreds; of the others perhaps none has the minimum sample."""
RANKED_WINDOWS: tuple[Window, ...] = ("7d", "total")

_DESCRIPTION = Text(
    "Xã, phường và sở, ngành xếp theo từng tỷ lệ, 7 ngày và lũy kế, tốt nhất đứng đầu.",
    "Communes and agencies by each share, 7 days and the running total, the best first.",
)
_TEXT = Text(
    "{0} Tốt nhất đứng đầu; bấm tên cột để sắp xếp. Không xếp hạng đơn vị có mẫu số dưới {1}.",
    "{0} The best first; click a column's title to sort. Units with a denominator below {1} have no place.",
)
_CHANGE = Text("Thay đổi", "Change")
_NONE = Text("Chưa đơn vị nào đủ mẫu, hoặc không có dữ liệu", "No unit has the minimum sample, or no data")


def ranking(catalogue: Catalogue, language: Language) -> Dashboard:
    """The ranking in one language."""
    sections = [
        Section(
            f"{kpi.subsystem.name.titled(language)}: {kpi.kpi.name.titled(language)}",
            [_table(catalogue, kpi, level, window, language) for level in LEVELS for window in RANKED_WINDOWS],
        )
        for kpi in ranked_kpis(catalogue)
    ]
    return unit_page("ranking", RANKING, _DESCRIPTION, sections, language)


def ranked_kpis(catalogue: Catalogue) -> list[KpiQueries]:
    """Shares with a good end, of each unit, in both windows."""
    return [
        kpi
        for subsystem in catalogue.subsystems.values()
        for kpi in all_queries(subsystem)
        if kpi.kpi.ratio and kpi.kpi.ranked and by_unit(subsystem, kpi.kpi)
        if set(RANKED_WINDOWS) <= set(kpi.kpi.windows)
    ]


def _table(catalogue: Catalogue, kpi: KpiQueries, level: str, window: Window, language: Language) -> Panel:
    value = f"({with_enough(kpi.subsystem, kpi.slug, kpi.kpi, window)})"
    at_level = f'max by ({UNIT_LABEL}) ({metric_names.UNIT_INFO}{{level="{level}"}})'
    ranked = f"{value} and on ({UNIT_LABEL}) {at_level}"

    def part(metric: str) -> str:
        return f"{of_each_unit(kpi.subsystem, kpi.kpi, metric, window)} and on ({UNIT_LABEL}) ({ranked})"

    thin = kpi.subsystem.subsystem not in WITH_CASES_EVERYWHERE
    before = of_each_unit(kpi.subsystem, kpi.kpi, kpi.metric, window, f" offset {AGO}")
    change = f"({ranked}) - on ({UNIT_LABEL}) {before}"
    exprs = [
        ranked,
        change,
        part(metric_names.numerator_name(kpi.metric)),
        part(metric_names.denominator_name(kpi.metric)),
    ]
    share = kpi.kpi.name.titled(language)
    titles = [share, _CHANGE.titled(language), NUMERATOR.titled(language), DENOMINATOR.titled(language)]
    columns = {_ROW: RANK.titled(language), UNIT_LABEL: UNIT.titled(language)}
    columns |= {f"Value #{ref}": title for ref, title in zip("ABCD", titles, strict=True)}
    percent: Json = {"unit": "percentunit", "decimals": 2, "custom.width": 150}
    count: Json = {"unit": LOCAL_NUMBER, "decimals": 0, "custom.width": 120}
    links = [unit_link(language), cases_link(language, kpi.figure, unit=VALUE)]
    sample = f"{DENOMINATOR.of(language)} ≥ {kpi.kpi.minimum_sample_of_ranks}"
    best_first = kpi.kpi.ranked == "most"
    return table(
        f"{share}, {LEVELS[level].of(language)} ({WINDOWS[window].of(language)}; {sample})",
        _TEXT.titled(language).format(kpi.kpi.description.titled(language), kpi.kpi.minimum_sample_of_ranks),
        [Query(expr, instant=True, table=True, possibly_empty=thin or expr == change) for expr in exprs],
        (12, table_height(10 if level == "commune" else 6, header_lines=2)),
        language,
        columns=columns,
        sort=[],
        ranked_by=("Value #A", best_first, _ROW),
        overrides=[
            by_name(RANK.titled(language), {"unit": LOCAL_NUMBER, "decimals": 0, "custom.width": 80}),
            by_name(UNIT.titled(language), {"mappings": unit_names(catalogue), "links": links}),
            by_name(share, percent),
            by_name(_CHANGE.titled(language), {**percent, "noValue": "–"}),
            by_name(NUMERATOR.titled(language), count),
            by_name(DENOMINATOR.titled(language), count),
        ],
        no_data=_NONE.titled(language),
    )


_ROW = "rank"
