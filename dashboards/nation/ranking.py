"""The ranking of provinces, the worst first, by every share that has a good end; none has a place on silence."""

import re

from dashboards.grafana.charts import TREND_COLUMN, table, table_height
from dashboards.grafana.compared import change_title, compared_with
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name, by_regexp, choice
from dashboards.grafana.queries import AGO, KpiQueries
from dashboards.grafana.ranking import ranked_kpis
from dashboards.grafana.status import LOOKS, NO_NUMBER
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER, field_unit, shown, with_unit
from dashboards.grafana.words import DENOMINATOR, NUMERATOR, PERIOD, RANKING, STATUS, TREND
from dashboards.nation.names import CELL_STATUS, PROVINCE, PROVINCE_INFO
from dashboards.nation.rules import PROVINCES, believed, of_counted
from dashboards.nation.wall import (
    PROVINCE_STATE,
    PROVINCE_WORD,
    RANKS,
    name_column,
    national_header,
    state_column,
)
from dashboards.rules.rule import selector
from dashboards.rules.wall import KEPT
from ioc.catalogue.model import Catalogue
from ioc.catalogue.nation import Nation
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty, Status
from ioc.text.bilingual import Language, Text
from ioc.text.formats import DATA_AS_OF
from ioc.text.wall import dashboard_uid
from ioc.text.words import WINDOWS
from ioc.time.windows import Window

WINDOW = "$window"
_PICKED: tuple[Window, ...] = ("7d", "30d", "total")
_OPEN = 1
"""Of so many shares the tables are open; a click opens the others."""
_DESCRIPTION = Text(
    "Các tỉnh xếp theo từng tỷ lệ của toàn tỉnh, xấu nhất đứng đầu; kỳ chọn ở đầu trang.",
    "The provinces by each share of the whole province, the worst first; the period is picked at the top.",
)
_TEXT = Text(
    "{0} Xấu nhất đứng đầu. Không xếp hạng tỉnh im lặng, tỉnh không biết số liệu hoặc có mẫu số dưới {1}.",
    "{0} The worst first. No place for a province that is silent, knows nothing or has a denominator below {1}.",
)
_STATES = Text("Tình trạng các tỉnh", "State of the provinces")
_STATES_TEXT = Text(
    "Trạng thái của từng tỉnh, số liệu của tỉnh đến lúc nào, bao nhiêu phân hệ ở mỗi trạng thái.",
    "The status of each province, how far its data goes, how many subsystems have each status.",
)
_NONE = Text("Chưa tỉnh nào có số liệu", "No province has figures")


_KEPT = f"1000 * max by ({PROVINCE}) (last_over_time({metric_names.DATA_TIME}[{KEPT}]))"
_DATA_TIME = f"{_KEPT} or on ({PROVINCE}) NaN * {PROVINCES}"
"""How far a province's data goes, or went when it was last heard; in ms, as Grafana reads times."""


def national_ranking(catalogue: Catalogue, nation: Nation, language: Language) -> Dashboard:
    """The ranking in one language."""
    sections = [
        Section(
            f"{kpi.subsystem.name.titled(language)}: {kpi.kpi.name.titled(language)}",
            [_table(nation, kpi, language)],
            closed=place >= _OPEN,
        )
        for place, kpi in enumerate(ranked_kpis(catalogue))
    ]
    windows: dict[str, str] = {window: WINDOWS[window].titled(language) for window in _PICKED}
    return Dashboard(
        uid=dashboard_uid(RANKS, language),
        title=f"{nation.name.titled(language)}: {RANKING.of(language)}",
        description=_DESCRIPTION.titled(language),
        language=language,
        sections=[
            Section("", [national_header(nation, language, RANKS)]),
            *sections,
            Section(_STATES.titled(language), [_states(nation, language)], closed=True),
        ],
        span="24h",
        refresh="1m",
        variables=[
            choice(WINDOW.removeprefix("$"), PERIOD.titled(language), windows, "7d"),
            compared_with(language, "7d"),
        ],
    )


def of_provinces(metric: str, window: str, ago: str = "") -> str:
    """A metric of the whole of each province; ``ago`` is an offset of PromQL."""
    series = f"{selector(metric, **{metric_names.WINDOW_LABEL: window})}{ago}"
    # Which exporter was the fresher one then is not asked of the past.
    return f"max by ({PROVINCE}) ({series if ago else of_counted(series)})"


def known(subsystem: str, kpi: str) -> str:
    """The provinces that know something of what makes a KPI now."""
    knowledge = of_counted(selector(metric_names.KPI_KNOWLEDGE, subsystem=subsystem, kpi=kpi))
    return f"(min by ({PROVINCE}) ({knowledge}) >= {Certainty.PARTLY_KNOWN:d})"


