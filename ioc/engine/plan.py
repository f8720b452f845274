"""What a subsystem's KPIs need from the engine, compiled once: facts, tables and who feeds which column.

A *fact* is something that happened, or a state an entity is in, with the few field values that any KPI asks of
it. Facts with equal values are interchangeable, so the engine only counts them, and where each goes is worked out
once per combination of values (``Router``). A *table* holds the cells of one breakdown in panes of one size.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import xxhash

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.catalogue.reach import telemetry_of
from ioc.catalogue.things import things_needed
from ioc.engine.store.tables import Table, TableKey
from ioc.events.decoding import EventDecoder, attribute_of
from ioc.kpis.facts import STAMP, TIME, FactName, Seen, Withdrawn
from ioc.kpis.measures import Factors, Grouping, Labels, Measure
from ioc.time.instants import EpochMinute, EpochSeconds, Seconds
from ioc.time.windows import PANE_OF_WINDOW, TOTAL

FieldValues = tuple[object, ...]
Stamp = EpochSeconds | EpochMinute
"""The start of the finest pane of an event's fact, or the minute that a state is about; 0 where there is none."""


class Amount(NamedTuple):
    """A field of an event, converted by the value of another one where there are factors; `TIME` is none."""

    field: str
    factors: Factors | None = None

    def getter(self) -> Callable[[Any], float | None]:
        """How it is read from an event's data; None where the event has none."""
        if self.field == TIME:
            return lambda data: 0.0
        value_of: Callable[[Any], float | None] = attrgetter(attribute_of(self.field))
        if self.factors is None:
            return value_of
        unit_of, factors = attrgetter(attribute_of(self.factors[0])), dict(self.factors[1])

        def converted(data: Any) -> float | None:
            value = value_of(data)
            return None if value is None else value * factors[unit_of(data)]

        return converted


class Target(NamedTuple):
    """What a fact adds to a cell: to a column, there perhaps under a bucket, one or an amount.

    ``amount`` is an index into the fact's amounts, None where the fact counts as one; ``bucket`` is None for a sum
    and STAMP for the fact's own stamp.
    """

    column: int
    amount: int | None
    bucket: int | str | None


class Route:
    """Where facts of one label set and one combination of conditions go; compared by identity, for speed."""

    __slots__ = ("labels", "targets")

    def __init__(self, labels: Labels, targets: tuple[tuple[Table, tuple[Target, ...]], ...]) -> None:
        self.labels = labels
        self.targets = targets


@dataclass(frozen=True)
class Column:
    """A measure in a table."""

    table: Table
    number: int
    measure: Measure


_REMEMBERED = 50_000
"""Combinations of field values of one fact whose routes are remembered."""


class Router:
    """The routes of one kind of fact in one breakdown, each worked out once."""

    def __init__(
        self, grouping: Grouping, fields: Sequence[str], amounts: Sequence[Amount], columns: Iterable[Column]
    ) -> None:
        self._fields = fields
        self._amounts = amounts
        self._columns = tuple(columns)
        asked = {name for column in self._columns for name in column.measure.fields}
        self._labels_of = picker([fields.index(name) for name in grouping])
        # What decides the route; compared as one, whatever its form.
        deciding = [fields.index(name) for name in (*grouping, *sorted(asked))]
        self._key_of: Callable[[FieldValues], object] = itemgetter(*deciding) if deciding else lambda values: None
        self._routes: dict[object, Route | None] = {}

    def route(self, values: FieldValues) -> Route | None:
        """The route of a combination of field values; None where no column takes it."""
        key = self._key_of(values)
        try:
            return self._routes[key]
        except KeyError:
            route = self._routes[key] = self._worked_out(values)
            return route

    def _worked_out(self, values: FieldValues) -> Route | None:
        known = dict(zip(self._fields, values, strict=True))
        labels = self._labels_of(values)
        if any(label is None for label in labels):
            return None
        targets: dict[Table, list[Target]] = {}
        for column in self._columns:
            measure = column.measure
            if all(known[name] in allowed for name, allowed in measure.where):
                amount = amount_of(measure)
                number = None if amount is None else self._amounts.index(amount)
                target = Target(column.number, number, bucket_key(measure, known))
                targets.setdefault(column.table, []).append(target)
        if not targets:
            return None
        return Route(tuple(map(label_of, labels)), tuple((table, tuple(own)) for table, own in targets.items()))


def picker(places: Sequence[int]) -> Callable[[FieldValues], FieldValues]:
    """A getter of the values at some places, always as a tuple."""
    if not places:
        return lambda values: ()
    if len(places) == 1:
        place = places[0]
        return lambda values: (values[place],)
    return itemgetter(*places)


@dataclass(frozen=True)
class Fact:
    """One kind of fact: the fields it is told apart by, the amounts it carries, and the columns it feeds."""

    what: FactName
    fields: tuple[str, ...]
    amounts: tuple[Amount, ...]
    latest: tuple[Amount, ...]
    columns: tuple[Column, ...]
    latest_columns: tuple[Column, ...]

    @cached_property
    def name(self) -> str:
        """By which it is counted, and its columns are stored."""
        return str(self.what)

    @cached_property
    def pane_size(self) -> Seconds:
        """The finest pane that any of its columns needs; panes of all coarser sizes are unions of these."""
        sizes = [column.table.key.size for column in self.columns if column.table.key.size != TOTAL]
        return min(sizes, default=TOTAL)

    @cached_property
    def routers(self) -> tuple[Router, ...]:
        """One for each breakdown that its counts and amounts go to."""
        return self._routers(self.columns, self.amounts)

    @cached_property
    def routes(self) -> Callable[[FieldValues], tuple[Route, ...]]:
        """All routes of a combination of field values, remembered."""

        def found(values: FieldValues) -> tuple[Route, ...]:
            return tuple([route for router in self.routers if (route := router.route(values)) is not None])

        return lru_cache(_REMEMBERED)(found)

    @cached_property
    def latest_routers(self) -> tuple[Router, ...]:
        """One for each breakdown that keeps its latest amounts."""
        return self._routers(self.latest_columns, self.latest)

    def _routers(self, columns: Iterable[Column], amounts: Sequence[Amount]) -> tuple[Router, ...]:
        by_grouping: dict[Grouping, list[Column]] = {}
        for column in columns:
            by_grouping.setdefault(column.table.key.grouping, []).append(column)
        return tuple(Router(grouping, self.fields, amounts, own) for grouping, own in by_grouping.items())


