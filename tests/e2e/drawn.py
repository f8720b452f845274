"""What Grafana draws of a page for the answers of a real Prometheus: each figure that reads as now, and its colour.

Written from Grafana's documentation of overrides, value mappings and thresholds; how the product makes its pages is
not read here.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dashboards.prometheus_api import Prometheus

Json = dict[str, Any]
Value = float | str
PAGES = Path(__file__).parents[2] / "dashboards" / "generated" / "grafana" / "dashboards" / "vi"


@dataclass(frozen=True)
class Drawn:
    """One figure or text, or one area of a colour."""

    page: str
    panel: str
    field: str
    """The name of a series, or the title of a column."""
    value: Value
    labels: Mapping[str, str]
    expr: str
    colour: str | None = None
    """None where it has the plain one of text."""
    text: str = ""
    """What a value mapping writes instead of the value, or nothing."""


def pages() -> Iterator[tuple[str, Json]]:
    """The rendered dashboards in Vietnamese by name."""
    for file in sorted(PAGES.glob("*.json")):
        yield file.stem, json.loads(file.read_text(encoding="utf-8"))


def panels(dashboard: Json) -> Iterator[Json]:
    """Every panel, those of closed rows too."""
    for outer in dashboard["panels"]:
        yield from (each for each in (outer, *outer.get("panels", [])) if each["type"] != "row")


def without_variables(expr: str, dashboard: Json) -> str:
    """With the values that the dashboard opens with."""
    own = {each["name"]: each["current"]["value"] for each in dashboard["templating"]["list"]}
    for name, value in {"__rate_interval": "1m", "__interval": "1m", "__range": "1h", **own}.items():
        expr = expr.replace(f"${{{name}:raw}}", value).replace(f"${name}", value)
    return expr


def drawn(name: str, dashboard: Json, prometheus: Prometheus) -> list[Drawn]:
    """All that a page draws of instant queries now; charts over time are left out."""
    found: list[Drawn] = []
    for panel in panels(dashboard):
        draw = {"stat": _stat, "table": _table, "canvas": _canvas}.get(panel["type"])
        if draw is None:
            continue
        blank = Drawn(name, panel["title"] or panel["description"].partition(":")[0], "", "", {}, "")
        answered = [
            each
            for target in panel["targets"]
            if target["instant"]
            for each in _answered(panel, target, without_variables(target["expr"], dashboard), blank, prometheus)
        ]
        found += draw(panel, answered, blank)
    return found


def _answered(panel: Json, target: Json, expr: str, blank: Drawn, prometheus: Prometheus) -> Iterator[Drawn]:
    """The series or columns that a query answers, not coloured yet."""
    renamed = _renamed(panel)
    several = len(panel["targets"]) > 1
    for sample in prometheus.query(expr):
        told = replace(blank, labels=sample.labels, expr=expr)
        if target["format"] == "time_series":
            legend = re.sub(r"\{\{(\w+)\}\}", lambda m: sample.labels.get(m[1], ""), target["legendFormat"])  # noqa: B023
            yield replace(told, field=legend, value=sample.value)
            continue
        column = f"Value #{target['refId']}" if several else "Value"
        yield replace(told, field=renamed.get(column, column), value=sample.value)
        for label, value in sample.labels.items():
            yield replace(told, field=renamed.get(label, label), value=value)


def _renamed(panel: Json) -> dict[str, str]:
    organized = [each["options"] for each in panel["transformations"] if each["id"] == "organize"]
    if not organized:
        return {}
    hidden = {name: "" for name, out in organized[-1].get("excludeByName", {}).items() if out}
    return {**organized[-1].get("renameByName", {}), **hidden}


def _stat(panel: Json, answered: list[Drawn], blank: Drawn) -> Iterator[Drawn]:
    nothing = replace(blank, value=str(panel["fieldConfig"]["defaults"]["noValue"]))
    for each in answered or [nothing]:
        colour, text = _look(_properties(panel, each.field), each.value)
        yield replace(each, colour=colour if panel["options"]["colorMode"] != "none" else None, text=text)


def _table(panel: Json, answered: list[Drawn], _: Drawn) -> Iterator[Drawn]:
    for each in answered:
        if each.field:
            properties = _properties(panel, each.field)
            colour, text = _look(properties, each.value)
            coloured = properties.get("custom.cellOptions", {}).get("type", "").startswith("color")
            yield replace(each, colour=colour if coloured else None, text=text)


def _canvas(panel: Json, answered: list[Drawn], _: Drawn) -> Iterator[Drawn]:
    by_name = {each.field: each for each in answered}

    def look(name: str) -> tuple[str | None, str]:
        return _look(_properties(panel, name), by_name[name].value)

    for element in panel["options"]["root"]["elements"]:
        behind = element["background"]["color"].get("field")
        if behind in by_name:
            colour, text = look(behind)
            yield replace(by_name[behind], colour=colour, text=text)
        written, of = element["config"]["text"].get("field"), element["config"]["color"]
        if written in by_name:
            colour = look(of["field"])[0] if of.get("field") in by_name else of["fixed"]
            yield replace(by_name[written], colour=colour, text=look(written)[1])


def _properties(panel: Json, name: str) -> Json:
    """The options of a field: the panel's own, and over them what its overrides say."""
    properties = dict(panel["fieldConfig"]["defaults"])
    for override in panel["fieldConfig"]["overrides"]:
        kind, sought = override["matcher"]["id"], override["matcher"]["options"]
        if sought == name if kind == "byName" else re.search(sought.strip("/"), name):
            properties |= {each["id"]: each["value"] for each in override["properties"]}
    return properties


def _look(properties: Json, value: Value) -> tuple[str | None, str]:
    """The colour and the text of a value."""
    for mapping in properties.get("mappings", []):
        result = _MAPPED[mapping["type"]](mapping["options"], value)
        if result is not None:
            return result.get("color") or _unmapped(properties, value), result.get("text", "")
    return _unmapped(properties, value), ""


def _by_value(options: Json, value: Value) -> Json | None:
    written = f"{value:.15g}" if isinstance(value, float) else value
    return options.get(written)


def _by_range(options: Json, value: Value) -> Json | None:
    if isinstance(value, str):
        return None
    first, last = options["from"], options["to"]
    inside = (first is None or value >= first) and (last is None or value <= last)
    return options["result"] if inside else None


def _special(options: Json, value: Value) -> Json | None:
    missing = isinstance(value, float) and math.isnan(value)
    return options["result"] if missing and options["match"] == "null+nan" else None


def _by_regex(options: Json, value: Value) -> Json | None:
    found = isinstance(value, str) and re.search(options["pattern"].strip("/"), value)
    return options["result"] if found else None


_MAPPED: Mapping[str, Callable[[Json, Value], Json | None]] = {
    "value": _by_value,
    "range": _by_range,
    "regex": _by_regex,
    "special": _special,
}


def _unmapped(properties: Json, value: Value) -> str | None:
    mode = properties.get("color", {}).get("mode")
    if mode == "fixed":
        return str(properties["color"]["fixedColor"])
    steps = properties.get("thresholds", {}).get("steps", [])
    if mode != "thresholds" or not steps:
        return None
    number = math.nan if isinstance(value, str) else value
    reached = [step["color"] for step in steps if step["value"] is None or number >= step["value"]]
    return None if reached[-1] == "text" else str(reached[-1])
