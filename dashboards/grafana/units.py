"""How values of a KPI's unit read in Grafana. Numbers take the separators of the browser's language."""

from collections.abc import Mapping
from typing import Any

from ioc.text.bilingual import Language, Text

LOCAL_NUMBER = "locale"
DATE_AND_TIME = "time:DD/MM/YYYY HH:mm"
CLOCK = "time:HH:mm:ss"
SECONDS = "dtdhms"
"""Days and hours:minutes:seconds, which need no words of any language."""

_SUFFIXES: Mapping[str, Text] = {
    "billion_dong": Text("tỷ đồng", "bn VND"),
    "meters": Text("m", "m"),
    "mm": Text("mm", "mm"),
    "ug_m3": Text("µg/Nm³", "µg/Nm³"),
    "exceedances": Text("giờ", "h"),
    "times": Text("lần", "times"),
}


def field_unit(unit: str, language: Language) -> dict[str, Any]:
    """The unit and decimals of a field's configuration; the name of what is counted is in the panel's title."""
    if unit == "ratio":
        return {"unit": "percentunit", "decimals": 2}
    if unit == "seconds":
        return {"unit": SECONDS, "decimals": 0}
    if unit in _SUFFIXES:
        word = _SUFFIXES[unit].of(language)
        return {"unit": f"suffix: {word}", "decimals": 1}
    return {"unit": LOCAL_NUMBER, "decimals": 2}


def amount(value: float, unit: str, language: Language) -> str:
    """A limit as people write it: ``1 %``, ``0,5 %``, ``20 phút``."""
    number = f"{value * 100 if unit == 'ratio' else value / 60 if unit == 'seconds' else value:.6g}"
    number = number.replace(".", ",") if language == "vi" else number
    if unit == "ratio":
        return f"{number} %" if language == "vi" else f"{number}%"
    if unit == "seconds":
        return f"{number} {'phút' if language == 'vi' else 'min'}"
    return f"{number} {_SUFFIXES[unit].of(language)}" if unit in _SUFFIXES else number
