"""A mapping at work: rows in, events out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple, TypeVar

from ioc.catalogue.model import Catalogue
from ioc.events.admission import hashed_fields
from ioc.events.decoding import EventDecoder, Rejection
from ioc.events.mappings.checks import refuse_faults
from ioc.events.mappings.conditions import condition_reader, described
from ioc.events.mappings.ids import content_id, in_utc
from ioc.events.mappings.loader import MappingFile
from ioc.events.mappings.model import AnyCondition, Earlier, EventMapping, FieldSource, Instant, Mapping
from ioc.events.mappings.row import Cells, RowFault, once_a_row
from ioc.events.mappings.unit_codes import UnitCodes
from ioc.events.mappings.values import (
    ReadValue,
    Value,
    columns_behind,
    columns_text,
    file_columns_of,
    times_of,
    value_reader,
)
from ioc.events.pseudonyms import Pseudonyms
from ioc.events.writing import EventWriter

Read = TypeVar("Read")


class Outgoing(NamedTuple):
    """An event ready to be sent."""

    event: str
    id: str
    """Made of what the event says."""
    key: bytes
    value: bytes
    time: datetime
    """In UTC, whatever zone the event says it in."""


@dataclass(frozen=True)
class Conditions:
    """Conditions, compiled, and the name of the event or the rule that they are of."""

    name: str
    hold: Callable[[Cells], bool]
    """Raises RowFault where a time cannot be read."""
    each: list[tuple[Callable[[Cells], bool], list[str]]]
    """Each condition alone, which is asked where those before it hold, and all columns on which it depends."""


@dataclass(frozen=True)
class FieldOfEvent:
    """Where a field of an event comes from, compiled."""

    name: str
    source: FieldSource
    required: bool
    read: ReadValue
    """What is sent, a hash where the field is personal; raises RowFault where a required field has nothing."""
    columns: list[str]
    """All on which that depends."""


@dataclass(frozen=True)
class EventOfRow:
    """One of the mapping's events, compiled."""

    name: str
    happens: Conditions
    time_name: str
    time: Callable[[Cells], datetime]
    """Raises RowFault where the row has none."""
    fields: list[FieldOfEvent]


