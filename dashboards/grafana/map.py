"""The map: every commune as a point in the colour of its status of one KPI, which is picked on the page.

A canvas instead of a map of Grafana's: it needs no tiles, and so no internet. Points are no boundaries; those of an
office's own file are drawn as shapes of the canvas. Grafana's layer of GeoJSON colours features by their own properties
only, the one that takes values of queries is alpha, and both would have Grafana serve the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians

from dashboards.boundaries import Areas, Ring, svg_path
from dashboards.grafana.addresses import path_of, unit_link
from dashboards.grafana.breakdown import unit_names
from dashboards.grafana.canvas import TRANSPARENT, Box, Element, canvas
from dashboards.grafana.charts import status_column, table
from dashboards.grafana.compared import change_title
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name, by_title, choice
from dashboards.grafana.queries import AGO, KpiQueries, all_queries, status_now
from dashboards.grafana.status import CARD, LOOKS, status_mappings, status_steps
from dashboards.grafana.unit_pages import unit_page
from dashboards.grafana.units import LOCAL_NUMBER, written
from dashboards.grafana.words import KPI, MAP, NO_DATA, STATUS, UNIT
from dashboards.rules.exporters import certainty, while_one_answers
from dashboards.rules.units import by_unit
from ioc.catalogue.model import Catalogue
from ioc.catalogue.model import Unit as UnitSpec
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty, Status
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
_AREAS = Text(
    "Mỗi vùng là địa giới theo tệp của cơ quan; phía trên là hướng bắc. Đơn vị không có vùng, không có tọa độ và các "
    "sở, ngành chỉ có trong bảng bên cạnh.",
    "Each area is the unit's by the office's own file; north is up. Units without an area and coordinates and agencies "
    "are in the table beside it only.",
)
_TABLE_TEXT = Text(
    "Xấu nhất đứng đầu; tỷ lệ tính bằng phần trăm, thời gian bằng giây.",
    "The worst first; shares in per cent, times in seconds.",
)
_VALUE = Text("Giá trị", "Value")


def unit_map(catalogue: Catalogue, language: Language, areas: Areas | None = None) -> Dashboard:
    """The page in one language; with ``areas`` it draws them below the points."""
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
    panels = [_points(catalogue, language, areas or {}), _table(catalogue, language)]
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


def _points(catalogue: Catalogue, language: Language, areas: Areas) -> Panel:
    """A field for each unit by its name, so that hovering over its point names it."""
    named = f"({_statuses()}) * on (unit) group_left (name) max by (unit, name) ({metric_names.UNIT_INFO})"
    page = path_of(dashboard_uid("unit", language))
    units = catalogue.province.units
    names = {unit.code: unit.name for unit in units}
    pixels = _Pixels.of(units, areas)
    points = canvas(
        (_AREAS if areas else _POINTS).titled(language),
        [
            *(_area(names[code], rings, pixels) for code, rings in areas.items()),
            *(
                Element(
                    box,
                    background=LOOKS[Status.GREY].colour,
                    background_field=unit.name,
                    link=f"{page}?var-unit={unit.code}",
                    name=unit.name,
                    border=CARD if areas else TRANSPARENT,
                )
                for unit, box in placed(units, areas)
            ),
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


def _area(name: str, rings: Sequence[Ring], pixels: "_Pixels") -> Element:
    """In the colour of its status, as its point is."""
    width, height = _PIXELS
    path = svg_path([[pixels.at(*place) for place in ring] for ring in rings])
    return Element(
        Box(0, 0, 0, height),
        background=LOOKS[Status.GREY].colour,
        background_field=name,
        name=name,
        border=CARD,
        path=path,
        drawn_on=(width, height),
    )


@dataclass(frozen=True, slots=True)
class _Pixels:
    """Where places stand: north up, kilometres alike both ways, none cut off."""

    left: float
    scale: float
    """Pixels a kilometre."""
    wide: float
    """Kilometres a degree of longitude."""
    west: float
    north: float

    @classmethod
    def of(cls, units: Sequence[UnitSpec], areas: Areas) -> "_Pixels":
        places = [unit.at for unit in units if unit.at is not None]
        places += [place for rings in areas.values() for ring in rings for place in ring]
        places = places or [(0.0, 0.0)]
        south, north = min(lat for lat, _ in places), max(lat for lat, _ in places)
        west, east = min(lon for _, lon in places), max(lon for _, lon in places)
        wide = _DEGREE_KM * cos(radians((south + north) / 2))
        width, height = _PIXELS
        scale = min(
            (width - 2 * _MARGIN) / max(wide * (east - west), 1.0),
            (height - 2 * _MARGIN) / max(_DEGREE_KM * (north - south), 1.0),
        )
        return cls((width - scale * wide * (east - west)) / 2, scale, wide, west, north)

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        """From the left and from above."""
        return (
            self.left + self.scale * self.wide * (lon - self.west),
            _MARGIN + self.scale * _DEGREE_KM * (self.north - lat),
        )


def placed(units: Sequence[UnitSpec], areas: Areas | None = None) -> list[tuple[UnitSpec, Box]]:
    """Where the point of each unit with coordinates stands, among these ``areas``."""
    known = [(unit, *unit.at) for unit in units if unit.at is not None]
    if not known:
        return []
    pixels, (width, _) = _Pixels.of(units, areas or {}), _PIXELS
    boxes = []
    for unit, lat, lon in known:
        x, y = (centre - _DOT / 2 for centre in pixels.at(lat, lon))
        from_left, from_right = 100 * x / width, 100 * (width - x - _DOT) / width
        boxes.append((unit, Box(round(from_left, 2), round(from_right, 2), round(y), _DOT)))
    return boxes


def _table(catalogue: Catalogue, language: Language) -> Panel:
    """The same units by name, the worst first."""
    only = f"{metric_names.UNIT_KPI}{{{PICKED}"
    value = f'100 * max by (unit) ({only},measured_in="ratio"}}) or max by (unit) ({only},measured_in!="ratio"}})'
    then = value.replace("})", f"}} offset {AGO})")
    number: Json = {"unit": LOCAL_NUMBER, "decimals": 2, "custom.width": 150, "noValue": "–"}
    change = written(f"({value}) - on (unit) ({then})")
    unknown = f"{certainty(f'{{{PICKED}}}')} < {Certainty.PARTLY_KNOWN:d}"
    known = (while_one_answers(f"({expr}) unless on () {unknown}") for expr in (value, change))
    exprs = (_statuses(), *known)
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
