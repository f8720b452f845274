"""The columns of a subsystem's tables over time: since when each counts, and what happens when the catalogue changes.

A column that the catalogue gains is counted anew from the entities and presences remembered, so that what is taken
back of it later was there before; of plain events it counts those from then on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec

from ioc.engine.calendars import Calendars
from ioc.engine.entities import Entities
from ioc.engine.lifecycle import Lifecycle
from ioc.engine.plan import SubsystemPlan, compile_facts
from ioc.engine.presence import Presence
from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.engine.store.panes import PaneStore
from ioc.engine.store.tables import Table, TableKey
from ioc.engine.tally import Tally
from ioc.events.records import Record
from ioc.kpis.facts import Happened
from ioc.time.instants import EpochSeconds
from ioc.time.windows import PANE_OF_WINDOW, TOTAL

ColumnKey = tuple[TableKey, str]
"""A table and the name of a measure in it."""

FROM_THE_START = EpochSeconds(0)


class ColumnOrigins:
    """Since when each column of one subsystem counts in one partition, in event time."""

    def __init__(self, plan: SubsystemPlan) -> None:
        self._plan = plan
        self._key = StoredKey(plan.subsystem.subsystem, Kind.COLUMN_ORIGINS)
        self.owns = self._key.is_head_of
        self._all: Mapping[str, ColumnKey] = {
            column_name(key, measure.name): (key, measure.name)
            for key, table in plan.tables.items()
            for measure in table.columns
        }
        self._since: Mapping[str, EpochSeconds] = dict.fromkeys(self._all, FROM_THE_START)
        self._stored: Mapping[str, EpochSeconds] | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the log has them as they are."""
        return self._since == self._stored

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """All of them, unless the log has them as they are."""
        if not self.is_stored:
            self._stored = self._since
            yield Record(self._key.encode(), _encoder.encode(self._since))

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """They are as the log has them until `start_new`."""
        if (stored := records.get(self._key)) is not None:
            self._since = self._stored = decode_since(stored)

    def start_new(self, newest: EpochSeconds, newly_kept: Mapping[str, frozenset[str]]) -> set[ColumnKey]:
        """Let the columns that the catalogue gained count from as early as what is remembered at event time ``newest``.

        Gives these columns. ``newly_kept`` are the fields that were not remembered before, by entity or presence.
        """
        known = self._since
        self._since = {
            name: known[name] if name in known else self._remembered_from(column, newest, newly_kept)
            for name, column in self._all.items()
        }
        return {column for name, column in self._all.items() if name not in known}

    def _remembered_from(
        self, column: ColumnKey, newest: EpochSeconds, newly_kept: Mapping[str, frozenset[str]]
    ) -> EpochSeconds:
        """Since when all is remembered that a column counts: states whole, entities' events for their retention.

        What it reads of a field that was not remembered before is known from now on only.
        """
        key, name = column
        table, subsystem = self._plan.tables[key], self._plan.subsystem
        measure = table.columns[table.index[name]]
        happened = isinstance(measure.fact, Happened)
        thing = subsystem.entity_of(measure.fact.about) if happened else measure.fact.about
        if thing is None or not newly_kept.get(thing, frozenset()).isdisjoint({*measure.fields, *key.grouping}):
            return newest
        if not happened:
            return FROM_THE_START
        return EpochSeconds(max(FROM_THE_START, newest - subsystem.entities[thing].retention.seconds))

    def of_states(self, slugs: Iterable[str]) -> set[ColumnKey]:
        """The columns that count what entities or presences of these kinds are, not what happened to them."""
        among = frozenset(slugs)
        return {
            (key, measure.name)
            for key, table in self._plan.tables.items()
            for measure in table.columns
            if measure.fact.about in among and not isinstance(measure.fact, Happened)
        }


def columns_read_by(plan: SubsystemPlan, kpi: str) -> set[str]:
    """The names of the columns that a KPI reads, itself or through others."""
    spec = plan.subsystem.kpis[kpi]
    names = {
        column_name(
            TableKey(grouping, TOTAL if measure.accumulator == "latest" else PANE_OF_WINDOW[window]), measure.name
        )
        for measure, grouping, window in spec.needed()
    }
    return names.union(*(columns_read_by(plan, read.kpi) for read in spec.inputs()))


def recount(  # noqa: PLR0917 (all of a subsystem's state)
    columns: set[ColumnKey],
    plan: SubsystemPlan,
    entities: Mapping[str, Entities],
    presences: Mapping[str, Presence],
    panes: PaneStore,
    calendars: Calendars,
    watermark: Watermark,
) -> None:
    """Empty these columns, and count in them every entity and presence remembered at ``watermark``."""
    narrowed = _narrowed(plan, columns)
    for key, table in narrowed.tables.items():
        panes.empty(plan.tables[key], [plan.tables[key].index[measure.name] for measure in table.columns])
    tally = Tally(narrowed.facts.values())
    for slug, own in entities.items():
        lifecycle = Lifecycle(slug, narrowed, calendars)
        adapted = lifecycle.schema.adapter(own.schema)
        for history in own.histories(watermark):
            for fact, stamp, values in lifecycle.contributions(lifecycle.replay(adapted(history))):
                tally.add(fact, stamp, values)
    for presence in presences.values():
        presence.count_all(tally, narrowed)
    counted = PaneStore(plan.subsystem.subsystem, narrowed.tables)
    tally.flush(counted)
    panes.take_over(counted)


def _narrowed(plan: SubsystemPlan, columns: set[ColumnKey]) -> SubsystemPlan:
    """The plan as if the catalogue asked for these columns only."""
    tables = {}
    for key, table in plan.tables.items():
        own = tuple(measure for measure in table.columns if (key, measure.name) in columns)
        if own:
            tables[key] = Table(key, own)
    return replace(plan, tables=tables, facts=compile_facts(tables.values()))


def column_name(key: TableKey, measure: str) -> str:
    """The name under which it is stored since when a column counts."""
    return f"{key} {measure}"


_encoder = msgspec.msgpack.Encoder(order="deterministic")
decode_since = msgspec.msgpack.Decoder(dict[str, EpochSeconds]).decode
