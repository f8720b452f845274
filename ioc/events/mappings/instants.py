"""Times as rows write them, as moments: formats, zones, shifts, clock times of the next day."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ioc.events.mappings.clock_texts import CLOCK_FORMATS, clock_time, formats_that_read
from ioc.events.mappings.model import FileColumn, Instant, Padded, Part, Shift
from ioc.events.mappings.row import Cells, RowFault, cell_reader, number_of, text_of

ReadText = Callable[[Cells], str | None]
ReadWritten = Callable[[Cells], str | date | None]
"""Reads what a row has for a time: a text, or a day or a time that the file holds as such."""
ReadTime = Callable[[Cells], datetime | None]

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_LONGEST_SHIFT = 400 * 365 * 86_400
"""Seconds; more is a fault of the data, and no calendar's business."""


def time_reader(
    instant: Instant,
    above: Mapping[str, ReadTime],
    written: ReadWritten,
    zone_text: ReadText | None,
    missing: Collection[str],
) -> ReadTime:
    """Reads one time of a mapping; None where the row has none.

    Args:
        above: the times written above it, which it may refer to.
        written: reads what it is written as; unused where it starts from another time.
        zone_text: reads the name of its zone where that differs by row.
    """
    column = _columns_text(instant)
    fixed = ZoneInfo(instant.zone) if isinstance(instant.zone, str) else None
    base = above[instant.start] if instant.start else None
    shifts = [_shift_reader(shift, missing) for shift in instant.plus]
    earliest = above[instant.not_before] if instant.not_before else None

    def own(cells: Cells) -> datetime | None:
        found = written(cells)
        if found is None:
            return None
        zone = fixed if zone_text is None else _zone(zone_text(cells), instant.zone)
        if isinstance(found, date):
            clock = found if isinstance(found, datetime) else datetime(found.year, found.month, found.day)  # noqa: DTZ001
            return _in_zone(clock, zone, column, found)
        return _parsed(found, instant.format, zone, column)

    def read(cells: Cells) -> datetime | None:
        moment = own(cells) if base is None else base(cells)
        if moment is None:
            return None
        moment = _brought_after(moment, earliest(cells)) if earliest else moment
        for shift in shifts:
            amount = shift(cells)
            if amount is None:
                return None
            # Elapsed time is added to the moment, not to what a clock shows.
            moment = _shifted(moment, amount)
        return moment

    return read


def part_reader(part: Part, of: ReadTime) -> ReadText:
    """Reads a part of a time, in the zone that the mapping names for it."""
    zone = ZoneInfo(part.zone)
    write = _PARTS[part.part]

    def read(cells: Cells) -> str | None:
        moment = of(cells)
        try:
            return None if moment is None else write(moment.astimezone(zone))
        except OverflowError as error:
            raise RowFault("not_a_time", f"no calendar of {zone} reaches {moment:%Y-%m-%d}") from error

    return read


_PARTS: Mapping[str, Callable[[datetime], str]] = {
    "year": lambda local: f"{local.year:04}",
    "month": lambda local: f"{local.month:02}",
    "day": lambda local: f"{local.day:02}",
    "date": lambda local: local.date().isoformat(),
    "hour": lambda local: f"{local.hour:02}",
    "minute": lambda local: f"{local.minute:02}",
    "weekday": lambda local: str(local.isoweekday()),
}


def _columns_text(instant: Instant) -> str:
    if instant.join:
        return "+".join(part.column if isinstance(part, Padded) else part for part in instant.join)
    return instant.column or ""


# Rows of a day repeat their date: reading a time takes ten times as long as remembering it.
@lru_cache(maxsize=1 << 14)
def _parsed(text: str, form: str, zone: ZoneInfo | None, column: str) -> datetime:
    try:
        if form in {"unix", "unix_ms"}:
            seconds = number_of(text, ".", column) / (1000 if form == "unix_ms" else 1)
            return datetime.fromtimestamp(float(seconds), UTC)
        moment = _clock(text, form)
    except (ValueError, OverflowError, OSError) as error:
        detail = f"this is no time of the format {form}{formats_that_read(text)}"
        raise RowFault("not_a_time", detail, column, text) from error
    return _in_zone(moment, zone, column, text)


