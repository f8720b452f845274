"""The wall: a header and a tile for each subsystem, on one screen of 1920 x 1080 in Grafana's kiosk mode.

A canvas' letters have their size whatever the screen's, so that a desk has a page of its own.
"""

from collections.abc import Mapping
from dataclasses import replace

from dashboards.grafana.addresses import dashboard_links, in_kiosk, path_of
from dashboards.grafana.canvas import Box, Element, canvas, scaled, unbroken
from dashboards.grafana.compared import compared_with
from dashboards.grafana.panel import Dashboard, Json, Panel, Section, by_name
from dashboards.grafana.present import CLOCK_NOW, PRESENT, simulated_field
from dashboards.grafana.queries import AGO, OPEN_ALERTS, PLATFORM_STATUS, fields_of
from dashboards.grafana.status import BLUE, INK, LOOKS, MUTED, SHORT_REASONS, no_status, status_mappings
from dashboards.grafana.tile import DIGITS, LABEL, THEN, YESTERDAY, tile
from dashboards.grafana.units import CLOCK, DATE_AND_TIME, LOCAL_NUMBER
from dashboards.grafana.words import DESK, NO_DATA, OTHER_LANGUAGE, OVERVIEW
from ioc.catalogue.model import Catalogue
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text, other_language
from ioc.text.formats import DATA_AS_OF
from ioc.text.wall import dashboard_uid

HEADER_HEIGHT = 3
DESK_SCALE = 0.65
"""Of letters at a desk: beside Grafana's open menu on a screen of 1,600 pixels lines are two thirds as long."""
SHIFT = "8h"
"""The operators' shift."""
REFRESH = "5s"
"""How often the clock moves; Grafana refuses less unless told otherwise."""

_DESCRIPTION = Text(
    "Mười hai phân hệ trên một màn hình: trạng thái xấu nhất, chỉ tiêu chính, tuổi số liệu.",
    "All subsystems on one screen: worst status, headline KPI, age of data.",
)
_HEADER = Text(
    "Đồng hồ chạy theo từng lần làm mới; nếu đồng hồ đứng thì màn hình đã đứng.",
    "The clock moves with every refresh: where it stands, the screen is frozen.",
)
_COMPARED = Text("▲▼ so với {0}", "▲▼ than {0}")
_ALERTS = Text("Cảnh báo mở", "Open alerts")
_PLATFORM = Text("Nền tảng", "Platform")


def overview(catalogue: Catalogue, language: Language) -> Dashboard:
    """The overview in one language, for kiosk mode on the wall: in letters that are read from four metres."""
    return _page(catalogue, language, "overview", OVERVIEW)


def desk(catalogue: Catalogue, language: Language) -> Dashboard:
    """The same at a desk, beside Grafana's menu, which takes a part of the width."""
    page = _page(catalogue, language, "desk", DESK, scale=DESK_SCALE, ago=AGO)
    return replace(page, variables=[compared_with(language)], links=dashboard_links(language, "desk"))


def _page(
    catalogue: Catalogue, language: Language, name: str, title: Text, *, scale: float = 1.0, ago: str = YESTERDAY
) -> Dashboard:
    def page(dashboard: str, of: Language = language) -> str:
        path = path_of(dashboard_uid(dashboard, of))
        return in_kiosk(path) if name == "overview" else path

    tiles = [
        tile(catalogue, each, language, page(slug), scale=scale, ago=ago) for slug, each in catalogue.subsystems.items()
    ]
    links = {
        "on-call": page("on-call"),
        "platform": page("platform"),
        "other": page(name, other_language(language)),
    }
    return Dashboard(
        uid=dashboard_uid(name, language),
        title=title.titled(language),
        description=_DESCRIPTION.titled(language),
        language=language,
        sections=[Section("", [_header(catalogue, language, links, scale, ago), *tiles])],
        span=SHIFT,
        refresh=REFRESH,
        on_wall=True,
    )


def _header(catalogue: Catalogue, language: Language, links: Mapping[str, str], scale: float, ago: str) -> Panel:
    compared = _COMPARED.of(language).format(THEN[ago].of(language))
    grey = LOOKS[Status.GREY].colour
    elements = [
        Element(Box(1, 79, 2, 50), text=unbroken(catalogue.province.name.titled(language)), size=LABEL),
        Element(Box(1, 79, 54, 50), text=unbroken(compared), size=LABEL, colour=MUTED),
        Element(
            Box(22, 58, 2, 50), text=unbroken(DATA_AS_OF.titled(language)), size=LABEL, align="center", colour=MUTED
        ),
        Element(
            Box(22, 58, 54, 50), text=unbroken(NO_DATA.titled(language)), field="as_of", size=LABEL, align="center"
        ),
        Element(Box(43, 43, 2, 50), text=unbroken(_ALERTS.titled(language)), size=LABEL, align="center", colour=MUTED),
        Element(Box(43, 43, 38, 70), text="–", field="alerts", size=DIGITS, align="center"),
        Element(Box(58, 26, 2, 50), text=_PLATFORM.titled(language), size=LABEL, align="center", colour=MUTED),
        Element(Box(58, 26, 54, 50), background=grey, background_field="platform"),
        Element(
            Box(58, 26, 54, 50),
            text=unbroken(no_status(language)),
            field="platform",
            align="center",
            colour=INK,
            size=LABEL,
        ),
        Element(Box(84, 1, -8, 74), text="–", field="clock", size=DIGITS, align="right"),
        Element(Box(74, 1, 54, 50), field="simulated", size=LABEL, align="right", colour_field="simulated"),
        Element(Box(43, 43, 0, 106), link=links["on-call"]),
        Element(Box(58, 26, 0, 106), link=links["platform"]),
        Element(
            Box(75, 14, 2, 50),
            text=unbroken(OTHER_LANGUAGE[language]),
            colour=BLUE,
            size=LABEL,
            link=links["other"],
        ),
    ]
    shown = fields_of({**PRESENT, "alerts": OPEN_ALERTS, "platform": PLATFORM_STATUS})
    fields: dict[str, Json] = {
        "as_of": {"unit": DATE_AND_TIME},
        "alerts": {"unit": LOCAL_NUMBER, "decimals": 0},
        "platform": {"mappings": status_mappings(language, unbroken, SHORT_REASONS)},
        "clock": {"unit": CLOCK},
        "simulated": simulated_field(language),
    }
    overrides = [by_name(name, properties) for name, properties in fields.items()]
    return canvas(
        _HEADER.titled(language),
        scaled(elements, scale),
        [CLOCK_NOW, shown],
        (24, round(HEADER_HEIGHT * scale)),
        overrides=overrides,
        no_data=NO_DATA.titled(language),
    )
