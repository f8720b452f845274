"""How figures, times and statuses read to people: Vietnamese first."""

from datetime import UTC, datetime

from ioc.text.words import Language, Words
from ioc.time.windows import DAY, HOUR, UTC_OFFSET

GREY, GREEN, YELLOW, RED = 0, 1, 2, 3

STATUS_NAMES = {GREY: "grey", GREEN: "green", YELLOW: "yellow", RED: "red"}
STATUS_WORDS = {
    GREY: Words("Không có dữ liệu", "no data"),
    GREEN: Words("Bình thường", "normal"),
    YELLOW: Words("Theo dõi", "watch"),
    RED: Words("Cần xử lý", "act"),
}
GREY_REASONS = {
    1: Words("Mất dữ liệu", "feed silent"),
    2: Words("Không có dữ liệu", "no data"),
    3: Words("Chưa đến kỳ báo cáo", "not due"),
    4: Words("Chưa đủ mẫu", "below sample"),
}
SIMULATED = Words("Dữ liệu mô phỏng", "simulated")
DATA_AS_OF = Words("Số liệu đến", "data as of")
UPDATED = Words("Cập nhật lúc", "updated")
_SPANS = ((DAY, Words("ngày", "d")), (HOUR, Words("giờ", "h")), (60, Words("phút", "min")), (1, Words("giây", "s")))


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
    return number(value, 0 if float(value).is_integer() else 2, language)


def fraction(numerator: float, denominator: float, language: Language = "vi") -> str:
    """``40.695/57.679``."""
    return f"{_plain(numerator, language)}/{_plain(denominator, language)}"


def _plain(value: float, language: Language) -> str:
    return number(value, 0 if float(value).is_integer() else 1, language)


def duration(seconds: float, units: int = 2, language: Language = "vi") -> str:
    """A time span in its largest units: ``3 ngày 4 giờ``, ``12 phút``."""
    rest = int(max(0, seconds))
    parts = []
    for size, word in _SPANS:
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {word.of(language)}")
    return " ".join(parts[:units]) or f"0 {_SPANS[-1][1].of(language)}"


def local_time(instant: float) -> datetime:
    """An instant as the province's wall clock shows it, without a zone's name: for display only."""
    return datetime.fromtimestamp(instant + UTC_OFFSET, UTC)


def time_text(instant: float) -> str:
    """``24/07/2025 04:00``, local."""
    return f"{local_time(instant):%d/%m/%Y %H:%M}"


def iso_time(instant: float) -> str:
    """``2025-07-24T04:00:00+07:00``."""
    return f"{local_time(instant):%Y-%m-%dT%H:%M:%S}+07:00"