def _states(nation: Nation, language: Language) -> Panel:
    """Each province's status, how far its data goes and how many of its subsystems have each status."""
    statuses = (Status.RED, Status.YELLOW, Status.GREY, Status.GREEN)
    counts = {f"{LOOKS[status].shape} {status.text.titled(language)}": status for status in statuses}
    name, state, data = PROVINCE_WORD.titled(language), STATUS.titled(language), DATA_AS_OF.titled(language)
    of_cells = (
        f"count by ({PROVINCE}) ({CELL_STATUS} == {status:d}) or on ({PROVINCE}) 0 * {PROVINCES}"
        for status in counts.values()
    )
    exprs = [f"group by ({PROVINCE}, grafana) ({PROVINCE_INFO})", PROVINCE_STATE, _DATA_TIME, *of_cells]
    return table(
        _STATES.titled(language),
        _STATES_TEXT.titled(language),
        [Query(expr, instant=True, table=True) for expr in exprs],
        (24, table_height(len(nation.provinces))),
        language,
        columns={
            "grafana": name,
            **dict(zip((f"Value #{ref}" for ref in "BCDEFG"), (state, data, *counts), strict=True)),
        },
        sort=[(title, True) for title in counts],
        overrides=[
            by_name(name, {**name_column(nation, language), "custom.width": 300}),
            by_name(state, state_column(language)),
            by_name(data, {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], "custom.width": 240}),
            *(by_name(title, {"unit": LOCAL_NUMBER, "decimals": 0, "custom.width": 200}) for title in counts),
        ],
    )


def _table(nation: Nation, kpi: KpiQueries, language: Language) -> Panel:
    in_periods = set(_PICKED) <= set(kpi.kpi.windows)
    window = WINDOW if in_periods else "total"
    on = f"on ({PROVINCE})"
    least = kpi.kpi.minimum_sample_of_ranks
    denominator = of_provinces(metric_names.denominator_name(kpi.metric), window)
    value = believed(of_provinces(kpi.metric, window))
    ranked = f"{value} and {on} {known(kpi.subsystem.subsystem, kpi.slug)} and {on} {denominator} >= {least}"
    before = of_provinces(kpi.metric, window, f" offset {AGO}")
    share = with_unit(kpi.kpi.name.titled(language), kpi.kpi.unit, language)
    percent: Json = {**field_unit(kpi.kpi.unit), "custom.width": 240}
    count: Json = {"unit": LOCAL_NUMBER, "decimals": 0, "custom.width": 200}

    def part(metric: str) -> str:
        return f"{of_provinces(metric, window)} and {on} ({ranked})"

    columns: dict[str, tuple[str, Json]] = {
        share: (shown(ranked, kpi.kpi.unit), percent),
        change_title(language): (
            f"{shown(f'({ranked}) - {on} {before}', kpi.kpi.unit)} or {on} NaN * ({ranked})",
            {**percent, "mappings": [NO_NUMBER]},
        ),
        NUMERATOR.titled(language): (part(metric_names.numerator_name(kpi.metric)), count),
        DENOMINATOR.titled(language): (part(metric_names.denominator_name(kpi.metric)), count),
    }
    name = PROVINCE_WORD.titled(language)
    period = "${window:text}" if in_periods else WINDOWS["total"].of(language)
    instant = [f"group by ({PROVINCE}, grafana) ({PROVINCE_INFO}) and {on} ({ranked})"]
    instant += [expr for expr, _ in columns.values()]
    return table(
        f"{kpi.kpi.name.titled(language)} ({period}; {DENOMINATOR.of(language)} ≥ {least})",
        _TEXT.titled(language).format(kpi.kpi.description.titled(language), least),
        [
            *(Query(expr, instant=True, table=True, possibly_empty=True) for expr in instant),
            Query(shown(ranked, kpi.kpi.unit), step="1h", possibly_empty=True),
        ],
        (24, table_height(min(len(nation.provinces), 20))),
        language,
        columns={
            "grafana": name,
            **dict(zip((f"Value #{ref}" for ref in "BCDE"), columns, strict=True)),
            "Trend #F": TREND.titled(language),
        },
        sort=[(share, kpi.kpi.ranked == "least")],
        overrides=[
            by_name(name, {**name_column(nation, language), "custom.width": 300}),
            *(
                # A variable within a title is filled in before it is compared.
                by_regexp(f"/^{re.escape(title.partition('$')[0])}/", {**properties, "noValue": "–"})
                for title, (_, properties) in columns.items()
            ),
            by_name(TREND.titled(language), {**TREND_COLUMN, "custom.width": 330}),
        ],
        no_data=_NONE.titled(language),
    )
