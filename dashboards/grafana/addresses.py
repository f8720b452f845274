"""Uids of dashboards, and the links between them."""

from dashboards.grafana.panel import Json
from dashboards.grafana.words import OTHER_LANGUAGE, OVERVIEW, PLATFORM, Speaker


def uid(name: str, say: Speaker) -> str:
    """The uid of a dashboard in one language."""
    return f"ioc-{say.language}-{name}"


def subsystem_uid(subsystem: str, say: Speaker) -> str:
    return uid(subsystem.replace("_", "-"), say)


def path_of(dashboard: str) -> str:
    """Where Grafana shows a dashboard."""
    return f"/d/{dashboard}"


def dashboard_links(say: Speaker, name: str) -> list[Json]:
    """Of a dashboard: the overview, the platform, all others of its language, and itself in the other language."""
    links = [_link(say(OVERVIEW), path_of(uid("overview", say))), _link(say(PLATFORM), path_of(uid("platform", say)))]
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
