"""The map: every commune as a point in the colour of its status of one KPI, which is picked on the page.

A canvas instead of a map of Grafana's: it needs no tiles, and so no internet. Points are no boundaries.
"""

from dataclasses import replace
from math import cos, radians

from dashboards.grafana.addresses import path_of, unit_link
from dashboards.grafana.breakdown import unit_names
from dashboards.grafana.canvas import Box, Element, canvas
from dashboards.grafana.charts import status_column, table
from dashboards.grafana.compared import change_title
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name, by_title, choice
from dashboards.grafana.queries import AGO, KpiQueries, all_queries, status_now
from dashboards.grafana.status import LOOKS, status_mappings, status_steps
from dashboards.grafana.unit_pages import unit_page
from dashboards.grafana.units import LOCAL_NUMBER, written
from dashboards.grafana.words import KPI, MAP, NO_DATA, STATUS, UNIT
from dashboards.rules.units import by_unit
from ioc.catalogue.model import Catalogue
from ioc.catalogue.model import Unit as UnitSpec
from ioc.kpis import metric_names
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid

PICKED = "${kpi:raw}"
"""The variable with the matchers of a KPI's series."""
_WIDTH, _HEIGHT = 11, 25
_PIXELS = _WIDTH * 79, _HEIGHT * 38 - 56
"""Within the frame, below the title."""
_MARGIN, _DOT = 24, 16
_DEGREE_KM = 111.32

_DESCRIPTION = Text(
    "Trạng thái của từng xã, phường theo một chỉ tiêu, chọn ở đầu trang; bấm vào điểm để xem đơn vị.",
    "The status of each commune by one KPI, picked at the top; a click on a point leads to the unit.",
)
_POINTS = Text(
    "Mỗi điểm là một vị trí trong xã, phường, không phải ranh giới; phía trên là hướng bắc. Đơn vị không có tọa độ và "
    "các sở, ngành chỉ có trong bảng bên cạnh.",
    "Each point is a place in the commune, no boundary; north is up. Units without coordinates and agencies are in the "
    "table beside it only.",
)
_TABLE_TEXT = Text(
    "Xấu nhất đứng đầu; tỷ lệ tính bằng phần trăm, thời gian bằng giây.",
    "The worst first; shares in per cent, times in seconds.",
)
_VALUE = Text("Giá trị", "Value")


def unit_map(catalogue: Catalogue, language: Language) -> Dashboard:
    """The page in one language."""
    kpis = mapped_kpis(catalogue)
    matchers = {
        f'subsystem="{kpi.subsystem.subsystem}",kpi="{kpi.slug}"': (
            f"{kpi.subsystem.name.titled(language)}: {kpi.kpi.name.of(language)}"
        )
        for kpi in kpis
    }
    # A catalogue may have none that is judged at each unit.
    matchers = matchers or {'kpi=""': "–"}
    picked = choice("kpi", KPI.titled(language), matchers, next(iter(matchers)))
    panels = [_points(catalogue, language), _table(catalogue, language)]
    return unit_page("map", MAP, _DESCRIPTION, [Section("", panels)], language, picked=[picked])


def mapped_kpis(catalogue: Catalogue) -> list[KpiQueries]:
    """Those with limits, of each unit; public services first, which every commune has."""
    found = [
        kpi
        for subsystem in catalogue.subsystems.values()
        for kpi in all_queries(subsystem)
        if kpi.limits is not None and by_unit(subsystem, kpi.kpi)
    ]
    return sorted(found, key=lambda kpi: kpi.subsystem.subsystem != "public_services")


def _statuses() -> str:
    names = (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON)
    return status_now(*(f'max by (unit) ({name}{{{PICKED},unit!=""}})' for name in names))


def _points(catalogue: Catalogue, language: Language) -> Panel:
    """A field for each unit by its name, so that hovering over its point names it."""
    named = f"({_statuses()}) * on (unit) group_left (name) max by (unit, name) ({metric_names.UNIT_INFO})"
    page = path_of(dashboard_uid("unit", language))
    points = canvas(
        _POINTS.titled(language),
        [
            Element(
                box,
                background=LOOKS[Status.GREY].colour,
                background_field=unit.name,
                link=f"{page}?var-unit={unit.code}",
                name=unit.name,
            )
            for unit, box in placed(catalogue.province.units)
        ],
        [Query(named, "{{name}}", instant=True, possibly_empty=True)],
        (_WIDTH, _HEIGHT),
        overrides=[],
        mappings=status_mappings(language),
        steps=status_steps(),
        hints=True,
        no_data=NO_DATA.titled(language),
    )
    return replace(points, title="${kpi:text}")


def placed(units: list[UnitSpec]) -> list[tuple[UnitSpec, Box]]:
    """Where the point of each unit with coordinates stands: north up, kilometres alike both ways, none cut off."""
    known = [(unit, *unit.at) for unit in units if unit.at is not None]
    if not known:
        return []
    south, north = min(lat for _, lat, _ in known), max(lat for _, lat, _ in known)
    west, east = min(lon for *_, lon in known), max(lon for *_, lon in known)
    wide = _DEGREE_KM * cos(radians((south + north) / 2))
    width, height = _PIXELS
    scale = min(
        (width - 2 * _MARGIN) / max(wide * (east - west), 1.0),
        (height - 2 * _MARGIN) / max(_DEGREE_KM * (north - south), 1.0),
    )
    left = (width - scale * wide * (east - west)) / 2
    boxes = []
    for unit, lat, lon in known:
        x = left + scale * wide * (lon - west) - _DOT / 2
        y = _MARGIN + scale * _DEGREE_KM * (north - lat) - _DOT / 2
        from_left, from_right = 100 * x / width, 100 * (width - x - _DOT) / width
        boxes.append((unit, Box(round(from_left, 2), round(from_right, 2), round(y), _DOT)))
    return boxes


def _table(catalogue: Catalogue, language: Language) -> Panel:
    """The same units by name, the worst first."""
    only = f"{metric_names.UNIT_KPI}{{{PICKED}"
    value = f'100 * max by (unit) ({only},measured_in="ratio"}}) or max by (unit) ({only},measured_in!="ratio"}})'
    then = value.replace("})", f"}} offset {AGO})")
    number: Json = {"unit": LOCAL_NUMBER, "decimals": 2, "custom.width": 150, "noValue": "–"}
    exprs = (_statuses(), value, written(f"({value}) - on (unit) ({then})"))
    titles = (STATUS.titled(language), _VALUE.titled(language), change_title(language))
    return table(
        STATUS.titled(language),
        _TABLE_TEXT.titled(language),
        [Query(expr, instant=True, table=True, possibly_empty=True) for expr in exprs],
        (24 - _WIDTH, _HEIGHT),
        language,
        columns={
            "unit": UNIT.titled(language),
            **{f"Value #{ref}": title for ref, title in zip("ABC", titles, strict=True)},
        },
        sort=[(STATUS.titled(language), True), (_VALUE.titled(language), True)],
        overrides=[
            by_name(UNIT.titled(language), {"mappings": unit_names(catalogue), "links": [unit_link(language)]}),
            by_name(STATUS.titled(language), status_column(language)),
            by_name(_VALUE.titled(language), number),
            by_title(change_title(language), number),
        ],
        no_data=NO_DATA.titled(language),
    )