class Mapper:
    """Turns rows into events of the catalogue.

    Args:
        pseudonyms: what hashes personal fields; None takes no mapping that has some.

    Raises:
        MappingError: the mapping does not fit the catalogue; with every fault.
    """

    def __init__(self, file: MappingFile, catalogue: Catalogue, pseudonyms: Pseudonyms | None = None) -> None:
        refuse_faults(file, catalogue, hashes=pseudonyms is not None)
        self.file = file
        self.mapping = mapping = file.mapping
        self.subsystem = subsystem = catalogue.subsystems[mapping.subsystem]
        units = catalogue.province.units_by_code
        self.writer = EventWriter(subsystem, EventDecoder(subsystem, units), mapping.source)
        self._pseudonyms = pseudonyms
        self._missing = mapping.reads.missing
        self.times = times_of(mapping.times, self._missing)
        """Readers of its times, by their names."""
        self._unit_codes = UnitCodes(units)
        self._shared: dict[str, ReadValue] = {}
        self.kinds_of_event = [self._event(event) for event in mapping.events]
        self.refuses = [self._conditions(rule.name, rule.when) for rule in mapping.refuse]
        self.warns = [self._conditions(rule.name, rule.when) for rule in mapping.warn]
        conditions = [*chain.from_iterable(event.when for event in mapping.events)]
        self.asked_of = described(conditions, self._missing)
        """Tells what a row has in the columns that decide which events it stands for."""
        self.asked_columns = self._columns(conditions)
        self.columns = _columns(mapping)
        """Every column that is read, with whether a file may lack it."""

    def events(self, cells: Cells) -> list[Outgoing]:
        """The events of a row; their ids are of what they say.

        Raises:
            RowFault: the row is refused as a whole.
        """
        for rule in self.refuses:
            if rule.hold(cells):
                raise RowFault(rule.name, f"the mapping refuses such rows by its rule `{rule.name}`")
        return [self._made(event, cells) for event in self.kinds_of_event if event.happens.hold(cells)]

    def warnings(self, cells: Cells) -> list[str]:
        """The names of the rules by which a row is told of, though it is sent. Raises RowFault."""
        return [rule.name for rule in self.warns if rule.hold(cells)]

    def _made(self, event: EventOfRow, cells: Cells) -> Outgoing:
        time = event.time(cells)
        read = ((field.name, field.read(cells)) for field in event.fields)
        data = {name: value for name, value in read if value is not None}
        moment = in_utc(time)
        # Of what is sent, so that it gives nothing away of what was hashed.
        event_id = content_id(self.mapping.source, event.name, moment, data)
        try:
            key, value = self.writer.write(event.name, event_id, time, data)
        except Rejection as rejection:
            name = rejection.field.rpartition(".")[2]
            detail = f"{event.name} cannot have this as `{name}`: {rejection.detail}"
            told = next((columns_text(field.source) for field in event.fields if field.name == name), "")
            raise RowFault(rejection.reason, detail, told, data.get(name)) from rejection
        return Outgoing(event.name, event_id, key, value, moment)

    def _event(self, event: EventMapping) -> EventOfRow:
        spec = self.subsystem.events[event.event]
        hashed = hashed_fields(self.subsystem, event.event)
        return EventOfRow(
            event.event,
            self._conditions(event.event, event.when),
            event.time,
            _needed(self.times[event.time], event.event, "its time", _time_columns(self.mapping.times, event.time)),
            [
                self._field(event.event, name, source, required=name in spec.required, hashed=name in hashed)
                for name, source in event.data.items()
            ],
        )

    def _field(self, event: str, name: str, source: FieldSource, *, required: bool, hashed: bool) -> FieldOfEvent:
        read = self._reader(name, source)
        if required:
            read = _needed(read, event, f"`{name}`", columns_text(source))
        if hashed and self._pseudonyms is not None:
            read = _hashed(read, self._pseudonyms, self.mapping.subsystem, name)
        return FieldOfEvent(name, source, required, read, columns_behind(source, self.mapping.times))

    def _reader(self, name: str, source: FieldSource) -> ReadValue:
        # An entity's id is written in all of its events: one reader reads it once for all of them.
        known = self._shared.get(f"{name} {source!r}")
        if known is None:
            field = self.subsystem.fields[name]
            known = once_a_row(value_reader(source, field, self.times, self._missing, self._unit_codes))
            self._shared[f"{name} {source!r}"] = known
        return known

    def _conditions(self, name: str, when: Sequence[AnyCondition]) -> Conditions:
        one_by_one = [(self._condition_reader([condition]), self._columns([condition])) for condition in when]
        return Conditions(name, self._condition_reader(when), one_by_one)

    def _condition_reader(self, when: Sequence[AnyCondition]) -> Callable[[Cells], bool]:
        return condition_reader(when, self.times, self._missing)

    def _columns(self, conditions: Iterable[AnyCondition]) -> list[str]:
        behind = (columns_behind(condition, self.mapping.times) for condition in conditions)
        return [*dict.fromkeys(chain.from_iterable(behind))]


def _needed(read: Callable[[Cells], Read | None], event: str, what: str, columns: str) -> Callable[[Cells], Read]:
    def needed(cells: Cells) -> Read:
        value = read(cells)
        if value is None:
            raise RowFault("missing_value", f"{event} needs {what}, and the cell is empty", columns)
        return value

    return needed


def _hashed(read: ReadValue, pseudonyms: Pseudonyms, subsystem: str, name: str) -> ReadValue:
    def hashed(cells: Cells) -> Value | None:
        value = read(cells)
        return None if value is None else pseudonyms.of(subsystem, name, str(value))

    return hashed


def _columns(mapping: Mapping) -> dict[str, bool]:
    asked: dict[str, bool] = {}
    rules = (rule.when for rule in (*mapping.refuse, *mapping.warn))
    for part in chain(
        mapping.times.values(), *rules, *((*event.when, *event.data.values()) for event in mapping.events)
    ):
        if not isinstance(part, Earlier):
            for column, optional in file_columns_of(part):
                asked[column] = optional and asked.get(column, True)
    return asked


def _time_columns(times: dict[str, Instant], name: str) -> str:
    """The columns that a time is read from, those of the times it starts from included."""
    instant = times[name]
    own = columns_text(instant)
    return "+".join(filter(None, [_time_columns(times, instant.start) if instant.start else "", own]))
