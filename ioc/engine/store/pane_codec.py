"""Panes as bytes: MessagePack of the columns' names and, by labels, the cells.

Columns are found again by name, so a catalogue may gain and lose KPIs without touching stored panes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from ioc.kpis.measures import Labels, Measure

Cell = list[Any]
"""One value per column: an int (sum), a dict of counts (buckets), an (instant, amount) pair or None (latest)."""
Pane = dict[Labels, Cell]


class _Stored(msgspec.Struct, array_like=True):
    columns: list[str]
    rows: list[tuple[tuple[str, ...], list[Any]]]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Stored, strict=False)
_TYPES = {"sum": int, "buckets": dict[int | str, int], "latest": tuple[int, float] | None}


def _added(buckets: Iterable[Mapping[int | str, int]]) -> dict[int | str, int]:
    counts: dict[int | str, int] = {}
    for own in buckets:
        for bucket, count in own.items():
            counts[bucket] = counts.get(bucket, 0) + count
    return counts


def _newest(latest: Iterable[tuple[int, float] | None]) -> tuple[int, float] | None:
    return max((each for each in latest if each is not None), default=None)


_MERGES: Mapping[str, Callable[[Iterable[Any]], Any]] = {"sum": sum, "buckets": _added, "latest": _newest}


def empty_cell(columns: Iterable[Measure]) -> Cell:
    """A cell to which nothing was added."""
    return [0 if m.accumulator == "sum" else {} if m.accumulator == "buckets" else None for m in columns]


class PaneCodec:
    """Makes, merges, packs and unpacks the cells of one table."""

    def __init__(self, columns: Sequence[Measure]) -> None:
        self._columns = columns
        self._names = [measure.name for measure in columns]
        self._empty = empty_cell(columns)
        self._buckets = [number for number, measure in enumerate(columns) if measure.accumulator == "buckets"]
        self._merges = [_MERGES[measure.accumulator] for measure in columns]
        cell: Any = tuple[tuple(_TYPES[measure.accumulator] for measure in columns)]  # type: ignore[misc]
        self._of_today = msgspec.msgpack.Decoder(tuple[list[str], list[tuple[tuple[str, ...], cell]]])

    def empty_cell(self) -> Cell:
        """A cell to which nothing was added."""
        cell = self._empty.copy()
        for number in self._buckets:
            cell[number] = {}
        return cell

    def merged(self, cells: Iterable[Cell]) -> Cell:
        """A new cell of what several hold together.

        Sums and counts of buckets add up; of latest values the newest stays, of equally new ones the greatest.
        """
        return [merge(values) for merge, values in zip(self._merges, zip(*cells, strict=True), strict=True)]

    def negative_counts(self, pane: Pane) -> int:
        """How many counts of things are below 0, which none can be; amounts may."""
        counted = [number for number, measure in enumerate(self._columns) if measure.amount is None]
        found = 0
        for cell in pane.values():
            for value in (cell[number] for number in counted):
                counts = value.values() if isinstance(value, dict) else (value,)
                found += sum(isinstance(count, int) and count < 0 for count in counts)
        return found

    def encode(self, pane: Pane) -> bytes:
        """The value of a pane's record."""
        rows = sorted(pane.items(), key=itemgetter(0))
        try:
            return _encoder.encode((self._names, rows))
        except OverflowError:
            # MessagePack has no larger integers; a sum beyond them is stored as a text.
            return _encoder.encode((self._names, [(labels, list(map(_plain, cell))) for labels, cell in rows]))

    def decode(self, value: bytes) -> Pane:
        """The cells of a stored pane, in today's columns: new ones empty, gone ones left out.

        Raises msgspec.MsgspecError.
        """
        try:
            columns, rows = self._of_today.decode(value)
        except msgspec.ValidationError:
            return self._adapted(value)
        return {labels: list(cell) for labels, cell in rows} if columns == self._names else self._adapted(value)

    def _adapted(self, value: bytes) -> Pane:
        """A pane of another catalogue, or with what only texts can hold."""
        stored = _decoder.decode(value)
        position = {name: number for number, name in enumerate(stored.columns)}
        places = [(position.get(measure.name), measure) for measure in self._columns]
        return {
            tuple(labels): [_value(measure, place, cell) for place, measure in places] for labels, cell in stored.rows
        }


_LARGEST_STORED = 2**63 - 1


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, int) and abs(value) > _LARGEST_STORED else value


def _value(measure: Measure, place: int | None, cell: list[Any]) -> Any:
    if place is None:
        return empty_cell([measure])[0]
    if measure.accumulator == "sum":
        return int(cell[place])
    if measure.accumulator == "buckets":
        return dict(cell[place])
    return None if cell[place] is None else tuple(cell[place])
