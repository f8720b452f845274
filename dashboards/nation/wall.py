"""The nation's wall: a row for each province, the worst first, a cell for each subsystem, on one screen in kiosk mode.

The row's name leads to the province's own Grafana.
"""

from collections.abc import Mapping
from dataclasses import replace

from dashboards.grafana.addresses import in_kiosk, path_of
from dashboards.grafana.canvas import Box, Element, canvas, fitting
from dashboards.grafana.charts import table
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name, letters
from dashboards.grafana.present import CLOCK_NOW
from dashboards.grafana.queries import OPEN_ALERTS, fields_of, with_reason
from dashboards.grafana.status import (
    BLUE,
    LOOKS,
    MUTED,
    REASONS,
    SHORT_REASONS,
    status_looks,
    status_steps,
    value_mappings,
)
from dashboards.grafana.units import CLOCK, LOCAL_NUMBER
from dashboards.grafana.words import ALERTS_OPEN, IOC, NO_ANSWER, NO_DATA, OTHER_LANGUAGE, RANKING, STATUS
from dashboards.nation.names import (
    CELL_GREY_REASON,
    CELL_STATUS,
    OLD,
    PROVINCE,
    PROVINCE_DOUBT,
    PROVINCE_INFO,
    PROVINCE_SCORE,
    PROVINCE_STATUS,
    Doubt,
)
from dashboards.rules.rule import selector
from ioc.catalogue.model import Catalogue
from ioc.catalogue.nation import Nation
from ioc.kpis import metric_names
from ioc.kpis.status import GreyReason, Status
from ioc.text.bilingual import Language, Text, other_language
from ioc.text.wall import dashboard_uid

WALL, RANKS = "nation", "nation-ranking"
"""The names of the nation's dashboards, in their uids and files."""
WALL_TITLE = Text("Các tỉnh, thành phố", "The provinces")
PROVINCE_WORD = Text("Tỉnh", "Province")
REFRESH = "5s"

_DESCRIPTION = Text(
    "Mọi tỉnh và phân hệ trên một màn hình, tỉnh im lặng rồi tỉnh xấu nhất đứng đầu.",
    "All provinces and subsystems on one screen: the silent, then the worst first.",
)
_HEADER = Text(
    "Đồng hồ chạy theo từng lần làm mới; nếu đồng hồ đứng thì màn hình đã đứng.",
    "The clock moves with every refresh: where it stands, the screen is frozen.",
)
_TEXT = Text(
    "Mỗi dòng một tỉnh, mỗi cột một phân hệ theo số ở trên. Tỉnh im lặng đứng đầu, rồi đến tỉnh có nhiều phân hệ "
    "cần xử lý nhất. Bấm vào tên tỉnh để mở màn hình của tỉnh.",
    "A row for each province, a column for each subsystem by its number above. The silent stand first, then those with "
    "the most red subsystems. A click on the name opens the province's own wall.",
)
_SILENT = Text("Tỉnh im lặng", "Silent provinces")
_RED = Text("Phân hệ cần xử lý", "Red subsystems")
_SIMULATED = Text("tỉnh có dữ liệu mô phỏng", "provinces with simulated data")
_NOT_ALL = Text("Chưa biết đủ", "not all known")
_LEGEND = Text("Phân hệ theo số của cột.", "The subsystems by the numbers of their columns.")

HEADER_HEIGHT = 3
_LEGEND_HEIGHT, _IN_A_LINE = 2, 6
_CELL_WIDTH, _NAME_WIDTH, _STATE_WIDTH = 50, 135, 185
"""Pixels; no column of a table is narrower than the first."""
PROVINCE_STATE = with_reason(f"max by ({PROVINCE}) ({PROVINCE_STATUS})", f"max by ({PROVINCE}) ({PROVINCE_DOUBT})")
"""The status of each province, less than 0 where it is not believed."""
_ORDER = f"({PROVINCE_SCORE} and time() - timestamp({PROVINCE_SCORE}) <= {OLD})"
"""The provinces by their scores, as long as the nation's own rules are evaluated: else nobody knows any more."""
_UNHEARD = "✕"
"""The shape of a cell of a province that is not believed; grey alone is what a province says itself."""
_ROWS = 17
"""Of one table: half of 34."""
_GRID_ROWS = 22
"""Its height: the title, a header of one line and the rows."""


