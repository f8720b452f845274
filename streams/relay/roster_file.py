"""A shift as the file of contacts writes it."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ioc.notices.roster import WEEKDAYS, RosterLine
from streams.settings.yaml_file import Written

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def _time_of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text!r} is no time of day: write one from 00:00 to 23:59, as in 07:30")
    return text


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]


class Shift(Written):
    """From when to when somebody is on duty, local time; every day, unless it says which."""

    contact: str
    begins: TimeOfDay = Field(alias="from")
    ends: TimeOfDay = Field(alias="to")
    """On the next day where it is not after the beginning; the same time is a whole day."""
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = Field(None, min_length=1)
    """On which it begins."""
    dates: list[date] | None = Field(None, min_length=1)
    """On which it begins; it stands before the shifts of weekdays."""

    @model_validator(mode="after")
    def _days_or_dates(self) -> "Shift":
        if self.days is not None and self.dates is not None:
            raise ValueError("write days or dates, not both")
        return self

    def line(self) -> RosterLine:
        """The same for the roster."""
        days = frozenset(map(WEEKDAYS.index, self.days or WEEKDAYS))
        return RosterLine(self.contact, _minutes(self.begins), _minutes(self.ends), days, frozenset(self.dates or ()))


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