def label_of(value: object) -> str:
    """A field's value as a label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def amount_of(measure: Measure) -> Amount | None:
    """What a measure adds up; None where it counts."""
    return None if measure.amount is None else Amount(measure.amount, measure.factors)


def bucket_key(measure: Measure, known: Mapping[str, object]) -> int | str | None:
    """The bucket that a fact falls into: its stamp, a number as it is, any other value by its hash."""
    if measure.bucket is None or measure.bucket == STAMP:
        return measure.bucket
    value = known[measure.bucket]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return hash_of(str(value))


def hash_of(text: str) -> int:
    """A stable hash of 63 bits, small enough for any reader of integers."""
    return xxhash.xxh3_64_intdigest(text.encode()) >> 1


@dataclass(frozen=True)
class SubsystemPlan:
    """Everything the engine has to know of one subsystem."""

    subsystem: Subsystem
    tables: Mapping[TableKey, Table]
    facts: Mapping[FactName, Fact]
    decoder: EventDecoder
    calendar: WorkingCalendar

    def remembered_of(self, presence: str) -> tuple[str, ...]:
        """The fields remembered of each sign of life of a presence: those that any fact of it is told apart by."""
        facts = (self.facts.get(what) for what in (Seen(presence), Withdrawn(presence)))
        return tuple(sorted({field for fact in facts if fact is not None for field in fact.fields}))

    def table_of(self, measure: Measure, grouping: Grouping, size: Seconds) -> tuple[TableKey, int]:
        """Where a measure is kept. Raises KeyError where no KPI asked for it."""
        key = TableKey(grouping, size)
        return key, self.tables[key].index[measure.name]


@dataclass(frozen=True)
class Plan:
    """The plans of all subsystems."""

    catalogue: Catalogue
    calendar: WorkingCalendar
    subsystems: Mapping[str, SubsystemPlan]

    @property
    def telemetry(self) -> frozenset[str]:
        """The subsystems without lifecycles."""
        return telemetry_of(self.catalogue.subsystems)


def compile_plan(catalogue: Catalogue) -> Plan:
    """The plan of a whole catalogue."""
    calendar = WorkingCalendar.of(catalogue.province.calendar)
    units = tuple(unit.code for unit in catalogue.province.units)
    subsystems = {
        slug: compile_subsystem(subsystem, units, calendar) for slug, subsystem in catalogue.subsystems.items()
    }
    return Plan(catalogue, calendar, subsystems)


def compile_subsystem(subsystem: Subsystem, units: tuple[str, ...], calendar: WorkingCalendar) -> SubsystemPlan:
    """The plan of one subsystem; ``units`` are the codes that a field of type unit may have, none for any."""
    kept: dict[TableKey, dict[str, Measure]] = {}
    for kpi in subsystem.kpis.values():
        for measure, grouping, window in kpi.needed():
            sizes = {TOTAL} if measure.accumulator == "latest" else {PANE_OF_WINDOW[window]}
            for size in sizes:
                kept.setdefault(TableKey(grouping, size), {})[measure.name] = measure
    for measure, grouping, _ in things_needed(subsystem):
        kept.setdefault(TableKey(grouping, TOTAL), {})[measure.name] = measure
    tables = {key: Table(key, tuple(measures[name] for name in sorted(measures))) for key, measures in kept.items()}
    return SubsystemPlan(subsystem, tables, compile_facts(tables.values()), EventDecoder(subsystem, units), calendar)


def compile_facts(tables: Iterable[Table]) -> dict[FactName, Fact]:
    """The facts that feed the columns of these tables."""
    columns = [Column(table, number, measure) for table in tables for number, measure in enumerate(table.columns)]
    counted = sorted({column.measure.fact for column in columns}, key=str)
    return {what: _fact(what, columns) for what in counted}


def _fact(what: FactName, columns: Iterable[Column]) -> Fact:
    own = [column for column in columns if column.measure.fact == what]
    adding = tuple(column for column in own if column.measure.accumulator != "latest")
    latest = tuple(column for column in own if column.measure.accumulator == "latest")
    fields = {field for column in own for field in (*column.measure.fields, *column.table.key.grouping)}
    return Fact(
        what,
        tuple(sorted(fields)),
        _amounts(adding),
        _amounts(latest),
        adding,
        latest,
    )


def _amounts(columns: Iterable[Column]) -> tuple[Amount, ...]:
    amounts = {amount for column in columns if (amount := amount_of(column.measure))}
    return tuple(sorted(amounts, key=str))


def projection(fields: tuple[str, ...]) -> Callable[[Any], FieldValues]:
    """The getter of the fields' values, always as a tuple."""
    if not fields:
        return lambda data: ()
    getter = attrgetter(*map(attribute_of, fields))
    return getter if len(fields) > 1 else lambda data: (getter(data),)
