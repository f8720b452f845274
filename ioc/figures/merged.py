"""The figures of all partitions, merged: what the exporter and ``ioc figures`` read from.

Merging is associative and commutative, so that no grouping of partitions changes a figure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ioc.engine.plan import Plan
from ioc.engine.recount import FROM_THE_START, decode_since
from ioc.engine.store.checkpoint_header import (
    CheckpointHeader,
    Fates,
    FeedState,
    Loss,
    SourceState,
    decode_header,
)
from ioc.engine.store.keys import HEADER, Kind, StoredKey
from ioc.engine.store.pane_codec import Cell, Pane
from ioc.engine.store.tables import Table, TableKey
from ioc.kpis.measures import Grouping, Labels
from ioc.time.instants import EpochMs, EpochSeconds

PaneName = tuple[str, TableKey, EpochSeconds]
"""Subsystem, table and start of a pane."""


class MergedFigures:
    """Partials by partition, and their merge."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.headers: dict[int, CheckpointHeader] = {}
        self._tables = {
            slug: {str(key): table for key, table in subsystem.tables.items()}
            for slug, subsystem in plan.subsystems.items()
        }
        self._waiting: dict[int, list[tuple[StoredKey, bytes | None]]] = {}
        self._partials: dict[PaneName, dict[int, bytes]] = {}
        self._merged: dict[PaneName, Pane] = {}
        self._labels: dict[tuple[str, Grouping], set[Labels]] = {}
        self._in_order: dict[tuple[str, Grouping], list[Labels]] = {}
        self._since: dict[str, dict[int, Mapping[str, EpochSeconds]]] = {}
        """By subsystem and partition since when each column counts."""
        self._changed: set[str] = set()
        self._rebuilding: dict[int, CheckpointHeader] = {}
        self._rebuilt: dict[int, dict[StoredKey, bytes | None]] = {}
        """By partition what its rebuild has written so far: the former figures show until it has caught up."""

    def put(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take one record of the figures topic; it shows once the header of its checkpoint is here.

        Raises msgspec.MsgspecError, ValueError for what no worker wrote.
        """
        if key != HEADER:
            self._waiting.setdefault(partition, []).append((StoredKey.parse(key), value))
            return
        records = self._waiting.pop(partition, [])
        header = None if value is None else decode_header(value)
        if header is not None and header.rebuilt_to:
            self._rebuilding[partition] = header
            self._rebuilt.setdefault(partition, {}).update(records)
            return
        if self._rebuilding.pop(partition, None) is not None:
            records = [*self._rebuilt.pop(partition).items(), *records]
            self._forget(partition)
        for stored_key, stored in records:
            if stored_key.kind == Kind.PANES:
                self._put_pane(partition, stored_key, stored)
            elif stored_key.kind == Kind.COLUMN_ORIGINS:
                self._put_since(partition, stored_key.subsystem, stored)
        self._put_header(partition, header)

    def rebuilding(self, slug: str) -> frozenset[int]:
        """The partitions in which a subsystem's state is made anew and has not come as far as it was."""
        return frozenset(partition for partition, header in self._rebuilding.items() if slug in header.rebuilt_to)

    def _forget(self, partition: int) -> None:
        """Drop all figures of a partition; others take their place."""
        for name in [name for name, partials in self._partials.items() if partition in partials]:
            self._changed.add(name[0])
            self._merged.pop(name, None)
            del self._partials[name][partition]
            if not self._partials[name]:
                del self._partials[name]
        for partitions in self._since.values():
            partitions.pop(partition, None)

    def take_changed(self) -> set[str]:
        """The subsystems whose figures changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def _put_pane(self, partition: int, key: StoredKey, value: bytes | None) -> None:
        slug = key.subsystem
        table = self._tables.get(slug, {}).get(key.thing)
        if table is None:
            return
        pane_name = (slug, table.key, EpochSeconds(int(key.record)))
        self._changed.add(slug)
        self._merged.pop(pane_name, None)
        partials = self._partials.setdefault(pane_name, {})
        if value is None:
            partials.pop(partition, None)
            if not partials:
                del self._partials[pane_name]
            return
        breakdown, labels = (slug, table.key.grouping), table.codec.decode(value).keys()
        known = self._labels.setdefault(breakdown, set())
        if not labels <= known:
            known.update(labels)
            self._in_order.pop(breakdown, None)
        # Kept packed: most panes are past, and unpacked they take ten times as much.
        partials[partition] = value

    def _put_since(self, partition: int, slug: str, value: bytes | None) -> None:
        if slug in self._tables:
            self._since.setdefault(slug, {})[partition] = {} if value is None else decode_since(value)

    def incomplete_since(self, slug: str, columns: Iterable[str]) -> EpochSeconds:
        """The event time from which all of these columns count in all partitions; 0 for from the start."""
        wanted = set(columns)
        partitions = self._since.get(slug, {}).values()
        return max(
            (since for known in partitions for name, since in known.items() if name in wanted), default=FROM_THE_START
        )

    def _put_header(self, partition: int, header: CheckpointHeader | None) -> None:
        if header is None:
            self.headers.pop(partition, None)
            return
        known = self.headers.get(partition)
        for slug, source in header.sources.items():
            if known is None or known.sources.get(slug) != source:
                self._changed.add(slug)
        self.headers[partition] = header

    def sources(self, slug: str) -> Mapping[int, SourceState]:
        """By partition, how far a subsystem is; only partitions that had an event."""
        return {partition: header.sources[slug] for partition, header in self.headers.items() if slug in header.sources}

    def fates(self, slug: str) -> Fates:
        """Where a subsystem's events went, over all partitions."""
        total = Fates()
        for source in self.sources(slug).values():
            total.add(source.fates)
        return total

    def nobodys(self) -> Fates:
        """Where those records went that the operator sent again and that are of no subsystem."""
        total = Fates()
        for header in self.headers.values():
            total.add(header.nobodys)
        return total

    def feeds(self, slug: str) -> dict[str, FeedState]:
        """What each feed of a subsystem has said, over all partitions."""
        merged: dict[str, FeedState] = {}
        for source in self.sources(slug).values():
            for feed, state in source.feeds.items():
                merged.setdefault(feed, FeedState()).add(state)
        return merged

    def losses(self, slug: str) -> list[Loss]:
        """What was deleted by age before it was read, a loss for each partition that has one."""
        return [source.lost for source in self.sources(slug).values() if source.lost is not None]

    def newest(self, slug: str) -> EpochMs | None:
        """The newest event time of a subsystem; None where nothing ever came."""
        return max((source.newest for source in self.sources(slug).values() if source.newest), default=None)

    def labels(self, slug: str, grouping: Grouping) -> Sequence[Labels]:
        """Every label set ever seen in a breakdown, in order; the whole is there once the subsystem had an event."""
        if grouping == ():
            return [()] if self.newest(slug) is not None else []
        breakdown = slug, grouping
        if breakdown not in self._in_order:
            self._in_order[breakdown] = sorted(self._labels.get(breakdown, ()))
        return self._in_order[breakdown]

    def pane(self, slug: str, table: TableKey, start: EpochSeconds) -> Pane:
        """One merged pane; empty where nothing fell into it."""
        name = (slug, table, start)
        merged = self._merged.get(name)
        if merged is None:
            if name not in self._partials:
                return {}
            merged = self._merged[name] = merge_panes(self._table(name), self.partials(name))
        return merged

    def partials(self, name: PaneName) -> list[Pane]:
        """One pane as each partition has it."""
        decode = self._table(name).codec.decode
        return [decode(value) for value in self._partials.get(name, {}).values()]

    def _table(self, name: PaneName) -> Table:
        return self.plan.subsystems[name[0]].tables[name[1]]

    def panes(self) -> Iterator[tuple[PaneName, Pane]]:
        """Every pane kept, merged."""
        for name, partials in self._partials.items():
            if partials:
                yield name, self.pane(*name)


def merge_panes(table: Table, panes: Iterable[Pane]) -> Pane:
    """The panes of one table added up; a cell that only one of them has is that one's own."""
    cells: dict[Labels, list[Cell]] = {}
    for pane in panes:
        for labels, cell in pane.items():
            cells.setdefault(labels, []).append(cell)
    merged = table.codec.merged
    return {labels: own[0] if len(own) == 1 else merged(own) for labels, own in cells.items()}
