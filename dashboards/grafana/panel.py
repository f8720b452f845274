"""Dashboards in Grafana's JSON: queries, panels, sections, and how panels are placed on the grid."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ioc.text.markdown import markdown
from ioc.text.wall import TAG

Json = dict[str, Any]

SCHEMA_VERSION = 42
"""Of Grafana 12's classic dashboards."""
GRID_WIDTH = 24
TIME_ZONE = "Asia/Ho_Chi_Minh"
DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
DATASOURCE_UID = "ioc-prometheus"

ON_ANY_THEME = {
    "#2fb67c": "#1f9f6f",
    "#ffd23f": "#c48a00",
    "#ff6b5e": "#eb4945",
    "#9aa1ab": "#7f868f",
    "#6cb2ff": "#3d8fe0",
}
"""The colours made for a dark card, and each as it is where the theme paints the ground, which may be white: its hue,
with a contrast of 4.5 to the dark theme's panels and 3 to the light one's (WCAG 2.1, 1.4.3 and 1.4.11)."""
CANVAS = "canvas"
"""The kind of the panels that paint their own ground."""


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL query; ``legend`` names its series, with ``{{label}}`` for a label's value."""

    expr: str
    legend: str = ""
    instant: bool = False
    table: bool = False
    step: str = ""
    """The least time between two points, such as ``30m``; by default the panel's."""
    possibly_empty: bool = False
    """Nothing may be there for long: `ioc grafana verify` does not count that as a fault."""

    def as_json(self, ref: str) -> Json:
        return {
            "refId": ref,
            "datasource": DATASOURCE,
            "expr": self.expr,
            "legendFormat": self.legend or "__auto",
            "instant": self.instant,
            "range": not self.instant,
            "format": "table" if self.table else "time_series",
            "editorMode": "code",
            "possiblyEmpty": self.possibly_empty,
            **({"interval": self.step} if self.step else {}),
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; ``width`` in columns of 24, ``height`` in grid rows (38 pixels, the gap included)."""

    kind: str
    title: str
    """Empty only where the panel draws its name itself: Grafana's header is too small to read from afar."""
    description: str
    """Plain text; Grafana shows it as Markdown."""
    width: int
    height: int
    queries: Sequence[Query] = ()
    options: Json = field(default_factory=dict)
    defaults: Json = field(default_factory=dict)
    overrides: Sequence[Json] = ()
    transformations: Sequence[Json] = ()
    transparent: bool = False
    links: Sequence[Json] = ()
    interval: str = ""
    """The least time between two points; by default what Grafana takes for scrapes."""

    def as_json(self, number: int, x: int, y: int) -> Json:
        placed = self._as_json(number, x, y)
        return placed if self.kind == CANVAS else _on_any_theme(placed)

    def _as_json(self, number: int, x: int, y: int) -> Json:
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": markdown(self.description),
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [query.as_json(letters(place)) for place, query in enumerate(self.queries)],
            "options": self.options,
            "fieldConfig": {"defaults": self.defaults, "overrides": list(self.overrides)},
            "transformations": list(self.transformations),
            "transparent": self.transparent,
            "links": list(self.links),
            **({"interval": self.interval} if self.interval else {}),
        }


def _on_any_theme(value: Any) -> Any:
    """Every colour within it as it is on any theme."""
    match value:
        case dict():
            return {name: _on_any_theme(each) for name, each in value.items()}
        case list():
            return [_on_any_theme(each) for each in value]
        case str():
            return ON_ANY_THEME.get(value, value)
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Section:
    """Panels below a heading; without a title there is none."""

    title: str
    panels: Sequence[Panel]
    closed: bool = False
    """Whether a click on the heading opens it; nothing is asked for it before."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard; everything about it is decided by its file, nothing in the browser."""

    uid: str
    title: str
    description: str
    language: str
    sections: Sequence[Section]
    span: str
    """How far back it looks when opened, such as ``8h``."""
    refresh: str
    links: Sequence[Json] = ()
    variables: Sequence[Json] = ()
    annotations: Sequence[Json] = ()
    period: tuple[str, str] | None = None
    """Instead of that the first and the last moment, where what it shows has an end."""
    on_wall: bool = False
    """Without the bar of time and links, which kiosk mode leaves standing."""

    def as_json(self) -> Json:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": [TAG, self.language],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "timezone": TIME_ZONE,
            "weekStart": "monday",
            "time": dict(zip(("from", "to"), self.period or (f"now-{self.span}", "now"), strict=True)),
            "timepicker": {"hidden": self.on_wall, "refresh_intervals": ["5s", "10s", "30s", "1m", "5m"]},
            "refresh": self.refresh,
            "links": list(self.links),
            "templating": {"list": [_datasource_variable(), *self.variables]},
            "annotations": {"list": list(self.annotations)},
            "panels": _placed(self.sections),
        }


