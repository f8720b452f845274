"""Uids of dashboards, and the links between them."""

from dashboards.grafana.panel import Json, constant
from dashboards.grafana.words import (
    CASES_BEHIND,
    ON_CALL,
    ONE_UNIT,
    OTHER_LANGUAGE,
    OVERVIEW,
    PLATFORM,
    RANKING,
    UNIT_PAGE,
    Speaker,
)

CASES = "cases"
"""The variable with the address before ``/cases``; empty behind the proxy that leads there, as in production."""


CASES_VARIABLE = constant(CASES, "")


def uid(name: str, say: Speaker) -> str:
    """The uid of a dashboard in one language."""
    return f"ioc-{say.language}-{name}"


def subsystem_uid(subsystem: str, say: Speaker) -> str:
    return uid(subsystem.replace("_", "-"), say)


def path_of(dashboard: str) -> str:
    """Where Grafana shows a dashboard."""
    return f"/d/{dashboard}"


def unit_link(say: Speaker) -> Json:
    """From a cell that holds a unit's code to the page of that unit."""
    return _cell_link(say(ONE_UNIT), f"{path_of(uid('unit', say))}?var-unit=${{__value.raw}}")


def cases_link(say: Speaker, figure: str, **only: str) -> Json:
    """To the cases behind a figure, ``subsystem/kpi``, ``only`` of a unit or another value; Grafana fills variables."""
    query = "&".join(f"{name}={value}" for name, value in {**only, "lang": say.language}.items())
    return _cell_link(say(CASES_BEHIND), f"${{{CASES}}}/cases/{figure}?{query}", new_tab=True)


def _cell_link(title: str, url: str, *, new_tab: bool = False) -> Json:
    return {"title": title, "url": url, "targetBlank": new_tab}


def dashboard_links(say: Speaker, name: str) -> list[Json]:
    """Of a dashboard: those of all subsystems, all others of its language, and itself in the other language."""
    pages = {"overview": OVERVIEW, "on-call": ON_CALL, "ranking": RANKING, "unit": UNIT_PAGE, "platform": PLATFORM}
    links = [_link(say(title), path_of(uid(page, say))) for page, title in pages.items() if page != name]
    other = Speaker(say.other)
    links.append(
        {
            "type": "dashboards",
            "title": "IOC",
            "tags": ["ioc", say.language],
            "asDropdown": True,
            "includeVars": False,
            "keepTime": True,
            "targetBlank": False,
            "icon": "external link",
        }
    )
    return [*links, _link(OTHER_LANGUAGE[say.language], path_of(uid(name, other)))]


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
