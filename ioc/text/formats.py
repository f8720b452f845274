"""How figures, times and statuses read to people: Vietnamese first."""

from datetime import UTC, datetime

from ioc.text.bilingual import Language, Text
from ioc.text.words import MEASURES, UNIT_WORDS
from ioc.time.instants import EpochMs
from ioc.time.windows import DAY, HOUR, UTC_OFFSET

SIMULATED = Text("Dữ liệu mô phỏng", "simulated")
DATA_AS_OF = Text("Số liệu đến", "data as of")
UPDATED = Text("Cập nhật lúc", "updated")
SPANS = ((DAY, Text("ngày", "d")), (HOUR, Text("giờ", "h")), (60, Text("phút", "min")), (1, Text("giây", "s")))
"""Units of time spans, the largest first: their seconds and words."""


_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""The first and the last second of the years that there are, 1 to 9999."""


def number(value: float, decimals: int = 0, language: Language = "vi") -> str:
    """``40695`` as ``40.695``, a comma before decimals; in English the other way round."""
    text = f"{value:,.{decimals}f}"
    return text if language == "en" else text.replace(",", "\0").replace(".", ",").replace("\0", ".")


def percent(ratio: float, language: Language = "vi") -> str:
    """``0.7055`` as ``70,55 %``, in English ``70.55%``."""
    return number(ratio * 100, 2, language) + ("%" if language == "en" else " %")


def value_text(value: float, unit: str, language: Language = "vi") -> str:
    """A KPI's value with its unit of measure."""
    if unit == "ratio":
        return percent(value, language)
    if unit == "seconds":
        return duration(value, language=language)
    return number(value, 0 if float(value).is_integer() else 2, language) + measured_in(unit, language)


def measured_in(unit: str, language: Language) -> str:
    """`` mm``, behind a value; empty of counts, and of what its value says itself."""
    return f" {UNIT_WORDS[unit].of(language)}" if unit in MEASURES else ""


def fraction(numerator: float, denominator: float, language: Language = "vi") -> str:
    """``40.695/57.679``."""
    return f"{_plain(numerator, language)}/{_plain(denominator, language)}"


def _plain(value: float, language: Language) -> str:
    return number(value, 0 if float(value).is_integer() else 1, language)


def duration(seconds: float, units: int = 2, language: Language = "vi") -> str:
    """A time span in its largest units: ``3 ngày 4 giờ``, ``12 phút``."""
    rest = int(max(0, seconds))
    parts = []
    for size, word in SPANS:
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {word.of(language)}")
    return " ".join(parts[:units]) or f"0 {SPANS[-1][1].of(language)}"


def local_time(instant: float) -> datetime:
    """An instant as the province's wall clock shows it, without a zone's name: for display only.

    What lies beyond the years 1 to 9999, as a source's "never" may, is the first or the last second of these.
    """
    return datetime.fromtimestamp(min(max(instant + UTC_OFFSET, _FIRST), _LAST), UTC)


def time_text(instant: float) -> str:
    """``24/07/2025 04:00``, local."""
    return f"{local_time(instant):%d/%m/%Y %H:%M}"


def exact_time_text(instant: EpochMs) -> str:
    """``24/07/2025 04:00``, local; with seconds and milliseconds where there are some."""
    minute, rest = divmod(instant, 60_000)
    second, millisecond = divmod(rest, 1_000)
    exact = f".{millisecond:03}" if millisecond else ""
    return time_text(minute * 60) + (f":{second:02}{exact}" if rest else "")


def exact_iso_time(instant: EpochMs) -> str:
    """``2025-07-24T04:00:00+07:00``, or ``2025-07-24T04:00:00.500+07:00``."""
    return f"{_iso(instant // 1_000)}{f'.{rest:03}' if (rest := instant % 1_000) else ''}+07:00"


def iso_time(instant: float) -> str:
    """``2025-07-24T04:00:00+07:00``."""
    return f"{_iso(instant)}+07:00"


def _iso(instant: float) -> str:
    return local_time(instant).replace(tzinfo=None).isoformat(timespec="seconds")