def by_name(name: str, properties: Json) -> Json:
    """An override for the field with a display name."""
    return _override("byName", name, properties)


def by_regexp(pattern: str, properties: Json) -> Json:
    """An override for the fields whose display name matches, such as ``/^x$/``."""
    return _override("byRegexp", pattern, properties)


def by_title(title: str, properties: Json) -> Json:
    """An override for a column: Grafana fills in the variables of its title, but not of what an override looks for."""
    fixed = _VARIABLE.split(title)
    if len(fixed) == 1:
        return by_name(title, properties)
    return by_regexp(f"/^{'.*'.join(map(re.escape, fixed))}$/", properties)


_VARIABLE = re.compile(r"\$\{[^}]*\}")


def _override(matcher: str, options: str, properties: Json) -> Json:
    return {
        "matcher": {"id": matcher, "options": options},
        "properties": [{"id": name, "value": value} for name, value in properties.items()],
    }


def _placed(sections: Sequence[Section]) -> list[Json]:
    """Panels from left to right, a new line where one does not fit; a line is as tall as its tallest panel."""
    placed: list[Json] = []
    y = number = 0
    for section in sections:
        shown = placed
        if section.title:
            heading = {"x": 0, "y": y, "w": GRID_WIDTH, "h": 1}
            number += 1
            row: Json = {"id": number, "type": "row", "title": section.title, "gridPos": heading}
            placed.append(row | {"collapsed": section.closed, "panels": []})
            y += 1
            if section.closed:
                shown = placed[-1]["panels"]
        top = y
        x = tallest = 0
        for panel in section.panels:
            if x + panel.width > GRID_WIDTH:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            shown.append(panel.as_json(number, x, y))
            x += panel.width
            tallest = max(tallest, panel.height)
        y = top if section.closed else y + tallest
    return placed


def choice(name: str, label: str, values: Mapping[str, str], chosen: str) -> Json:
    """A variable that is one of ``values``, picked by their texts."""
    options = [{"value": value, "text": text, "selected": value == chosen} for value, text in values.items()]
    # Grafana reads the query, where a comma of a text needs a backslash.
    pairs = (f"{text} : {value}".replace(",", "\\,") for value, text in values.items())
    return {
        "name": name,
        "type": "custom",
        "label": label,
        "query": ", ".join(pairs),
        "current": {"value": chosen, "text": values[chosen]},
        "options": options,
        "hide": 0,
        "multi": False,
        "includeAll": False,
        "skipUrlSync": False,
    }


def constant(name: str, value: str) -> Json:
    """A hidden variable for links, such as an address that an installation changes in one place."""
    return {"name": name, "type": "constant", "hide": 2, "query": value, "current": {"value": value, "text": value}}


def letters(place: int) -> str:
    """How Grafana names the queries of a panel: A, B, ..., Z, AA, AB, ..."""
    return chr(65 + place) if place < 26 else letters(place // 26 - 1) + chr(65 + place % 26)


def _datasource_variable() -> Json:
    return {
        "name": "datasource",
        "type": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "regex": "",
        "hide": 2,
        "multi": False,
        "includeAll": False,
        "refresh": 1,
        "current": {"text": "Prometheus", "value": DATASOURCE_UID},
        "options": [],
    }
