"""The page of a unit: a commune or agency picked by its name, its KPIs of all subsystems beside those of its peers."""

from dashboards.grafana.addresses import cases_link
from dashboards.grafana.breakdown import kpi_column, subsystem_column
from dashboards.grafana.charts import TREND_COLUMN, stat, status_column, table, table_height
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name, choice, letters
from dashboards.grafana.peers import FIGURE, UNIT, Peers, parts, unit_status
from dashboards.grafana.queries import KpiQueries, all_queries
from dashboards.grafana.status import BLUE, LOOKS, text_mappings
from dashboards.grafana.unit_pages import unit_page
from dashboards.grafana.units import LOCAL_NUMBER, with_unit
from dashboards.grafana.words import (
    CHANGE,
    DENOMINATOR,
    KPI,
    NO_DATA,
    NUMERATOR,
    PERIOD,
    RANK,
    STATUS,
    SUBSYSTEM,
    TREND,
    UNIT_PAGE,
)
from dashboards.grafana.words import UNIT as UNIT_WORD
from dashboards.rules.exporters import while_one_answers
from dashboards.rules.units import by_unit
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text
from ioc.text.words import WINDOWS

_DESCRIPTION = Text(
    "Mọi chỉ tiêu của một xã, phường, sở, ngành so với các đơn vị cùng cấp.",
    "Every KPI of one commune or agency beside those of its peers.",
)
_BESIDE_PEERS = Text("so với các đơn vị cùng cấp", "beside its peers")
_SHARES = Text("Tỷ lệ", "Shares")
_OTHERS = Text("Số lượng và điểm", "Counts and points")
_VALUE = Text("Giá trị", "Value")
_MEDIAN = Text("Trung vị", "Median")
_NUMBER = Text("Trên số đơn vị", "Of")
_CLIMBED = Text("Số bậc tăng", "Places gained")
_TEXT = Text(
    "So với trung vị của các đơn vị cùng cấp trong tỉnh; hạng 1 là tốt nhất, số bậc âm là tụt hạng. "
    "Dưới mẫu tối thiểu thì không có tên; chỉ đếm số lượng thì không xếp hạng.",
    "Against the median of the province's units of the same level; rank 1 is the best, negative places are a fall. "
    "What is below the minimum sample is left out; a mere count has no rank.",
)
_NOT_JUDGED = Text("Chưa đánh giá được", "Not judged")
_STATUS_TEXT = Text(
    "Số chỉ tiêu có ngưỡng của đơn vị ở trạng thái này.", "How many of the unit's KPIs with limits have this status."
)
_DIGITS = 36
"""Pixels: what is said where there is no number has room in two lines."""
_UPPER = Text("Nửa trên bảng xếp hạng", "Upper half of the ranking")
_UPPER_TEXT = Text(
    "Số chỉ tiêu xếp hạng mà đơn vị ở nửa trên.", "Ranked KPIs in which the unit is in the upper half of its peers."
)
_LAST = Text("Nhóm 10 % cuối", "Last tenth")
_LAST_TEXT = Text(
    "Số chỉ tiêu xếp hạng mà đơn vị ở một phần mười cuối.", "Ranked KPIs in which the unit is in the last tenth."
)


def unit_dashboard(catalogue: Catalogue, language: Language) -> Dashboard:
    """The page in one language; the unit is a variable."""
    units = {unit.code: unit.name for unit in catalogue.province.units}
    first = next(unit.code for unit in catalogue.province.units if unit.level == "commune")
    statuses = [_count_of(status, language) for status in (Status.RED, Status.YELLOW, Status.GREEN, Status.GREY)]
    sections = [
        Section(
            "${unit:text}",
            [
                *statuses,
                _places(_UPPER, _UPPER_TEXT, "<= 0.5", language),
                _places(_LAST, _LAST_TEXT, "> 0.9", language),
            ],
        ),
        Section(
            f"${{unit:text}}: {_BESIDE_PEERS.of(language)}",
            [_beside_peers(catalogue, language, shares=shares) for shares in (True, False)],
        ),
    ]
    unit = choice(UNIT.removeprefix("$"), UNIT_WORD.titled(language), units, first)
    return unit_page("unit", UNIT_PAGE, _DESCRIPTION, sections, language, picked=[unit])


