"""What a subsystem's KPIs need from the engine, compiled once: facts, tables and who feeds which column.

A *fact* is something that happened, or a state an entity is in, with the few field values that any KPI asks of
it. Facts with equal values are interchangeable, so the engine only counts them, and where each goes is worked out
once per combination of values (``Fact.targets``). A *table* holds the cells of one breakdown in panes of one size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import xxhash

from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kinds.base import Grouping, Labels, Measure
from ioc.panes import PANE_OF_WINDOW, TOTAL

Amount = float | int | None
Values = tuple[object, ...]


class TableKey(NamedTuple):
    """A breakdown and the size of its panes in seconds; size 0 is the one pane of everything."""

    grouping: Grouping
    size: int

    def __str__(self) -> str:
        return f"{','.join(self.grouping)}/{self.size}"


class Target(NamedTuple):
    """Where a fact is added: a column of a cell, there perhaps under a bucket, an amount times a factor.

    ``amount`` is an index into the fact's amounts, None where the fact counts as one; ``bucket`` is None for a sum
    and STAMP for the fact's own stamp.
    """

    table: TableKey
    labels: Labels
    column: int
    amount: int | None
    factor: float
    bucket: int | str | None


STAMP = "@stamp"


@dataclass(frozen=True)
class Table:
    """The columns of one table, in a fixed order."""

    key: TableKey
    columns: tuple[Measure, ...]

    @cached_property
    def index(self) -> Mapping[str, int]:
        return {measure.name: number for number, measure in enumerate(self.columns)}


@dataclass(frozen=True)
class Column:
    """A measure in a table."""

    table: TableKey
    number: int
    measure: Measure


@dataclass(frozen=True)
class Fact:
    """One kind of fact: the fields it is told apart by, the amounts it carries, and the columns it feeds."""

    name: str
    fields: tuple[str, ...]
    amounts: tuple[str, ...]
    latest: tuple[str, ...]
    columns: tuple[Column, ...]
    latest_columns: tuple[Column, ...]

    @cached_property
    def pane_size(self) -> int:
        """The finest pane that any of its columns needs; panes of all coarser sizes are unions of these."""
        sizes = [column.table.size for column in self.columns if column.table.size != TOTAL]
        return min(sizes, default=TOTAL)

    @cached_property
    def targets(self) -> "TargetsOf":
        """The targets of a combination of field values, remembered."""
        return lru_cache(maxsize=100_000)(self._targets)

    @cached_property
    def latest_targets(self) -> "TargetsOf":
        """The same for the columns that keep the latest amount."""
        return lru_cache(maxsize=100_000)(self._latest_targets)

    def _targets(self, values: Values) -> tuple[Target, ...]:
        return self._fed(values, self.columns, self.amounts)

    def _latest_targets(self, values: Values) -> tuple[Target, ...]:
        return self._fed(values, self.latest_columns, self.latest)

    def _fed(self, values: Values, columns: Iterable[Column], amounts: Sequence[str]) -> tuple[Target, ...]:
        known = dict(zip(self.fields, values, strict=True))
        return tuple(
            Target(
                column.table,
                tuple(label_of(known[name]) for name in column.table.grouping),
                column.number,
                amounts.index(column.measure.amount) if column.measure.amount else None,
                factor_of(column.measure, known),
                bucket_of(column.measure, known),
            )
            for column in columns
            if all(known[name] in allowed for name, allowed in column.measure.where)
            and all(known[name] is not None for name in column.table.grouping)
        )


class TargetsOf:
    """The type of a remembered ``targets``."""

    def __call__(self, values: Values) -> tuple[Target, ...]:
        raise NotImplementedError


def label_of(value: object) -> str:
    """A field's value as a label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def factor_of(measure: Measure, known: Mapping[str, object]) -> float:
    """What an amount is multiplied by; 0 never: an unknown unit is refused when the event is decoded."""
    if measure.factors is None:
        return 1.0
    name, factors = measure.factors
    return dict(factors)[str(known[name])]


def bucket_of(measure: Measure, known: Mapping[str, object]) -> int | str | None:
    """The bucket that a fact falls into: its stamp, a number as it is, any other value by its hash."""
    if measure.bucket is None or measure.bucket == STAMP:
        return measure.bucket
    value = known[measure.bucket]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return hash_of(str(value))


def hash_of(text: str) -> int:
    """A stable hash of 63 bits, small enough for any reader of integers."""
    return xxhash.xxh3_64_intdigest(text) >> 1


@dataclass(frozen=True)
class SubsystemPlan:
    """Everything the engine has to know of one subsystem."""

    subsystem: Subsystem
    tables: Mapping[TableKey, Table]
    facts: Mapping[str, Fact]
    units: tuple[str, ...] = ()

    def table_of(self, measure: Measure, grouping: Grouping, size: int) -> tuple[TableKey, int]:
        """Where a measure is kept. Raises KeyError where no KPI asked for it."""
        key = TableKey(grouping, size)
        return key, self.tables[key].index[measure.name]


@dataclass(frozen=True)
class Plan:
    """The plans of all subsystems."""

    catalogue: Catalogue
    subsystems: Mapping[str, SubsystemPlan] = field(default_factory=dict)


def compile_plan(catalogue: Catalogue) -> Plan:
    """The plan of a whole catalogue."""
    units = tuple(unit.code for unit in catalogue.province.units)
    return Plan(
        catalogue,
        {slug: compile_subsystem(subsystem, units) for slug, subsystem in catalogue.subsystems.items()},
    )


def compile_subsystem(subsystem: Subsystem, units: tuple[str, ...] = ()) -> SubsystemPlan:
    """The plan of one subsystem."""
    kept: dict[TableKey, dict[str, Measure]] = {}
    for kpi in subsystem.kpis.values():
        for measure, grouping, window in kpi.needed():
            sizes = {TOTAL} if measure.accumulator == "latest" else {PANE_OF_WINDOW[window]}
            for size in sizes:
                kept.setdefault(TableKey(grouping, size), {})[measure.name] = measure
    tables = {key: Table(key, tuple(measures[name] for name in sorted(measures))) for key, measures in kept.items()}
    columns = [
        Column(table.key, number, measure) for table in tables.values() for number, measure in enumerate(table.columns)
    ]
    names = sorted({column.measure.fact for column in columns})
    return SubsystemPlan(subsystem, tables, {name: _fact(name, columns) for name in names}, units)


def _fact(name: str, columns: Iterable[Column]) -> Fact:
    own = [column for column in columns if column.measure.fact == name]
    adding = tuple(column for column in own if column.measure.accumulator != "latest")
    latest = tuple(column for column in own if column.measure.accumulator == "latest")
    fields = {field for column in own for field in (*column.measure.fields, *column.table.grouping)}
    return Fact(
        name,
        tuple(sorted(fields)),
        tuple(sorted({column.measure.amount for column in adding if column.measure.amount})),
        tuple(sorted({column.measure.amount for column in latest if column.measure.amount})),
        adding,
        latest,
    )
