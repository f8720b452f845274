"""The history of an entity: the events known of it, in order of event time, and how they are stored."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Self

import msgspec

from ioc.engine.plan import FieldValues
from ioc.time.instants import EpochMs, EpochSeconds, ms_from_datetime, ms_from_seconds

Plain = str | int | float | bool | None


class Entry(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One event of an entity: when, which (its number), and the fields that matter of it; times are `EpochMs`."""

    time: EpochMs
    event: int
    values: tuple[Plain, ...]
    calendar: int = 0
    """The working calendar in force when it was applied, by its number: what it was judged by stays so."""

    def repeats(self, other: "Entry") -> bool:
        """Whether both say the same of the same instant."""
        return self.time == other.time and self.event == other.event and self.values == other.values


History = Sequence[Entry]

encode_history = msgspec.msgpack.Encoder().encode
decode_history = msgspec.msgpack.Decoder(list[Entry]).decode


class _StoredSchema(msgspec.Struct):
    """A schema as it is stored; those of a former program are the list only, and their times are in seconds."""

    kept: list[tuple[str, tuple[str, ...]]]
    time_unit: Literal["s", "ms"] = "s"


_encode_schema = msgspec.msgpack.Encoder().encode
_decode_schema = msgspec.msgpack.Decoder(list[tuple[str, tuple[str, ...]]] | _StoredSchema).decode


class EntrySchema:
    """How entries are stored: an event by its number, its kept fields by position.

    Args:
        times: which fields are of the type time, as far as they are kept.
    """

    def __init__(
        self,
        events: Sequence[str],
        kept: Sequence[tuple[str, ...]],
        times: frozenset[str] = frozenset(),
        time_unit: Literal["s", "ms"] = "ms",
    ) -> None:
        self.kept: Mapping[str, tuple[str, ...]] = dict(zip(events, kept, strict=True))
        self._events = list(events)
        self._times = times
        self._time_unit = time_unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EntrySchema) and (self.kept, self._time_unit) == (other.kept, other._time_unit)

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, stored: bytes) -> Self:
        """The schema of a stored record."""
        read = _decode_schema(stored)
        schema = read if isinstance(read, _StoredSchema) else _StoredSchema(read)
        return cls([event for event, _ in schema.kept], [kept for _, kept in schema.kept], time_unit=schema.time_unit)

    def stored(self) -> bytes:
        return _encode_schema(_StoredSchema(list(self.kept.items()), self._time_unit))

    def adapter(self, former: "EntrySchema") -> Callable[[History], list[Entry]]:
        """What makes a history of a former schema one of this, without what is no longer part of the lifecycle."""
        moves = [self._move(event, former) for event in former._events]
        return lambda history: [move(entry) for entry in history if (move := moves[entry.event]) is not None]

    def _move(self, event: str, former: "EntrySchema") -> Callable[[Entry], Entry] | None:
        if event not in self.kept:
            return None
        number, kept, stored = self._events.index(event), self.kept[event], former.kept[event]
        places = [stored.index(field) if field in stored else None for field in kept]
        in_seconds = former._time_unit == "s" != self._time_unit
        times = self.time_places(event) if in_seconds else []

        def moved(entry: Entry) -> Entry:
            values = [None if place is None else entry.values[place] for place in places]
            for place in times:
                values[place] = _in_ms(values[place])
            return Entry(entry.time, number, tuple(values), entry.calendar)

        return moved

    def time_places(self, event: str) -> list[int]:
        """The places of times among the fields kept of an event."""
        return [place for place, field in enumerate(self.kept[event]) if field in self._times]

    def newly_kept(self, former: "EntrySchema") -> frozenset[str]:
        """The fields that entries kept under a former schema may lack, though their events said them."""
        return frozenset(
            field
            for event, fields in self.kept.items()
            for field in fields
            if event in former.kept and field not in former.kept[event]
        )


def times_in_ms(values: FieldValues, places: Sequence[int]) -> FieldValues:
    """Field values with the times at some places as `EpochMs`."""
    changed = list(values)
    for place in places:
        value = changed[place]
        if isinstance(value, datetime):
            changed[place] = ms_from_datetime(value)
    return tuple(changed)


def _in_ms(value: Plain) -> Plain:
    return ms_from_seconds(EpochSeconds(value)) if isinstance(value, int) else value