def _count_of(status: Status, language: Language) -> Panel:
    look = LOOKS[status]
    wanted, word = ("< 1", _NOT_JUDGED) if status is Status.GREY else (f"== {status:d}", status.text)
    return stat(
        f"{look.shape} {word.titled(language)}",
        _STATUS_TEXT.titled(language),
        [Query(_counted(unit_status(), wanted), word.titled(language))],
        (4, 4),
        language,
        unit={"unit": LOCAL_NUMBER, "decimals": 0},
        steps=_counted_in(look.colour),
        digits=_DIGITS,
    )


def _counted_in(colour: str) -> list[Json]:
    """A number in a colour; where there is none that is told in grey."""
    return [{"value": None, "color": LOOKS[Status.GREY].colour}, {"value": 0, "color": colour}]


def _counted(expr: str, wanted: str) -> str:
    """How many are as wanted; 0 only where there is any at all."""
    return f"count(({expr}) {wanted}) or on () 0 * count({expr})"


def _places(title: Text, text: Text, wanted: str, language: Language) -> Panel:
    both = while_one_answers(" or ".join(Peers(shares).places for shares in (True, False)))
    return stat(
        title.titled(language),
        text.titled(language),
        [Query(_counted(both, wanted), title.titled(language))],
        (4, 4),
        language,
        unit={"unit": LOCAL_NUMBER, "decimals": 0},
        steps=_counted_in(BLUE),
        digits=_DIGITS,
    )


def _beside_peers(catalogue: Catalogue, language: Language, *, shares: bool) -> Panel:
    peers = Peers(shares)
    kpis = [kpi for kpi in _kpis(catalogue) if (kpi.kpi.unit == "ratio") is shares]
    ratios = [kpi for kpi in kpis if kpi.kpi.ratio]
    number: Json = {"unit": LOCAL_NUMBER, "decimals": 2, "noValue": "–", "custom.width": 125}
    whole: Json = {"unit": LOCAL_NUMBER, "decimals": 0, "noValue": "–", "custom.width": 95}
    columns: dict[Text, tuple[str, Json]] = {
        STATUS: (peers.status, {**status_column(language), "noValue": ""}),
        _VALUE: (peers.value, number),
        CHANGE: (peers.change, number),
        _MEDIAN: (peers.median, number),
        RANK: (peers.rank, whole),
        _NUMBER: (peers.number, whole),
        _CLIMBED: (peers.climbed, whole),
    }
    if ratios:
        parts_of = {NUMERATOR: metric_names.numerator_name, DENOMINATOR: metric_names.denominator_name}
        columns |= {title: (parts(ratios, part), whole) for title, part in parts_of.items()}
    queries = [
        # In a new installation nothing has changed yet.
        Query(while_one_answers(expr), instant=True, table=True, possibly_empty="offset" in expr)
        for expr, _ in columns.values()
    ]
    trend = Query(peers.trend, step="1h", possibly_empty=True)
    refs = [f"Value #{letters(place)}" for place in range(len(queries))]
    value = with_unit(_VALUE.titled(language), "ratio", language) if shares else _VALUE.titled(language)
    titles = [value if title is _VALUE else title.titled(language) for title in columns]
    shown_columns = {
        "subsystem": SUBSYSTEM.titled(language),
        FIGURE: KPI.titled(language),
        "window": PERIOD.titled(language),
        **dict(zip(refs, titles, strict=True)),
        f"Trend #{letters(len(queries))}": TREND.titled(language),
    }
    return table(
        (_SHARES if shares else _OTHERS).titled(language),
        _TEXT.titled(language),
        [*queries, trend],
        (24, table_height(min(len(kpis), 12), header_lines=2)),
        language,
        columns=shown_columns,
        sort=[(STATUS.titled(language), True), (RANK.titled(language), True)],
        overrides=[
            subsystem_column(catalogue, language),
            kpi_column(
                {kpi.figure: kpi for kpi in kpis},
                language,
                [cases_link(language, "${__value.raw}", unit=UNIT)],
                units=not shares,
            ),
            by_name(PERIOD.titled(language), {"mappings": text_mappings(WINDOWS, language), "custom.width": 100}),
            *(by_name(title, properties) for title, (_, properties) in zip(titles, columns.values(), strict=True)),
            by_name(TREND.titled(language), TREND_COLUMN),
        ],
        no_data=NO_DATA.titled(language),
    )


def _kpis(catalogue: Catalogue) -> list[KpiQueries]:
    return [
        kpi
        for subsystem in catalogue.subsystems.values()
        for kpi in all_queries(subsystem)
        if by_unit(subsystem, kpi.kpi)
    ]
