"""The ranking of communes or of agencies, the worst first, by every share of each unit that has a good end.

Nobody has a place on silence, with fewer cases than the minimum sample, or alone.
"""

from dashboards.grafana.addresses import VALUE, cases_link, unit_link
from dashboards.grafana.breakdown import unit_names
from dashboards.grafana.charts import TREND_COLUMN, table, table_height
from dashboards.grafana.compared import change_title
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name, by_title, choice, letters
from dashboards.grafana.present import is_known
from dashboards.grafana.queries import AGO, NONE, KpiQueries, all_queries, or_none
from dashboards.grafana.status import LOOKS, NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.unit_pages import unit_page
from dashboards.grafana.units import LOCAL_NUMBER, field_unit, shown, with_unit, written
from dashboards.grafana.words import DENOMINATOR, LEVEL, NUMERATOR, PERIOD, RANK, RANKING, TREND, UNIT
from dashboards.rules.exporters import of_unoutdated
from dashboards.rules.rule import selector
from dashboards.rules.units import UNIT as UNIT_LABEL
from dashboards.rules.units import by_unit, of_each_unit, with_enough
from ioc.catalogue.model import Catalogue
from ioc.figures.unit_ranks import RANKED_WINDOWS
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty, Status
from ioc.text.bilingual import Language, Text
from ioc.text.words import LEVELS, WINDOWS
from ioc.time.windows import Window

WITH_CASES_EVERYWHERE = ("public_services",)
"""Subsystems whose units all have their hundreds; of the others perhaps none has the minimum sample."""
WINDOW, LEVEL_OF = "$window", "$level"
_PICKED = RANKED_WINDOWS
_OPEN = 2
"""Of so many shares the tables are open, on two screens; a click opens the others."""

_DESCRIPTION = Text(
    "Xã, phường hoặc sở, ngành xếp theo từng tỷ lệ, xấu nhất đứng đầu; kỳ và cấp chọn ở đầu trang.",
    "Communes or agencies by each share, the worst first; period and level are picked at the top.",
)
_TEXT = Text(
    "{0} Xấu nhất đứng đầu. Không xếp hạng đơn vị có mẫu số dưới {1}, đơn vị chỉ có một mình, hoặc khi nguồn im lặng.",
    "{0} The worst first. No place with a denominator below {1}, alone, or while the feed is silent.",
)
_NONE = Text("Chưa đơn vị nào đủ mẫu, hoặc không có dữ liệu", "No unit has the minimum sample, or no data")
_PART = Text("Nhóm", "Part")
_GROUPS: tuple[tuple[str, Text, Status | None], ...] = (
    ("0.1", Text("10 % cuối", "last tenth"), Status.RED),
    ("0.5", Text("nửa dưới", "lower half"), None),
    ("0.9", Text("nửa trên", "upper half"), None),
    ("", Text("10 % đầu", "first tenth"), Status.GREEN),
)
"""Parts of the order, the worst first, each with the share of units that is in it or before it. Equals are in the
same part, where places would be told apart by chance."""
GROUPS = (Certainty.PARTLY_KNOWN.text, *(name for _, name, _ in _GROUPS))
"""What a `part_of_the_ranking` is called, from 0 on."""


def ranking(catalogue: Catalogue, language: Language) -> Dashboard:
    """The ranking in one language."""
    kpis = ranked_kpis(catalogue)
    sections = [
        Section(
            f"{kpi.subsystem.name.titled(language)}: {kpi.kpi.name.titled(language)}",
            [_table(catalogue, kpi, language)],
            closed=place >= _OPEN,
        )
        for place, kpi in enumerate(kpis)
    ]
    levels = {level: name.titled(language) for level, name in LEVELS.items()}
    windows: dict[str, str] = {window: WINDOWS[window].titled(language) for window in _PICKED}
    picked = [
        choice(LEVEL_OF.removeprefix("$"), LEVEL.titled(language), levels, "commune"),
        choice(WINDOW.removeprefix("$"), PERIOD.titled(language), windows, "7d"),
    ]
    return unit_page("ranking", RANKING, _DESCRIPTION, sections, language, picked=picked)


