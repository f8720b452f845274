"""Events of scenarios: ready to publish, written by templates because a scenario has a million of them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from ioc.catalogue.model import TYPE_PREFIX
from ioc.time.windows import DAY, UTC_OFFSET

TEXT = '"%b"'
BOOLEAN = "%b"
INTEGER = "%d"
NUMBER = "%.2f"
"""How a field's value is written; the first two take bytes."""

BOOL = (b"false", b"true")


class Event(NamedTuple):
    """One record of a subsystem's topic."""

    time: int
    """Event time, in seconds since the epoch."""
    subsystem: str
    key: bytes
    value: bytes
    """A structured CloudEvent."""

    @property
    def type(self) -> bytes:
        """Its CloudEvents type."""
        return self.value.partition(b'"type":"')[2].partition(b'"')[0]


class Writer:
    """Writes events of one type, marked as simulated.

    Args:
        key: the field of the data that is the key; None where the data does not carry it.
        fields: for each further field of the data how it is written, or its value as JSON.
    """

    def __init__(self, subsystem: str, event: str, key: str | None = None, /, **fields: str) -> None:
        self._subsystem = subsystem
        own = {key: TEXT} if key else {}
        data = ",".join(f'"{name}":{form}' for name, form in (own | fields).items())
        self._keys = key is not None
        self._template = (
            f'{{"specversion":"1.0","id":"%b-{event.partition(".")[2]}-%d","source":"/simulated/{subsystem}",'
            f'"type":"{TYPE_PREFIX}.{subsystem}.{event}.v1","time":"%b","partitionkey":"%b","simulated":true,'
            f'"data":{{{data}}}}}'
        ).encode()

    def __call__(self, time: int, key: bytes, *values: bytes | float) -> Event:
        """The event at ``time``; a key may have one event of a type in a second."""
        own = (key, *values) if self._keys else values
        value = self._template % (key, time, stamp(time), key, *own)
        # As Event(...), which takes twice as long.
        return _new(Event, (time, self._subsystem, key, value))


_new = tuple.__new__


class _Dates(dict[int, bytes]):
    """Day numbers as ISO dates."""

    def __missing__(self, day: int) -> bytes:
        text = self[day] = (date(1970, 1, 1) + timedelta(days=day)).isoformat().encode()
        return text


_dates = _Dates()
# Two small tables stay in the processor's cache; one of all seconds does not.
_minutes = [b"T%02d:%02d:" % divmod(minute, 60) for minute in range(1440)]
_seconds = [b"%02d+07:00" % second for second in range(60)]


def stamp(time: int) -> bytes:
    """An instant as RFC 3339 in local time."""
    minute, second = divmod(time + UTC_OFFSET, 60)
    day, minute = divmod(minute, 1440)
    return _dates[day] + _minutes[minute] + _seconds[second]


def day_code(day: int) -> bytes:
    """A day as it stands in ids: 251031."""
    return _dates[day].replace(b"-", b"")[2:]


def midnight(day: int) -> int:
    """The local midnight that a day begins with, in seconds since the epoch."""
    return day * DAY - UTC_OFFSET


def day_of(time: int) -> int:
    """The number of the local day that holds an instant: days since 1 January 1970."""
    return (time + UTC_OFFSET) // DAY


def ids(prefix: bytes, day: int) -> Iterator[bytes]:
    """Ids of what begins on a day, one after the other."""
    begin = b"%b-%b-" % (prefix, day_code(day))
    return (b"%b%05d" % (begin, number) for number in count(1))


REPORTED_AFTER = 5 * 60
"""So many seconds after midnight sources report their totals."""


def source_totals(subsystem: str, day: int, totals: Iterable[tuple[str, float]]) -> Iterator[Event]:
    """What the source itself counted up to the midnight that ``day`` begins with, reported right after it."""
    write = Writer(subsystem, "source_total.reported", "kpi", value="%.3f", as_of=TEXT)
    for kpi, total in totals:
        yield write(midnight(day) + REPORTED_AFTER, kpi.encode(), total, stamp(midnight(day)))