def national_wall(catalogue: Catalogue, nation: Nation, language: Language) -> Dashboard:
    """The wall in one language."""
    number = len(nation.provinces)
    left = number if number <= _ROWS else -(-number // 2)
    parts = [f"topk({left}, {_ORDER})"]
    if number > left:
        parts.append(f"bottomk({number - left}, {_ORDER})")
    width = 24 // len(parts)
    panels = [
        national_header(nation, language, WALL),
        _legend(catalogue, language),
        *(_rows(catalogue, nation, picked, width, language) for picked in parts),
    ]
    return Dashboard(
        uid=dashboard_uid(WALL, language),
        title=f"{nation.name.titled(language)}: {WALL_TITLE.of(language)}",
        description=_DESCRIPTION.titled(language),
        language=language,
        sections=[Section("", panels)],
        span="8h",
        refresh=REFRESH,
        on_wall=True,
    )


def national_header(nation: Nation, language: Language, name: str) -> Panel:
    """The clock, how many provinces are silent, how many subsystems are red, and the way to the other pages."""
    other = RANKS if name == WALL else WALL
    title = RANKING if name == WALL else WALL_TITLE
    elements = [
        Element(Box(1, 70, 2, 56), text=nation.name.titled(language), size=44),
        Element(Box(1, 70, 58, 42), text=IOC.titled(language), size=26, colour=MUTED),
        *_counted(_SILENT, "silent", 30, language),
        *_counted(_RED, "red", 42, language),
        *_counted(ALERTS_OPEN, "alerts", 54, language),
        _link(Box(66, 18, 4, 34), title.titled(language), dashboard_uid(other, language)),
        _link(Box(66, 18, 36, 34), OTHER_LANGUAGE[language], dashboard_uid(name, other_language(language))),
        Element(Box(82, 1, 0, 66), text=NO_ANSWER.titled(language), field="clock", size=54, align="right"),
        Element(Box(66, 1, 70, 34), field="simulated", size=24, align="right", colour=LOOKS[Status.YELLOW].colour),
    ]
    counts = {
        "silent": f"(count({PROVINCE_DOUBT}) or on () 0 * count({PROVINCE_INFO})) and on () {_ORDER}",
        "red": f"(count({CELL_STATUS} == {Status.RED:d}) or on () 0 * count({CELL_STATUS})) and on () {_ORDER}",
        "alerts": OPEN_ALERTS,
        "simulated": f"count(max by ({PROVINCE}) ({metric_names.SIMULATED}) == 1)",
    }
    fields: dict[str, Json] = {
        "clock": {"unit": CLOCK},
        **{name: {"unit": LOCAL_NUMBER, "decimals": 0} for name in ("silent", "red", "alerts")},
        "simulated": {"unit": f"suffix: {_SIMULATED.of(language)}", "decimals": 0},
    }
    return canvas(
        _HEADER.titled(language),
        elements,
        [CLOCK_NOW, fields_of(counts)],
        (24, HEADER_HEIGHT),
        overrides=[by_name(field, properties) for field, properties in fields.items()],
        no_data=NO_DATA.titled(language),
    )


def _counted(title: Text, field: str, left: int, language: Language) -> list[Element]:
    right = 100 - left - 12
    return [
        Element(Box(left, right, 4, 40), text=title.titled(language), size=22, align="center", colour=MUTED),
        Element(Box(left, right, 44, 58), text="–", field=field, size=48, align="center"),
    ]


def _link(box: Box, text: str, uid: str) -> Element:
    return Element(box, text=text, size=26, colour=BLUE, align="center", link=in_kiosk(path_of(uid)))


def _legend(catalogue: Catalogue, language: Language) -> Panel:
    """Which subsystem has which number."""
    width = 100 / _IN_A_LINE
    elements = []
    for place, subsystem in enumerate(catalogue.subsystems.values()):
        line, column = divmod(place, _IN_A_LINE)
        text = fitting(f"{place + 1} {subsystem.name.titled(language)}", 20, 1880 / _IN_A_LINE - 20)
        box = Box(round(column * width, 2), round(100 - (column + 1) * width, 2), 2 + 32 * line, 30)
        elements.append(Element(box, text=text, size=20, colour=MUTED))
    return canvas(
        _LEGEND.titled(language),
        elements,
        [CLOCK_NOW],
        (24, _LEGEND_HEIGHT),
        overrides=[],
        no_data=NO_DATA.titled(language),
        transparent=True,
    )


def _rows(catalogue: Catalogue, nation: Nation, picked: str, width: int, language: Language) -> Panel:
    """The provinces that ``picked`` has, the first by its value first."""

    def of_picked(expr: str) -> Query:
        return Query(f"({expr}) and on ({PROVINCE}) {picked}", instant=True, table=True)

    queries = [
        of_picked(f"group by ({PROVINCE}, grafana) ({PROVINCE_INFO})"),
        of_picked(f"max by ({PROVINCE}) ({PROVINCE_SCORE})"),
        of_picked(PROVINCE_STATE),
        *(of_picked(_cell(slug)) for slug in catalogue.subsystems),
    ]
    names, states = PROVINCE_WORD.titled(language), STATUS.titled(language)
    numbers = [f"{place}" for place, _ in enumerate(catalogue.subsystems, 1)]
    shown = [f"Value #{letters(place)}" for place in range(2, len(queries))]
    panel = table(
        WALL_TITLE.titled(language),
        _TEXT.titled(language),
        queries,
        (width, _GRID_ROWS),
        language,
        columns={"grafana": names, **dict(zip(shown, [states, *numbers], strict=True))},
        sort=[],
        overrides=[
            by_name(names, name_column(nation, language)),
            by_name(states, {**state_column(language), "custom.width": _STATE_WIDTH}),
            *(by_name(number, _cell_column(language)) for number in numbers),
        ],
        no_data=NO_DATA.titled(language),
        one_of_several=True,
    )
    # By the score, which is no column.
    by_score: Json = {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "Value #B", "desc": True}]}}
    *merged, organised = panel.transformations
    return replace(panel, transformations=[*merged, by_score, organised])


