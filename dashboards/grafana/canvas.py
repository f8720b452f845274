"""Grafana's canvas: texts of a chosen size at chosen places, which no other core panel has.

A text is a ``rectangle`` element, because a ``text`` or ``metric-value`` element without data shows English hints.
Horizontal places are percentages, so that a canvas fits any screen's width; vertical ones are pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from unicodedata import combining, normalize

from dashboards.grafana.panel import CANVAS, Json, Panel, Query
from dashboards.grafana.status import CARD, TEXT

TRANSPARENT = "transparent"
LINE_HEIGHT = 22 / 14
"""Of Grafana's text, which a canvas' takes: in a lower box it would stand below the middle."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place: ``left`` and ``right`` are per cent from the canvas' edges, ``top`` and ``height`` pixels."""

    left: float
    right: float
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Element:
    """A text, or with ``background`` a coloured area."""

    box: Box
    text: str = ""
    """Shown as it is; where there is a ``field`` only while that has no value."""
    field: str = ""
    """The query's legend whose last value is the text."""
    size: int = 30
    align: Literal["left", "center", "right"] = "left"
    colour: str = TEXT
    colour_field: str = ""
    """The field whose value's colour the text has."""
    background: str = TRANSPARENT
    background_field: str = ""
    link: str = ""
    """Where a click leads."""
    name: str = ""
    """What hovering over its link tells; by default its number."""
    border: str = TRANSPARENT
    path: str = ""
    """Instead of a text a shape in the background's colour, as an SVG's path in pixels of a canvas so wide and high."""
    drawn_on: tuple[int, int] = (0, 0)

    def as_json(self, number: int) -> Json:
        name = self.name or f"{number}"
        written = bool(self.text or self.field) and not (self.background_field or self.background != TRANSPARENT)
        height = max(self.box.height, round(self.size * LINE_HEIGHT) if written else 0)
        element: Json = {
            "name": name,
            "type": "rectangle",
            "constraint": {"horizontal": "scale", "vertical": "top"},
            "placement": {
                "left": self.box.left,
                "right": self.box.right,
                "top": self.box.top - round((height - self.box.height) / 2),
                "height": height,
                "rotation": 0,
            },
            "background": {"color": _colour(self.background, self.background_field)},
            "border": {"color": {"fixed": self.border}, "width": 0 if self.border == TRANSPARENT else 2},
            "config": {
                "text": {
                    "mode": "field" if self.field else "fixed",
                    "fixed": self.text,
                    **({"field": self.field} if self.field else {}),
                },
                "size": self.size,
                "align": self.align,
                "valign": "middle",
                "color": _colour(self.colour, self.colour_field),
            },
            "links": [],
        }
        if self.path:
            element |= {"type": "icon", "background": {"color": {"fixed": TRANSPARENT}}, "config": self._shape()}
        if self.link:
            element["links"] = [{"title": name, "url": self.link, "targetBlank": False, "oneClick": True}]
        return element

    def _shape(self) -> Json:
        """An icon: the one element of any form. Its picture is part of its address, so that nothing is fetched."""
        width, height = self.drawn_on
        # Grafana takes for an address what has ":/" in it, and reads % and # of one as an address' own.
        picture = (
            f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
            f"preserveAspectRatio='none'><path fill-rule='evenodd' d='{self.path}'/></svg>"
        )
        return {
            "path": {"mode": "fixed", "fixed": picture},
            "fill": _colour(self.background, self.background_field),
            "stroke": {"color": {"fixed": self.border}, "width": 1},
        }


def scaled(elements: Sequence[Element], factor: float) -> list[Element]:
    """The same in smaller letters, line by line; widths are the canvas' own."""
    return [
        replace(
            each,
            size=round(each.size * factor),
            box=replace(each.box, top=round(each.box.top * factor), height=round(each.box.height * factor)),
        )
        for each in elements
    ]


def canvas(
    description: str,
    elements: Sequence[Element],
    queries: Sequence[Query],
    size: tuple[int, int],
    *,
    overrides: Sequence[Json],
    no_data: str,
    mappings: Sequence[Json] = (),
    steps: Sequence[Json] = (),
    hints: bool = False,
    transparent: bool = False,
) -> Panel:
    """A canvas without a header; ``overrides`` say how each field reads, ``mappings`` and ``steps`` how all others do.

    With ``hints`` hovering over an element tells the field it is coloured by, and its text.
    """
    options: Json = {
        "inlineEditing": False,
        "showAdvancedTypes": False,
        "panZoom": False,
        "zoomToContent": False,
        "infinitePan": False,
        "tooltip": {"mode": "single" if hints else "none", "disableForOneClick": not hints},
        "root": {
            "name": "root",
            "type": "frame",
            # Its colours are made for the dark theme's panels, whichever theme is in use.
            "background": {"color": {"fixed": CARD}},
            "border": {"color": {"fixed": TRANSPARENT}, "width": 0},
            "constraint": {"horizontal": "left", "vertical": "top"},
            "placement": {"left": 0, "top": 0, "width": 100, "height": 100, "rotation": 0},
            "elements": [element.as_json(place) for place, element in enumerate(elements)],
        },
    }
    defaults: Json = {
        "unit": "locale",
        "noValue": no_data,
        "mappings": list(mappings),
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": list(steps) or [{"value": None, "color": TEXT}]},
    }
    return Panel(CANVAS, "", description, *size, queries, options, defaults, overrides, transparent=transparent)


NO_BREAK = "\u00a0"
"""A space at which no line breaks."""


def unbroken(text: str) -> str:
    """The text on one line, however narrow its place."""
    return text.replace(" ", NO_BREAK)


_EMS = {
    **dict.fromkeys(f"ijlI .,:;!|'{NO_BREAK}", 0.28),
    **dict.fromkeys("frt-()[]/", 0.38),
    **dict.fromkeys("0123456789", 0.63),
    **dict.fromkeys("mwMW%@–…▲▼●■○✓", 0.88),
}
"""Widths of letters in Grafana's typeface, Inter; of other small letters 0.58, of capitals 0.68."""


def fitting(text: str, size: int, width: float, *, to_the_letter: bool = False) -> str:
    """The text, or where it is wider than ``width`` pixels as many of its words as fit, and an ellipsis.

    A canvas would break the line and write over the next. Of a word that is too wide by itself its first letters fit,
    and ``to_the_letter`` of any.
    """
    if width_of(text, size) <= width:
        return text
    words = text.split()
    while not to_the_letter and len(words) > 1 and width_of(" ".join(words) + "…", size) > width:
        words.pop()
    kept = " ".join(words)
    while width_of(kept + "…", size) > width:
        kept = kept[:-1]
    return kept + "…"


def width_of(text: str, size: int) -> float:
    """About how many pixels a text is wide."""
    letters = (letter for letter in normalize("NFD", text) if not combining(letter))
    return size * sum(_EMS.get(letter, 0.68 if letter.isupper() else 0.58) for letter in letters)


def _colour(fixed: str, field: str) -> Json:
    return {"fixed": fixed, **({"field": field} if field else {})}