# Databases write a space there: 2025-11-01 08:00:00.0000000 +07:00.
_BEFORE_OFFSET = re.compile(r" (?=([+-]\d{2}:?\d{2}|Z)$)")


def _clock(text: str, form: str) -> datetime:
    if form == "iso":
        return datetime.fromisoformat(_BEFORE_OFFSET.sub("", text))
    return clock_time(text, form) if form in CLOCK_FORMATS else datetime.strptime(text, form)  # noqa: DTZ007


def _in_zone(moment: datetime, zone: ZoneInfo | None, column: str, written: str | date) -> datetime:
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        detail = "this time says no zone; write `zone:` in the mapping, as in Asia/Ho_Chi_Minh"
        raise RowFault("not_a_time", detail, column, text_of(written))
    return _placed(moment, zone, column, written)


def _placed(local: datetime, zone: ZoneInfo, column: str, written: str | date) -> datetime:
    """A clock's time in its zone; of a time that the clock shows twice, the first."""
    moment = local.replace(tzinfo=zone)
    if _runs_on(zone, local.date()):
        return moment
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        detail = f"clocks in {zone} never showed this time, as they were put forward"
        raise RowFault("not_a_time", detail, column, text_of(written))
    return moment


# Rows of a day share it, and a clock is asked for its offset as long as a time is read.
@lru_cache(maxsize=1 << 12)
def _runs_on(zone: ZoneInfo, day: date) -> bool:
    """Whether clocks of a zone are neither put forward nor back on a day."""
    try:
        ends = (datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=days) for days in (0, 1))
        offsets = {moment.replace(fold=fold).utcoffset() for moment in ends for fold in (0, 1)}
    except OverflowError:
        return False
    return len(offsets) == 1


def _zone(name: str | None, spec: object) -> ZoneInfo:
    column = spec.column if isinstance(spec, FileColumn) else ""
    if name is None:
        raise RowFault("missing_value", "the cell is empty, and the time needs its zone", column)
    return _named_zone(name, column)


@lru_cache(maxsize=1024)
def _named_zone(name: str, column: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise RowFault("not_a_zone", "there is no time zone of that name", column, name) from error


def _brought_after(moment: datetime, earliest: datetime | None) -> datetime:
    """Clock times alone leave open whose day they are of: the first that is not before another time."""
    if earliest is None or moment >= earliest:
        return moment
    days = max(0, (earliest - moment).days)
    later = moment + timedelta(days=days)
    return later if later >= earliest else moment + timedelta(days=days + 1)


def _shifted(moment: datetime, by: timedelta) -> datetime:
    zone = moment.tzinfo
    try:
        return (moment.astimezone(UTC) + by).astimezone(zone)
    except OverflowError as error:
        raise RowFault("not_a_time", f"no calendar reaches {by.days} days from {moment:%Y-%m-%d}") from error


def _shift_reader(shift: Shift, missing: Collection[str]) -> Callable[[Cells], timedelta | None]:
    unit = _SECONDS[shift.unit]
    if shift.column is None:
        fixed = timedelta(seconds=(shift.amount or 0.0) * unit)
        return lambda _: fixed
    column, cell = shift.column, cell_reader(shift.column, missing)

    def read(cells: Cells) -> timedelta | None:
        text = cell(cells)
        if text is None:
            return None
        amount = float(number_of(text, ".", column))
        if shift.min is not None and amount < shift.min:
            raise RowFault("out_of_range", f"{shift.min:g} {shift.unit} are the least", column, text)
        if shift.max is not None and amount > shift.max:
            raise RowFault("out_of_range", f"{shift.max:g} {shift.unit} are the most", column, text)
        if abs(amount) * unit > _LONGEST_SHIFT:
            raise RowFault("out_of_range", f"{shift.unit} of more than 400 years", column, text)
        return timedelta(seconds=amount * unit)

    return read
