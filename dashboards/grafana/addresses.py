"""The links between dashboards, and to cases."""

from dashboards.grafana.panel import Json, constant
from dashboards.grafana.words import (
    BY_MONTH,
    CASES_BEHIND,
    DESK,
    MAP,
    ON_CALL,
    ONE_UNIT,
    OTHER_LANGUAGE,
    PLATFORM,
    RANKING,
    RUNBOOK,
    TAKE,
    UNIT_PAGE,
)
from ioc.text.bilingual import Language, other_language
from ioc.text.wall import dashboard_uid

CASES = "cases"
"""The variable with the address before ``/cases``; empty behind the proxy that leads there, as in production."""


VALUE = "${__value.raw:percentencode}"
"""Of a table's cell, as a part of an address."""
CASES_VARIABLE = constant(CASES, "")
RELAY = "relay"
"""The variable with the address of the relay's pages; behind the proxy a path that leads there."""
BEHIND_PROXY = "/relay"
RELAY_VARIABLE = constant(RELAY, BEHIND_PROXY)


def path_of(dashboard: str) -> str:
    """Where Grafana shows a dashboard."""
    return f"/d/{dashboard}"


def in_kiosk(path: str) -> str:
    """A page without Grafana's own bars: a canvas loads it anew, and so would leave kiosk mode."""
    return f"{path}?kiosk=1"


def unit_link(language: Language) -> Json:
    """From a cell that holds a unit's code to the page of that unit."""
    return _cell_link(ONE_UNIT.titled(language), f"{path_of(dashboard_uid('unit', language))}?var-unit={VALUE}")


def cases_link(language: Language, figure: str, **only: str) -> Json:
    """To the cases behind a figure, ``subsystem/kpi``, ``only`` of a unit or another value; Grafana fills variables."""
    query = "&".join(f"{name}={value}" for name, value in {**only, "lang": language}.items())
    return _cell_link(CASES_BEHIND.titled(language), f"${{{CASES}}}/cases/{figure}?{query}", new_tab=True)


def relay_link(language: Language, path: str) -> Json:
    """To a page of the relay's."""
    title = RUNBOOK if path.startswith("/runbooks/") else TAKE
    return _cell_link(title.titled(language), f"${{{RELAY}}}{path}", new_tab=True)


def _cell_link(title: str, url: str, *, new_tab: bool = False) -> Json:
    return {"title": title, "url": url, "targetBlank": new_tab}


def dashboard_links(language: Language, name: str) -> list[Json]:
    """Of a dashboard: those of all subsystems, all others of its language, and itself in the other language."""
    pages = {
        "desk": DESK,
        "on-call": ON_CALL,
        "ranking": RANKING,
        "map": MAP,
        "unit": UNIT_PAGE,
        "months": BY_MONTH,
        "platform": PLATFORM,
    }
    links = [
        _link(title.titled(language), path_of(dashboard_uid(page, language)))
        for page, title in pages.items()
        if page != name
    ]
    other = other_language(language)
    links.append(
        {
            "type": "dashboards",
            "title": "IOC",
            "tags": ["ioc", language],
            "asDropdown": True,
            "includeVars": False,
            "keepTime": True,
            "targetBlank": False,
            "icon": "external link",
        }
    )
    return [*links, _link(OTHER_LANGUAGE[language], path_of(dashboard_uid(name, other)))]


def _link(title: str, url: str) -> Json:
    return {
        "type": "link",
        "title": title,
        "url": url,
        "icon": "dashboard",
        "keepTime": True,
        "includeVars": False,
        "targetBlank": False,
        "asDropdown": False,
        "tags": [],
        "tooltip": "",
    }