def ranked_kpis(catalogue: Catalogue) -> list[KpiQueries]:
    """Shares with a good end, of each unit, that have a running total; what has limits first in its subsystem."""
    return [
        kpi
        for subsystem in catalogue.subsystems.values()
        for kpi in sorted(all_queries(subsystem), key=lambda kpi: kpi.limits is None)
        if kpi.kpi.ratio and kpi.kpi.ranked and by_unit(subsystem, kpi.kpi) and "total" in kpi.kpi.windows
    ]


def windows_of(kpi: KpiQueries) -> tuple[Window, ...]:
    """The periods it is ranked by, the first as the page opens; what stands, as what is overdue, is read now."""
    return _PICKED if set(_PICKED) <= set(kpi.kpi.windows) else ("total",)


def _table(catalogue: Catalogue, kpi: KpiQueries, language: Language) -> Panel:
    in_periods = len(windows_of(kpi)) > 1
    window = WINDOW if in_periods else "total"
    ranked = ranked_units(kpi, window)
    before = of_each_unit(kpi.subsystem, kpi.kpi, kpi.metric, window, f" offset {AGO}")
    thin = kpi.subsystem.subsystem not in WITH_CASES_EVERYWHERE
    part_title = _PART.titled(language)
    share = with_unit(kpi.kpi.name.titled(language), kpi.kpi.unit, language)
    percent: Json = {**field_unit(kpi.kpi.unit), "custom.width": 200}
    count: Json = {"unit": LOCAL_NUMBER, "decimals": 0, "custom.width": 150}

    def part(metric: str) -> str:
        return f"{of_each_unit(kpi.subsystem, kpi.kpi, metric, window)} and on ({UNIT_LABEL}) ({ranked})"

    columns: dict[str, tuple[str, Json]] = {
        RANK.titled(language): (
            # That none is ranked is told while units are known; that nothing is, the table tells by itself.
            or_none(place_in_the_ranking(kpi, window, ranked), UNIT_LABEL, metric_names.UNIT_INFO),
            {"unit": LOCAL_NUMBER, "decimals": 0, "custom.width": 90, "mappings": [NO_NUMBER]},
        ),
        part_title: (part_of_the_ranking(kpi, window), _groups(language)),
        share: (shown(ranked, kpi.kpi.unit), percent),
        change_title(language): (
            written(shown(f"({ranked}) - on ({UNIT_LABEL}) {before}", kpi.kpi.unit)),
            percent,
        ),
        NUMERATOR.titled(language): (part(metric_names.numerator_name(kpi.metric)), count),
        DENOMINATOR.titled(language): (part(metric_names.denominator_name(kpi.metric)), count),
    }
    for counted in _lately(kpi):
        for recent in _PICKED[:-1]:
            count_of = of_each_unit(kpi.subsystem, counted.kpi, counted.metric, recent)
            title = f"{counted.kpi.name.titled(language)} ({WINDOWS[recent].of(language)})"
            columns[title] = (f"{count_of} and on ({UNIT_LABEL}) {ranked}", count)
    refs = [f"Value #{letters(number)}" for number in range(len(columns))]
    nobody = text_mappings({NONE: _NONE}, language)
    links = [unit_link(language), cases_link(language, kpi.figure, unit=VALUE)]
    period = "${window:text}" if in_periods else WINDOWS["total"].of(language)
    sample = f"{DENOMINATOR.of(language)} ≥ {kpi.kpi.minimum_sample_of_ranks}"
    return table(
        f"{kpi.kpi.name.titled(language)}, ${{level:text}} ({period}; {sample})",
        _TEXT.titled(language).format(kpi.kpi.description.titled(language), kpi.kpi.minimum_sample_of_ranks),
        [
            *(
                # Where all do alike there are no parts.
                Query(expr, instant=True, table=True, possibly_empty=thin or "offset" in expr or title == part_title)
                for title, (expr, _) in columns.items()
            ),
            Query(shown(ranked, kpi.kpi.unit), step="1h", possibly_empty=True),
        ],
        (24, table_height(14)),
        language,
        columns={
            UNIT_LABEL: UNIT.titled(language),
            **dict(zip(refs, columns, strict=True)),
            f"Trend #{letters(len(columns))}": TREND.titled(language),
        },
        sort=[(share, kpi.kpi.ranked == "least")],
        overrides=[
            by_name(UNIT.titled(language), {"mappings": [*unit_names(catalogue), *nobody], "links": links}),
            *(by_title(title, {**properties, "noValue": "–"}) for title, (_, properties) in columns.items()),
            by_name(TREND.titled(language), {**TREND_COLUMN, "custom.width": 330}),
        ],
        no_data=_NONE.titled(language),
        led=True,
    )


