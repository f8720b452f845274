"""Durations as the catalogue writes them: ``90s``, ``5m``, ``24h``, ``35d``, ``2wh``, ``1wd``.

``wh`` and ``wd`` are working hours and working days of the province's calendar;
all others are elapsed time.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from ioc.time.instants import Seconds

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d+)(s|m|h|d|wh|wd)")


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of elapsed seconds, working hours or working days."""

    amount: int
    unit: str

    @property
    def working(self) -> bool:
        return self.unit in {"wh", "wd"}

    @property
    def seconds(self) -> Seconds:
        """Elapsed seconds; raises ValueError for a duration in working time."""
        if self.working:
            raise ValueError(f"{self} is working time; its length depends on the calendar")
        return Seconds(self.amount * _UNITS[self.unit])

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


def parse_duration(text: object) -> Duration:
    """Read ``5m``; raises ValueError with the accepted forms."""
    if isinstance(text, Duration):
        return text
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no duration; write a whole number and s, m, h, d, wh or wd, as in 5m or 35d")
    return Duration(int(match[1]), match[2])


def parse_elapsed(text: object) -> Duration:
    """Read ``5m``, but no working time; raises ValueError with the accepted forms."""
    duration = parse_duration(text)
    if duration.working:
        raise ValueError(f"{duration} is working time; write elapsed time here, as in 5m or 24h")
    return duration


AnyDuration = Annotated[Duration, BeforeValidator(parse_duration), PlainSerializer(str)]
Elapsed = Annotated[Duration, BeforeValidator(parse_elapsed), PlainSerializer(str)]
