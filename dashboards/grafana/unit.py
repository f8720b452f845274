"""The page of a unit: a commune or agency picked by its name, its KPIs of all subsystems beside those of its peers."""

from dashboards.grafana.addresses import cases_link
from dashboards.grafana.breakdown import kpi_column, subsystem_column
from dashboards.grafana.charts import stat, status_column, table, table_height
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name, choice, letters
from dashboards.grafana.peers import FIGURE, UNIT, Peers, unit_status
from dashboards.grafana.queries import KpiQueries, all_queries
from dashboards.grafana.status import BLUE, LOOKS, text_mappings
from dashboards.grafana.unit_pages import unit_page
from dashboards.grafana.units import LOCAL_NUMBER
from dashboards.grafana.words import KPI, NO_DATA, PERIOD, RANK, STATUS, SUBSYSTEM, UNIT_PAGE, WINDOWS
from dashboards.grafana.words import UNIT as UNIT_WORD
from dashboards.rules.units import by_unit
from ioc.catalogue.model import Catalogue
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text

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
        steps=[{"value": None, "color": look.colour}],
        digits=52,
    )


def _counted(expr: str, wanted: str) -> str:
    """How many are as wanted; 0 only where there is any at all."""
    return f"count(({expr}) {wanted}) or on () 0 * count({expr})"


def _places(title: Text, text: Text, wanted: str, language: Language) -> Panel:
    both = " or ".join(Peers(shares).places for shares in (True, False))
    return stat(
        title.titled(language),
        text.titled(language),
        [Query(_counted(both, wanted), title.titled(language))],
        (4, 4),
        language,
        unit={"unit": LOCAL_NUMBER, "decimals": 0},
        steps=[{"value": None, "color": BLUE}],
        digits=52,
    )


def _beside_peers(catalogue: Catalogue, language: Language, *, shares: bool) -> Panel:
    peers = Peers(shares)
    shown = [kpi for kpi in _kpis(catalogue) if (kpi.kpi.unit == "ratio") is shares]
    figures = {
        peers.status: STATUS,
        peers.value: _VALUE,
        peers.median: _MEDIAN,
        peers.rank: RANK,
        peers.number: _NUMBER,
        peers.climbed: _CLIMBED,
    }
    titles = {f"Value #{letters(place)}": title.titled(language) for place, title in enumerate(figures.values())}
    columns = {
        "subsystem": SUBSYSTEM.titled(language),
        FIGURE: KPI.titled(language),
        "window": PERIOD.titled(language),
        **titles,
    }
    amount: Json = {"unit": "percentunit", "decimals": 2} if shares else {"unit": LOCAL_NUMBER}
    whole: Json = {"unit": LOCAL_NUMBER, "decimals": 0, "noValue": "–", "custom.width": 130}
    return table(
        (_SHARES if shares else _OTHERS).titled(language),
        _TEXT.titled(language),
        # In a new installation nobody's rank has changed yet.
        [Query(expr, instant=True, table=True, possibly_empty=expr == peers.climbed) for expr in figures],
        (24, table_height(min(len(shown), 15))),
        language,
        columns=columns,
        sort=[(STATUS.titled(language), True), (RANK.titled(language), True)],
        overrides=[
            subsystem_column(catalogue, language),
            kpi_column(
                {kpi.figure: kpi for kpi in shown}, language, [cases_link(language, "${__value.raw}", unit=UNIT)]
            ),
            by_name(PERIOD.titled(language), {"mappings": text_mappings(WINDOWS, language), "custom.width": 110}),
            by_name(STATUS.titled(language), {**status_column(language), "noValue": ""}),
            by_name(_VALUE.titled(language), amount),
            by_name(_MEDIAN.titled(language), amount),
            by_name(RANK.titled(language), whole),
            by_name(_NUMBER.titled(language), whole),
            by_name(_CLIMBED.titled(language), whole),
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
