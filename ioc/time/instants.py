"""Units of time as types, and every conversion between them.

They are plain integers at run time; the type checker tells them apart. Arithmetic gives a plain integer, which is
named again where it leaves the function. Only whole minutes, seconds and milliseconds have types: a ``float`` is in
seconds, as in the standard library.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NewType

EpochMs = NewType("EpochMs", int)
"""An instant, in whole milliseconds since the epoch."""
EpochSeconds = NewType("EpochSeconds", int)
"""An instant, in whole seconds since the epoch."""
EpochMinute = NewType("EpochMinute", int)
"""A minute, by its number since the epoch."""
Milliseconds = NewType("Milliseconds", int)
"""A duration."""
Seconds = NewType("Seconds", int)
"""A duration."""

MILLISECOND = timedelta(milliseconds=1)


class _EpochByZone(dict[tzinfo | None, datetime]):
    """The epoch as each zone of a fixed offset writes it.

    Subtracting two times of one zone asks for no offset: three times as fast as `datetime.timestamp`, and exact.
    """

    def __missing__(self, zone: tzinfo | None) -> datetime:
        epoch = self[zone] = datetime.fromtimestamp(0, UTC).astimezone(zone)
        return epoch


EPOCH_BY_ZONE = _EpochByZone()


def ms_from_datetime(moment: datetime) -> EpochMs:
    """The instant, rounded down; the moment's zone has one offset for ever, as in RFC 3339."""
    return EpochMs((moment - EPOCH_BY_ZONE[moment.tzinfo]) // MILLISECOND)


def seconds_from_datetime(moment: datetime) -> EpochSeconds:
    """The second that holds a moment."""
    return seconds_from_ms(ms_from_datetime(moment))


def ms_from_float(seconds: float) -> EpochMs:
    """The instant of a clock that tells seconds as a float."""
    return EpochMs(int(seconds * 1000))


def float_from_ms(instant: EpochMs) -> float:
    """An instant as a clock tells it that has seconds as a float."""
    return instant / 1000


def seconds_from_ms(instant: EpochMs) -> EpochSeconds:
    """The second that holds an instant."""
    return instant // 1000  # type: ignore[return-value]  # runs for every event, and to name a type is a call


def ms_from_seconds(instant: EpochSeconds) -> EpochMs:
    """The begin of a second."""
    return EpochMs(instant * 1000)


def minute_from_ms(instant: EpochMs) -> EpochMinute:
    """The minute that holds an instant."""
    return instant // 60_000  # type: ignore[return-value]  # runs for every event, and to name a type is a call


def ms_from_minute(minute: EpochMinute) -> EpochMs:
    """The begin of a minute."""
    return EpochMs(minute * 60_000)


def minute_from_seconds(instant: EpochSeconds) -> EpochMinute:
    """The minute that holds an instant."""
    return EpochMinute(instant // 60)


def minute_not_before(instant: EpochMs) -> EpochMinute:
    """The first minute that begins at an instant or after it."""
    return EpochMinute(-(-instant // 60_000))


def seconds_from_minute(minute: EpochMinute) -> EpochSeconds:
    """The begin of a minute."""
    return EpochSeconds(minute * 60)


def in_milliseconds(duration: Seconds) -> Milliseconds:
    """The same duration."""
    return Milliseconds(duration * 1000)
