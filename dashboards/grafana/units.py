"""How values of a KPI's unit read in Grafana. Numbers take the separators of the browser's language."""

from collections.abc import Mapping
from typing import Any

from dashboards.grafana.words import Speaker
from ioc.text.words import Words

LOCAL_NUMBER = "locale"
DATE_AND_TIME = "time:DD/MM/YYYY HH:mm"
CLOCK = "time:HH:mm:ss"
SECONDS = "dtdhms"
"""Days and hours:minutes:seconds, which need no words of any language."""

_SUFFIXES: Mapping[str, Words] = {
    "billion_dong": Words("tỷ đồng", "bn VND"),
    "meters": Words("m", "m"),
    "mm": Words("mm", "mm"),
    "ug_m3": Words("µg/Nm³", "µg/Nm³"),
    "exceedances": Words("giờ", "h"),
    "times": Words("lần", "times"),
}


def field_unit(unit: str, say: Speaker) -> dict[str, Any]:
    """The unit and decimals of a field's configuration; the name of what is counted is in the panel's title."""
    if unit == "ratio":
        return {"unit": "percentunit", "decimals": 2}
    if unit == "seconds":
        return {"unit": SECONDS, "decimals": 0}
    if unit in _SUFFIXES:
        word = _SUFFIXES[unit].of(say.language)
        return {"unit": f"suffix: {word}", "decimals": 1}
    return {"unit": LOCAL_NUMBER, "decimals": 2}


def amount(value: float, unit: str, say: Speaker) -> str:
    """A limit as people write it: ``1 %``, ``0,5 %``, ``20 phút``."""
    number = f"{value * 100 if unit == 'ratio' else value / 60 if unit == 'seconds' else value:.6g}"
    number = number.replace(".", ",") if say.language == "vi" else number
    if unit == "ratio":
        return f"{number} %" if say.language == "vi" else f"{number}%"
    if unit == "seconds":
        return f"{number} {'phút' if say.language == 'vi' else 'min'}"
    return f"{number} {_SUFFIXES[unit].of(say.language)}" if unit in _SUFFIXES else number
