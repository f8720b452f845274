"""A mapping at work: rows in, events out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from ioc.catalogue.model import Catalogue
from ioc.events.admission import hashed_fields
from ioc.events.decoding import EventDecoder, Rejection
from ioc.events.mappings.checks import refuse_faults
from ioc.events.mappings.conditions import condition_reader, described
from ioc.events.mappings.ids import content_id, in_utc
from ioc.events.mappings.instants import ReadTime
from ioc.events.mappings.loader import MappingFile
from ioc.events.mappings.model import Earlier, EventMapping, FieldSource, Instant, Mapping
from ioc.events.mappings.row import Cells, RowFault, once_a_row
from ioc.events.mappings.unit_codes import UnitCodes
from ioc.events.mappings.values import (
    ReadValue,
    columns_text,
    file_columns_of,
    times_of,
    value_reader,
)
from ioc.events.pseudonyms import Pseudonyms
from ioc.events.writing import EventWriter


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
class _Event:
    """One of the mapping's events, compiled."""

    name: str
    happens: Callable[[Cells], bool]
    time: ReadTime
    time_columns: str
    fields: list[tuple[str, ReadValue, bool]]
    """Name, reader, and whether it is required."""
    columns: dict[str, str]
    """The columns of each field, as messages name them."""
    hashed: tuple[str, ...]
    """The fields that are replaced by their keyed hashes."""


class _Rule(NamedTuple):
    """One of the mapping's rules, compiled."""

    name: str
    holds: Callable[[Cells], bool]


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
        subsystem = catalogue.subsystems[mapping.subsystem]
        units = catalogue.province.units_by_code
        decoder = EventDecoder(subsystem, units)
        self._writer = EventWriter(subsystem, decoder, mapping.source)
        self._pseudonyms = pseudonyms
        missing = mapping.reads.missing
        times, unit_codes = times_of(mapping.times, missing), UnitCodes(units)

        shared: dict[str, ReadValue] = {}

        def reader(name: str, source: FieldSource) -> ReadValue:
            # An entity's id is written in all of its events: one reader reads it once for all of them.
            known = shared.get(f"{name} {source!r}")
            if known is None:
                known = once_a_row(value_reader(source, subsystem.fields[name], times, missing, unit_codes))
                shared[f"{name} {source!r}"] = known
            return known

        def compiled(event: EventMapping) -> _Event:
            spec = subsystem.events[event.event]
            fields = [(name, reader(name, source), name in spec.required) for name, source in event.data.items()]
            return _Event(
                event.event,
                condition_reader(event.when, times, missing),
                times[event.time],
                _time_columns(mapping.times, event.time),
                fields,
                {name: columns_text(source) for name, source in event.data.items()},
                hashed_fields(subsystem, event.event),
            )

        self._events = [compiled(event) for event in mapping.events]

        self._refuse = [_Rule(rule.name, condition_reader(rule.when, times, missing)) for rule in mapping.refuse]
        self._warn = [_Rule(rule.name, condition_reader(rule.when, times, missing)) for rule in mapping.warn]
        self._asked = described(chain.from_iterable(event.when for event in mapping.events), missing)
        self.subsystem = subsystem
        self.columns = _columns(mapping)
        """Every column that is read, with whether a file may lack it."""

    def events(self, cells: Cells) -> list[Outgoing]:
        """The events of a row; their ids are of what they say.

        Raises:
            RowFault: the row is refused as a whole.
        """
        for rule in self._refuse:
            if rule.holds(cells):
                raise RowFault(rule.name, f"the mapping refuses such rows by its rule `{rule.name}`")
        return [self._made(event, cells) for event in self._events if event.happens(cells)]

    def warnings(self, cells: Cells) -> list[str]:
        """The names of the rules by which a row is told of, though it is sent. Raises RowFault."""
        return [rule.name for rule in self._warn if rule.holds(cells)]

    def asked_of(self, cells: Cells) -> str:
        """What a row has in the columns that decide which events it stands for."""
        return self._asked(cells)

    def _made(self, event: _Event, cells: Cells) -> Outgoing:
        time = event.time(cells)
        if time is None:
            raise RowFault("missing_value", f"{event.name} needs its time, and the cell is empty", event.time_columns)
        data = {}
        for name, read, required in event.fields:
            value = read(cells)
            if value is not None:
                data[name] = value
            elif required:
                detail = f"{event.name} needs `{name}`, and the cell is empty"
                raise RowFault("missing_value", detail, event.columns[name])
        if self._pseudonyms is not None:
            slug = self.mapping.subsystem
            data |= {name: self._pseudonyms.of(slug, name, str(data[name])) for name in event.hashed if name in data}
        moment = in_utc(time)
        # Of what is sent, so that it gives nothing away of what was hashed.
        event_id = content_id(self.mapping.source, event.name, moment, data)
        try:
            key, value_bytes = self._writer.write(event.name, event_id, time, data)
        except Rejection as rejection:
            field = rejection.field.rpartition(".")[2]
            detail = f"{event.name} cannot have this as `{field}`: {rejection.detail}"
            raise RowFault(rejection.reason, detail, event.columns.get(field, ""), data.get(field)) from rejection
        return Outgoing(event.name, event_id, key, value_bytes, moment)


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
