"""Days and times as offices write them: 01/11/2025 08:30, 8:30 1-11-2025, 01/11/2025 8:30 CH."""

import re
from datetime import datetime

CLOCK_FORMATS = ("day_first", "month_first")
"""Which of the first two numbers of a day is which is told, never guessed: 03/04/2025 is April or March."""

_DAY = r"(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})"
# SA and CH are the morning and the afternoon of a Vietnamese Windows.
_HOUR = r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(:(?P<sec>\d{2})([.,](?P<part>\d{1,9}))?)?(?:\s?(?P<half>AM|PM|SA|CH))?"
_TEXTS = (re.compile(rf"{_DAY}(?:[\sT,]+{_HOUR})?", re.IGNORECASE), re.compile(rf"{_HOUR}[\s,]+{_DAY}", re.IGNORECASE))


def clock_time(text: str, form: str) -> datetime:
    """What a clock showed, without its zone. Raises ValueError."""
    found = next(filter(None, (pattern.fullmatch(text) for pattern in _TEXTS)), None)
    if found is None:
        raise ValueError("no day and time")
    first, second = int(found["first"]), int(found["second"])
    day, month = (first, second) if form == "day_first" else (second, first)
    hour = _hour_of(int(found["hour"] or 0), (found["half"] or "").upper())
    micro = int((found["part"] or "")[:6].ljust(6, "0"))
    return datetime(int(found["year"]), month, day, hour, int(found["minute"] or 0), int(found["sec"] or 0), micro)  # noqa: DTZ001


def formats_that_read(text: str) -> str:
    """A hint for a time that the mapping's own format does not read, to be appended to what is wrong; maybe empty."""
    readings = {form: moment for form in CLOCK_FORMATS if (moment := _read(text, form)) is not None}
    if len(set(readings.values())) == 2:
        days = [f"{moment:%Y-%m-%d} with `format: {form}`" for form, moment in readings.items()]
        return f"; it is {' and '.join(days)}: say in the mapping which is meant, and its `zone:`"
    if not readings:
        return _plain_format(text)
    return f"; say `format: {next(iter(readings))}` in the mapping, and its `zone:`"


def _read(text: str, form: str) -> datetime | None:
    try:
        return clock_time(text, form)
    except ValueError:
        return None


def _plain_format(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return ""
    return "; say `format: iso` in the mapping"


def _hour_of(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no hour of half a day")
    return hour % 12 + (12 if half in {"PM", "CH"} else 0)
