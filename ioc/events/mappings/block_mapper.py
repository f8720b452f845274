"""A mapping at work on many rows at once: what `Mapper.events` gives of each of them, in a fraction of the time.

What is of a single cell, or of a few, is read once for all rows that have the same there, and as the JSON that it
becomes. An event is then put together of such parts. A row of which anything is odd is left to the `Mapper`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress, repeat
from operator import itemgetter
from typing import NamedTuple, TypeVar, cast

from ioc.events.decoding import Rejection
from ioc.events.mappings.block import Block
from ioc.events.mappings.ids import id_of_parts, in_utc, said
from ioc.events.mappings.mapper import Conditions, EventOfRow, FieldOfEvent, Mapper, Outgoing
from ioc.events.mappings.model import Timestamp
from ioc.events.mappings.remembered import Remembered
from ioc.events.mappings.row import Cells, RowFault
from ioc.events.mappings.values import columns_behind
from ioc.events.writing import encode

Read = TypeVar("Read")

_Key = tuple[bytes, bytes]
"""A message key, and as JSON."""


@dataclass(frozen=True)
class MadeOfBlock:
    """What the rows of a block stand for, by their places from 0."""

    events: list[tuple[int, Outgoing]]
    """In the order of the rows."""
    odd: list[int]
    """Rows that are refused, warned of, or for another reason to be mapped one by one."""
    left: list[str]
    """For each row that stands for no event, what it has in the columns that decide."""


class BlockMapper:
    """Turns blocks of rows into events.

    Args:
        earliest, latest: rows with events before or after are odd.
    """

    def __init__(self, mapper: Mapper, earliest: datetime, latest: datetime) -> None:
        readers = _Readers(mapper)
        self._rules = [_Holding(rule) for rule in (*mapper.refuses, *mapper.warns)]
        self._events = [_Event(mapper, event, readers, earliest, latest) for event in mapper.kinds_of_event]
        self._asked = Remembered(mapper.asked_of, mapper.asked_columns)

    def made(self, block: Block) -> MadeOfBlock:
        """What its rows stand for."""
        odd: Sequence[bool] = [False] * block.size
        for rule in self._rules:
            odd = [was or holds is not False for was, holds in zip(odd, rule.of(block), strict=True)]
        left: Sequence[bool] = [not each for each in odd]
        made: list[tuple[int, Outgoing | None]] = []
        for event in self._events:
            happens = event.happens.of(block)
            if None in happens:
                made += [(place, None) for place, happened in enumerate(happens) if happened is None]
            made += zip(compress(range(block.size), happens), event.made(block.where(happens)), strict=True)
            left = [still and happened is False for still, happened in zip(left, happens, strict=True)]
        odd_places = {*compress(range(block.size), odd), *(place for place, event in made if event is None)}
        events = [(place, event) for place, event in made if event is not None and place not in odd_places]
        # The events of each row stay in the order of the mapping.
        events.sort(key=itemgetter(0))
        return MadeOfBlock(events, sorted(odd_places), self._asked.of(block.where(left)))


class _Event:
    """One of the mapping's events."""

    def __init__(
        self, mapper: Mapper, event: EventOfRow, readers: "_Readers", earliest: datetime, latest: datetime
    ) -> None:
        self._name = event.name
        self._writer = mapper.writer
        self._earliest, self._latest = earliest, latest
        self._said_source, self._said_name = said(mapper.mapping.source), said(event.name)
        self.happens = _Holding(event.happens)
        self._moment = readers.moment(event.time_name)
        fields = sorted(event.fields, key=lambda field: field.name)
        self._fields = [readers.field(field) for field in fields]
        self._order = [fields.index(field) for field in event.fields]
        keyed_by = mapper.writer.keys[event.name]
        self._keyed_by_id = keyed_by is None
        self._key = next((readers.key(field) for field in fields if field.name == keyed_by), None)

    def made(self, block: Block) -> list[Outgoing | None]:
        """The event of each row; None for a row that is odd."""
        size = block.size
        moments = [*map(self._within, self._moment.of(block))]
        keys = self._key.of(block) if self._key else [_NO_KEY] * size
        fields = [field.of(block) for field in self._fields]
        columns = [moments, keys, *(field.sent for field in fields)]
        if any(None in column for column in columns):
            sound = [None not in row for row in zip(*columns, strict=True)]
            made = iter(self.made(block.where(sound)))
            return [next(made) if is_sound else None for is_sound in sound]
        sent = _rows([fields[place].sent for place in self._order], size)
        told = _rows([field.said for field in fields], size)
        # No part is None any more, which no type can say.
        return [*map(self._put_together, cast(list[_Moment], moments), cast(list[_Key], keys), sent, told)]

    def _within(self, moment: "_Moment | None") -> "_Moment | None":
        return moment if moment is not None and self._earliest <= moment.utc <= self._latest else None

    def _put_together(
        self, moment: "_Moment", key: _Key, sent: Sequence[bytes], told: Sequence[bytes]
    ) -> Outgoing | None:
        event_id = id_of_parts(self._said_source, self._said_name, moment.said, b"{%b}" % b"".join(told)[1:])
        own_key, key_json = (event_id.encode(), encode(event_id)) if self._keyed_by_id else key
        data = b"{%b}" % b"".join(sent)[1:]
        try:
            value = self._writer.write_parts(self._name, event_id, moment.sent, key_json, data)
        except Rejection:
            return None
        return Outgoing(self._name, event_id, own_key, value, moment.utc)