def _lately(kpi: KpiQueries) -> list[KpiQueries]:
    """Of what a share counts as it stands: that which came to it lately, as what fell overdue in the last days."""
    if [*kpi.kpi.windows] != ["total"]:
        return []
    counted = [each.kpi for each in kpi.kpi.inputs() if each.moves == 1]
    return [
        other
        for slug in counted
        for other in all_queries(kpi.subsystem)
        if other.kpi.measures() == kpi.subsystem.kpis[slug].measures() and set(_PICKED) <= set(other.kpi.windows)
    ]


def ranked_units(kpi: KpiQueries, window: str) -> str:
    """The KPI of each unit of the level that has the minimum sample, while anything is known of it; none alone."""
    enough = _with_enough(kpi, window)
    return f"({enough} and on () count({enough}) > 1)"


def _with_enough(kpi: KpiQueries, window: str) -> str:
    """The same, also of one that is alone."""
    value = f"({with_enough(kpi.subsystem, kpi.slug, kpi.kpi, window)})"
    at_level = f'max by ({UNIT_LABEL}) ({metric_names.UNIT_INFO}{{level="{LEVEL_OF}"}})'
    return f"{value} and on ({UNIT_LABEL}) {at_level} and on () ({is_known(kpi)}) == 1"


def place_in_the_ranking(kpi: KpiQueries, window: str, ranked: str) -> str:
    """The rank of each unit that is ``ranked``."""
    place = selector(metric_names.UNIT_RANK, subsystem=kpi.subsystem.subsystem, kpi=kpi.slug, window=window)
    return f"max by ({UNIT_LABEL}) ({of_unoutdated(place)}) and on ({UNIT_LABEL}) {ranked}"


def part_of_the_ranking(kpi: KpiQueries, window: str) -> str:
    """In which part of the order each unit is: 1 for the first of `_GROUPS`; 0 for all while not all is known.

    None where all do alike, or one is alone. Who shares the worst value is not in the upper half, however many do.
    """
    least = kpi.kpi.ranked == "least"
    better, worst = ("<", "max") if least else (">", "min")
    shares = [f"{1 - float(share):g}" if least else share for share, *_ in _GROUPS[:-1]]
    value = _with_enough(kpi, window)
    last, *upper = (f"(({value}) {better}= bool on () group_left () quantile({share}, {value}))" for share in shares)
    not_worst = f"(({value}) {better} bool on () group_left () {worst}({value}))"
    on_unit = f"on ({UNIT_LABEL})"
    place = f"(1 + {last} + {on_unit} ({f' + {on_unit} '.join(upper)}) * {on_unit} {not_worst})"
    some_are_better = f"max({value}) > min({value})"
    return f"{place} * on () group_left () ({is_known(kpi, Certainty.KNOWN)}) and on () ({some_are_better})"


def _groups(language: Language) -> Json:
    statuses = (Status.GREY, *(status for _, _, status in _GROUPS))
    looks: dict[int, Json] = {
        place: {"text": name.titled(language), "color": LOOKS[status].colour if status is not None else "text"}
        for place, (name, status) in enumerate(zip(GROUPS, statuses, strict=True))
    }
    return {
        "mappings": value_mappings(looks),
        "custom.cellOptions": {"type": "color-text"},
        "custom.width": 150,
        "unit": LOCAL_NUMBER,
    }