def _cell(slug: str) -> str:
    status, reason = (
        f"sum by ({PROVINCE}) ({selector(metric, subsystem=slug)})" for metric in (CELL_STATUS, CELL_GREY_REASON)
    )
    return with_reason(status, reason)


def name_column(nation: Nation, language: Language) -> Json:
    """Of a field that holds the address of a province's Grafana: its name, which leads there."""
    texts = {member.grafana: {"text": member.name.titled(language)} for member in nation.provinces}
    url = f"${{__value.raw}}{in_kiosk(path_of(dashboard_uid('overview', language)))}"
    link = {"title": PROVINCE_WORD.titled(language), "url": url, "targetBlank": True}
    return {"mappings": value_mappings(texts), "links": [link], "custom.width": _NAME_WIDTH}


def _looks(language: Language, reasons: Mapping[GreyReason, Text]) -> dict[int, Json]:
    """Text and colour of every status and of every reason to be grey, a doubt's own shape before its words."""
    colour = LOOKS[Status.GREY].colour
    doubts = {-doubt: {"text": f"{_UNHEARD} {doubt.text.titled(language)}", "color": colour} for doubt in Doubt}
    return status_looks(language, reasons) | doubts


def state_column(language: Language) -> Json:
    """Of a field that holds `PROVINCE_STATE`: a province is grey where any of its subsystems is and none is worse."""
    grey = LOOKS[Status.GREY]
    partly = {int(Status.GREY): {"text": f"{grey.shape} {_NOT_ALL.titled(language)}", "color": grey.colour}}
    return {
        "mappings": value_mappings(_looks(language, SHORT_REASONS) | partly),
        "thresholds": {"mode": "absolute", "steps": status_steps()},
        "custom.cellOptions": {"type": "color-text"},
        "custom.align": "left",
        "custom.width": 300,
    }


def _cell_column(language: Language) -> Json:
    """A coloured cell with the status' shape alone."""
    shapes = {value: {**look, "text": look["text"].split()[0]} for value, look in _looks(language, REASONS).items()}
    return {
        "mappings": value_mappings(shapes),
        "thresholds": {"mode": "absolute", "steps": status_steps()},
        "custom.cellOptions": {"type": "color-background", "mode": "basic"},
        "custom.align": "center",
        "custom.width": _CELL_WIDTH,
        "custom.minWidth": _CELL_WIDTH,
    }
