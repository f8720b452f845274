"""How values of a KPI's unit read in Grafana: a number with the browser's separators, its unit in the title.

Grafana's own formats with a unit (``percentunit``, ``suffix:``) write a decimal point in every language.
"""

from typing import Any

from ioc.text.bilingual import Language
from ioc.text.words import UNIT_WORDS

LOCAL_NUMBER = "locale"
DATE_AND_TIME = "time:DD/MM/YYYY HH:mm"
CLOCK = "time:HH:mm:ss"
SECONDS = "dtdhms"
"""Days and hours:minutes:seconds, which need no words of any language."""


def field_unit(unit: str) -> dict[str, Any]:
    """The format and decimals of a field's configuration, for values as `shown` gives them."""
    if unit == "seconds":
        return {"unit": SECONDS, "decimals": 0}
    return {"unit": LOCAL_NUMBER, "decimals": 2}


def shown(expr: str, unit: str) -> str:
    """A query of a KPI's values as people read them: shares in per cent."""
    return f"100 * ({expr})" if unit == "ratio" else expr


def written(change: str) -> str:
    """A query of a change to the digits that are written: less would be a -0, and plus 0 is none."""
    return f"round({change}, 0.01) + 0"


def shown_value(value: float, unit: str) -> float:
    """A limit on the scale of `shown`."""
    return round(value * 100, 10) if unit == "ratio" else value


def unit_word(unit: str, language: Language) -> str:
    """``%``, ``hồ sơ``; empty for times, which say it themselves; what a catalogue of one's own counts, as it says."""
    if unit == "seconds":
        return ""
    return UNIT_WORDS[unit].of(language) if unit in UNIT_WORDS else unit.replace("_", " ")


def with_unit(name: str, unit: str, language: Language, *more: str) -> str:
    """A title with the unit of its values: ``Tỷ lệ đã xử lý (%, lũy kế)``."""
    said = ", ".join(filter(None, (unit_word(unit, language), *more)))
    return f"{name} ({said})" if said else name


def amount(value: float, unit: str, language: Language) -> str:
    """A limit as people write it: ``1 %``, ``0,5 %``, ``20 phút``."""
    number = f"{shown_value(value, unit) if unit == 'ratio' else value / 60 if unit == 'seconds' else value:.12g}"
    number = number.replace(".", ",") if language == "vi" else number
    if unit == "ratio":
        return f"{number} %" if language == "vi" else f"{number}%"
    if unit == "seconds":
        return f"{number} {'phút' if language == 'vi' else 'min'}"
    return f"{number} {unit_word(unit, language)}"
