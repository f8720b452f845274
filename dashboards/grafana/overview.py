"""The wall: a header and a tile for each subsystem, on one screen of 1920 x 1080 in Grafana's kiosk mode."""

from dashboards.grafana.addresses import in_kiosk, path_of
from dashboards.grafana.canvas import Box, Element, canvas
from dashboards.grafana.panel import Dashboard, Json, Panel, Section, by_name
from dashboards.grafana.present import CLOCK_NOW, PRESENT, simulated_field
from dashboards.grafana.queries import OPEN_ALERTS, PLATFORM_STATUS, fields_of
from dashboards.grafana.status import BLUE, INK, LOOKS, MUTED, no_status, status_mappings
from dashboards.grafana.tile import LABEL, note, tile
from dashboards.grafana.units import CLOCK, DATE_AND_TIME, LOCAL_NUMBER
from dashboards.grafana.words import ALERTS_OPEN, IOC, NO_DATA, OTHER_LANGUAGE, OVERVIEW, PLATFORM
from dashboards.scorecard import headline_window
from ioc.catalogue.model import Catalogue
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text, other_language
from ioc.text.formats import DATA_AS_OF
from ioc.text.wall import dashboard_uid

IN_A_ROW = 4
HEADER_HEIGHT = 3
SHIFT = "8h"
"""The operators' shift: as far as the trends go back."""
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


def overview(catalogue: Catalogue, language: Language) -> Dashboard:
    """The overview in one language."""
    subsystems = list(catalogue.subsystems.values())
    panels = [_header(catalogue, language)]
    links = {slug: in_kiosk(path_of(dashboard_uid(slug, language))) for slug in catalogue.subsystems}
    for first in range(0, len(subsystems), IN_A_ROW):
        row = [(each, headline_window(catalogue, each.subsystem)) for each in subsystems[first : first + IN_A_ROW]]
        panels += [tile(each, window, language, links[each.subsystem]) for each, window in row]
        panels += [note(catalogue, each, language, links[each.subsystem]) for each, _ in row]
    return Dashboard(
        uid=dashboard_uid("overview", language),
        title=OVERVIEW.titled(language),
        description=_DESCRIPTION.titled(language),
        language=language,
        sections=[Section("", panels)],
        span=SHIFT,
        refresh=REFRESH,
        on_wall=True,
    )


def _header(catalogue: Catalogue, language: Language) -> Panel:
    grey = LOOKS[Status.GREY].colour
    other = other_language(language)
    elements = [
        Element(Box(1, 77, 2, 56), text=catalogue.province.name.titled(language), size=44),
        Element(Box(1, 67, 58, 42), text=IOC.titled(language), size=LABEL, colour=MUTED),
        Element(Box(33, 51, 4, 46), text=DATA_AS_OF.titled(language), size=LABEL, align="center", colour=MUTED),
        Element(Box(33, 51, 50, 50), text=NO_DATA.titled(language), field="as_of", size=36, align="center"),
        Element(Box(49, 35, 4, 46), text=ALERTS_OPEN.titled(language), size=LABEL, align="center", colour=MUTED),
        Element(Box(49, 35, 44, 58), text="–", field="alerts", size=48, align="center"),
        Element(Box(65, 18, 4, 46), text=PLATFORM.titled(language), size=LABEL, align="center", colour=MUTED),
        Element(Box(66, 19, 52, 46), background=grey, background_field="platform"),
        Element(
            Box(66, 19, 52, 46), text=no_status(language), field="platform", align="center", colour=INK, size=LABEL
        ),
        Element(Box(83, 1, 0, 66), text="–", field="clock", size=54, align="right"),
        Element(Box(82, 1, 62, 40), field="simulated", size=LABEL, align="right", colour_field="simulated"),
        Element(Box(49, 35, 0, 106), link=in_kiosk(path_of(dashboard_uid("on-call", language)))),
        Element(Box(65, 18, 0, 106), link=in_kiosk(path_of(dashboard_uid("platform", language)))),
        Element(
            Box(23, 68, 8, 46),
            text=OTHER_LANGUAGE[language],
            align="right",
            colour=BLUE,
            link=in_kiosk(path_of(dashboard_uid("overview", other))),
        ),
    ]
    shown = fields_of({**PRESENT, "alerts": OPEN_ALERTS, "platform": PLATFORM_STATUS})
    fields: dict[str, Json] = {
        "as_of": {"unit": DATE_AND_TIME},
        "alerts": {"unit": LOCAL_NUMBER, "decimals": 0},
        "platform": {"mappings": status_mappings(language)},
        "clock": {"unit": CLOCK},
        "simulated": simulated_field(language),
    }
    overrides = [by_name(name, properties) for name, properties in fields.items()]
    return canvas(
        _HEADER.titled(language),
        elements,
        [CLOCK_NOW, shown],
        (24, HEADER_HEIGHT),
        overrides=overrides,
        no_data=NO_DATA.titled(language),
    )