class _Holding:
    """Conditions on every row of a block."""

    def __init__(self, conditions: Conditions) -> None:
        self._each = [Remembered(_or_none(holds), columns) for holds, columns in conditions.each]

    def of(self, block: Block) -> list[bool | None]:
        """Whether they hold of each row; None where that cannot be told."""
        found: list[bool | None] = [True] * block.size
        for condition in self._each:
            asked = [so_far is True for so_far in found]
            if False not in asked:
                found = condition.of(block)
            elif True in asked:
                more = iter(condition.of(block.where(asked)))
                found = [next(more) if is_asked else so_far for is_asked, so_far in zip(asked, found, strict=True)]
        return found


class _Readers:
    """Readers of what events are made of, each at work once for all events that have it. None is for what is odd."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self._moments: dict[str, Remembered[_Moment | None]] = {}
        self._fields: dict[tuple[str, bool], _Written | _Time] = {}
        self._keys: dict[tuple[str, bool], Remembered[_Key | None]] = {}

    def moment(self, name: str) -> "Remembered[_Moment | None]":
        """A time of the mapping."""
        if name not in self._moments:
            times, read_time = self._mapper.mapping.times, self._mapper.times[name]

            def read(cells: Cells) -> _Moment:
                time = read_time(cells)
                if time is None:
                    return _NO_TIME
                utc = in_utc(time)
                return _Moment(utc, encode(time), said(utc))

            self._moments[name] = Remembered(_or_none(read), columns_behind(times[name], times))
        return self._moments[name]

    def field(self, field: FieldOfEvent) -> "_Written | _Time":
        """A field of an event."""
        known = (f"{field.name} {field.source!r}", field.required)
        if known not in self._fields:
            match field.source:
                case Timestamp(time=name):
                    self._fields[known] = _Time(field, self.moment(name))
                case _:
                    self._fields[known] = _Written(field)
        return self._fields[known]

    def key(self, field: FieldOfEvent) -> Remembered[_Key | None]:
        """The message key that a field gives, and as JSON."""

        def read(cells: Cells) -> _Key:
            value = field.read(cells)
            key = "" if value is None else str(value)
            return key.encode(), encode(key)

        known = (f"{field.name} {field.source!r}", field.required)
        return self._keys.setdefault(known, Remembered(_or_none(read), field.columns))


class _Moment(NamedTuple):
    """A time of the mapping."""

    utc: datetime
    sent: bytes
    """As JSON, in the zone in which it is told."""
    said: bytes
    """As ids have it."""


_NO_TIME = _Moment(datetime.max.replace(tzinfo=UTC), b"", b"")
"""Of a row that has none; an event would be yet to come."""
_NO_KEY = (b"", encode(""))


class _Columns(NamedTuple):
    """A field with its name as JSON, after a comma; nothing where an event leaves it out."""

    sent: Sequence[bytes | None]
    said: Sequence[bytes | None]
    """The same as ids have it."""


class _Written:
    """A field that is sent as ids have it."""

    def __init__(self, field: FieldOfEvent) -> None:
        name = encode(field.name)

        def read(cells: Cells) -> bytes:
            value = field.read(cells)
            return b"" if value is None else b",%b:%b" % (name, encode(value))

        self._part = Remembered(_or_none(read), field.columns)

    def of(self, block: Block) -> _Columns:
        part = self._part.of(block)
        return _Columns(part, part)


class _Time:
    """A field that is a time of the mapping."""

    def __init__(self, field: FieldOfEvent, moment: Remembered[_Moment | None]) -> None:
        self._before = b",%b:" % encode(field.name)
        self._empty = None if field.required else b""
        self._moment = moment

    def of(self, block: Block) -> _Columns:
        before, empty = self._before, self._empty
        sent: list[bytes | None] = []
        told: list[bytes | None] = []
        for moment in self._moment.of(block):
            if moment is None or moment is _NO_TIME:
                nothing = None if moment is None else empty
                sent.append(nothing)
                told.append(nothing)
            else:
                sent.append(before + moment.sent)
                told.append(before + moment.said)
        return _Columns(sent, told)


def _rows(columns: Sequence[Sequence[bytes | None]], size: int) -> Iterator[Sequence[bytes]]:
    return cast(Iterator[Sequence[bytes]], zip(*columns, strict=True) if columns else repeat((), size))


def _or_none(read: Callable[[Cells], Read]) -> Callable[[Cells], Read | None]:
    """The same reader, which gives None where the other one refuses the row."""

    def read_or_none(cells: Cells) -> Read | None:
        try:
            return read(cells)
        except RowFault:
            return None

    return read_or_none
