"""The cells of one subsystem in one partition, kept packed except for the panes in use.

A pane is one record: its key names table and start, its value holds the cells.
"""

from collections.abc import Iterable, Iterator, Mapping

from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.store.pane_codec import Cell, Pane, empty_cell
from ioc.engine.store.tables import Table, TableKey
from ioc.events.records import Record
from ioc.kpis.measures import Labels
from ioc.time.instants import EpochSeconds, seconds_from_ms
from ioc.time.windows import END_OF_TIME, expired, expiry

PaneKey = tuple[TableKey, EpochSeconds]


class _OpenPane:
    """A pane in use."""

    __slots__ = ("cells", "taken_back", "touched")

    def __init__(self, cells: Pane) -> None:
        self.cells = cells
        self.touched = False
        self.taken_back = False


class PaneStore:
    """All panes of one subsystem in one partition."""

    def __init__(self, slug: str, tables: Mapping[TableKey, Table]) -> None:
        self._slug = slug
        self._tables = tables
        self._by_name = {str(key): key for key in tables}
        self._packed: dict[PaneKey, bytes] = {}
        self._expiring: dict[EpochSeconds, list[PaneKey]] = {}
        """The packed ones by when they expire."""
        self._first_expiry = END_OF_TIME
        self._open: dict[Table, dict[EpochSeconds, _OpenPane]] = {table: {} for table in tables.values()}
        self.negative_counts = 0
        """Counts that were below 0 in a stored pane: each is a fault of the engine."""

    def cell(self, table: Table, start: EpochSeconds, labels: Labels) -> Cell:
        """The cell to add to; its pane counts as changed."""
        cells = self.cells(table, start)
        cell = cells.get(labels)
        if cell is None:
            cell = cells[labels] = table.codec.empty_cell()
        return cell

    def cells(self, table: Table, start: EpochSeconds) -> Pane:
        """The cells of a pane, which counts as changed."""
        pane = self._open[table].get(start)
        if pane is None:
            packed = self._packed.get((table.key, start))
            pane = self._open[table][start] = _OpenPane({} if packed is None else table.codec.decode(packed))
        pane.touched = True
        return pane.cells

    def take_back(self, table: Table, start: EpochSeconds) -> None:
        """Say that something was taken back from a pane in use: no count may be below 0 after all that is."""
        self._open[table][start].taken_back = True

    def owns(self, key: StoredKey) -> bool:
        """Panes of tables that the catalogue has."""
        return key.kind == Kind.PANES and key.thing in self._by_name

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """The panes that changed, and tombstones of those past their retention."""
        newest = seconds_from_ms(watermark.event_time)
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
                    if pane.taken_back:
                        self.negative_counts += table.codec.negative_counts(pane.cells)
                        pane.taken_back = False
                    value = table.codec.encode(pane.cells)
                    if self._packed.get(key) != value:
                        self._pack(key, value)
                        yield Record(self._stored_key(key), value)
        if self._first_expiry <= newest:
            yield from self._expire(newest)

    def _pack(self, key: PaneKey, value: bytes) -> None:
        if key not in self._packed:
            table, start = key
            expires = expiry(table.size, start)
            self._expiring.setdefault(expires, []).append(key)
            self._first_expiry = min(self._first_expiry, expires)
        self._packed[key] = value

    def _expire(self, newest: EpochSeconds) -> Iterator[Record]:
        for past in [expires for expires in self._expiring if expires <= newest]:
            for key in self._expiring.pop(past):
                del self._packed[key]
                yield Record(self._stored_key(key), None)
        self._first_expiry = min(self._expiring, default=END_OF_TIME)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        for key, value in records.items():
            self._pack((self._by_name[key.thing], EpochSeconds(int(key.record))), value)

    def empty(self, table: Table, numbers: Iterable[int]) -> None:
        """Set columns of a table, by their numbers, to nothing in every pane."""
        emptied = [(number, table.columns[number]) for number in numbers]
        for key, start in [key for key in self._packed if key[0] == table.key]:
            for labels in table.codec.decode(self._packed[key, start]):
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

    def _stored_key(self, key: PaneKey) -> bytes:
        table, start = key
        return StoredKey(self._slug, Kind.PANES, str(table), str(start)).encode()
