"""The cells of one subsystem in one partition, kept packed except for the panes in use.

A pane is one record: its key names table and start, its value is MessagePack of
``{"c": [column names], "r": [[labels, cells], ...]}``. Columns are found again by name, so a catalogue
may gain and lose KPIs without touching stored panes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ioc.batch import Record
from ioc.kinds.base import Labels, Measure
from ioc.panes import expired
from ioc.plan import Table, TableKey

Cell = list[Any]
"""One value per column: an int (sum), a dict of counts (buckets), an (instant, amount) pair or None (latest)."""
Pane = dict[Labels, Cell]
PaneKey = tuple[TableKey, int]


class _Stored(msgspec.Struct, array_like=True):
    columns: list[str]
    rows: list[tuple[tuple[str, ...], list[Any]]]


_LARGEST_STORED = 2**63 - 1
"""MessagePack has no larger integers; larger sums are stored as texts."""

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(_Stored, strict=False)


def empty_cell(columns: Iterable[Measure]) -> Cell:
    """A cell to which nothing was added."""
    return [0 if m.accumulator == "sum" else {} if m.accumulator == "buckets" else None for m in columns]


def encode_pane(table: Table, pane: Pane) -> bytes:
    """The value of a pane's record."""
    rows = [(labels, [_plain(value) for value in pane[labels]]) for labels in sorted(pane)]
    return _encoder.encode(_Stored([measure.name for measure in table.columns], rows))


def _plain(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > _LARGEST_STORED:
        return str(value)
    return sorted(value.items()) if isinstance(value, dict) else value


def decode_pane(table: Table, value: bytes) -> Pane:
    """The cells of a stored pane, in today's columns: new ones empty, gone ones left out.

    Raises msgspec.MsgspecError.
    """
    stored = _decoder.decode(value)
    position = {name: number for number, name in enumerate(stored.columns)}
    places = [(position.get(measure.name), measure) for measure in table.columns]
    return {tuple(labels): [_value(measure, place, cell) for place, measure in places] for labels, cell in stored.rows}


def _value(measure: Measure, place: int | None, cell: list[Any]) -> Any:
    if place is None:
        return empty_cell([measure])[0]
    if measure.accumulator == "sum":
        return int(cell[place])
    if measure.accumulator == "buckets":
        return dict(cell[place])
    return None if cell[place] is None else tuple(cell[place])


class _OpenPane:
    """A pane in use."""

    __slots__ = ("cells", "touched")

    def __init__(self, cells: Pane) -> None:
        self.cells = cells
        self.touched = False


class PaneStore:
    """All panes of one subsystem in one partition."""

    def __init__(self, slug: str, tables: Mapping[TableKey, Table]) -> None:
        self._slug = slug
        self._tables = tables
        self._by_name = {str(key): key for key in tables}
        self._packed: dict[PaneKey, bytes] = {}
        self._gone: list[bytes] = []
        self._open: dict[Table, dict[int, _OpenPane]] = {table: {} for table in tables.values()}

    def cell(self, table: Table, start: int, labels: Labels) -> Cell:
        """The cell to add to; its pane counts as changed."""
        pane = self._open[table].get(start)
        if pane is None:
            packed = self._packed.get((table.key, start))
            pane = self._open[table][start] = _OpenPane({} if packed is None else decode_pane(table, packed))
        pane.touched = True
        cell = pane.cells.get(labels)
        if cell is None:
            cell = pane.cells[labels] = empty_cell(table.columns)
        return cell

    def changed(self, newest: int) -> Iterator[Record]:
        """The records of the panes changed since the last call, and tombstones of those past their retention."""
        for table, panes in self._open.items():
            for start in sorted(panes):
                # What is not in use any more stays packed only.
                pane = panes[start]
                if not pane.touched:
                    del panes[start]
                    continue
                pane.touched = False
                key = (table.key, start)
                if not expired(table.key.size, start, newest):
                    value = encode_pane(table, pane.cells)
                    if self._packed.get(key) != value:
                        self._packed[key] = value
                        yield Record(self._name(key), value)
        for key in [key for key in self._packed if expired(key[0].size, key[1], newest)]:
            del self._packed[key]
            yield Record(self._name(key), None)
        for name in self._gone:
            yield Record(name, None)
        self._gone.clear()

    def restore(self, name: str, value: bytes) -> None:
        """Take a stored pane back; one whose table the catalogue has no more is deleted at the next checkpoint."""
        table, _, start = name.rpartition("/")
        key = self._by_name.get(table)
        if key is None:
            self._gone.append(f"{self._slug}|pane|{name}".encode())
        else:
            self._packed[key, int(start)] = value

    def empty(self, table: Table, numbers: Iterable[int]) -> None:
        """Set columns of a table, by their numbers, to nothing in every pane."""
        emptied = [(number, table.columns[number]) for number in numbers]
        for key, start in [key for key in self._packed if key[0] == table.key]:
            for labels in decode_pane(table, self._packed[key, start]):
                cell = self.cell(table, start, labels)
                for number, measure in emptied:
                    cell[number] = empty_cell([measure])[0]

    def take_over(self, counted: "PaneStore") -> None:
        """Take the cells of a store with some of the same columns; theirs replace ours."""
        for theirs, panes in counted._open.items():
            ours = self._tables[theirs.key]
            places = [ours.index[measure.name] for measure in theirs.columns]
            for start, pane in panes.items():
                for labels, cell in pane.cells.items():
                    own = self.cell(ours, start, labels)
                    for place, value in zip(places, cell, strict=True):
                        own[place] = value

    def panes(self) -> Iterator[tuple[TableKey, int, Pane]]:
        """Every pane as of the last ``changed``, decoded."""
        for (table, start), value in self._packed.items():
            yield table, start, decode_pane(self._tables[table], value)

    def _name(self, key: PaneKey) -> bytes:
        return pane_record_key(self._slug, key)


def pane_record_key(slug: str, key: PaneKey) -> bytes:
    """The key of a pane's record in the figures topic."""
    return f"{slug}|pane|{key[0]}/{key[1]}".encode()
