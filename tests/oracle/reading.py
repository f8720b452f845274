"""What a record says, read with the standard library: an event, or None where it must be rejected."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aiokafka.partitioner import murmur2

from ioc.catalogue.model import FieldSpec, Subsystem

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 10**12
FIRST = ("ioc_first_topic", "ioc_first_partition", "ioc_first_offset")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class LogRecord(NamedTuple):
    """One record of a source topic, or of what the operator sent again; ``appended`` in ms since the epoch."""

    subsystem: str
    partition: int
    offset: int
    appended: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    sent_again: bool = False

    @property
    def topic(self) -> str:
        return "ioc.sent-again" if self.sent_again else f"ioc.events.{self.subsystem}"

    @property
    def first(self) -> tuple[str, int, int] | None:
        """Topic, partition and offset of the rejected record that this one is sent again for.

        None where it does not say so, does so in part, or not in a readable way.
        """
        said = {name: text for name, text in self.headers if name in FIRST}
        try:
            topic, partition, offset = (str(said[name], "utf-8") for name in FIRST)  # type: ignore[arg-type]
            if partition.isascii() and offset.isascii():
                return topic, int(partition), int(offset)
        except (KeyError, TypeError, ValueError):
            pass
        return None


class Event(NamedTuple):
    """A well-formed event; ``time`` in ms since the epoch, times in ``data`` in whole seconds."""

    name: str
    id: str
    source: str
    time: int
    data: Mapping[str, Any]


class _Bad(Exception):
    pass


def read_event(subsystem: Subsystem, units: frozenset[str], partitions: int, record: LogRecord) -> Event | None:
    """The event of a record; None where the record is malformed, invalid, from the future or misrouted."""
    try:
        event = _event(subsystem, units, record)
    except (_Bad, ValueError, RecursionError):
        return None
    if event.time < 0 or event.time > record.appended + 5 * 60_000:
        return None
    wanted = [each.id for each in subsystem.presences.values() if event.name in (*each.heard_by, *each.withdrawn_by)]
    if entity := subsystem.entity_of(event.name):
        wanted.append(subsystem.entities[entity].id)
    for field in wanted:
        key = str(event.data[field]).encode()
        if record.key != key or (murmur2(key) & 0x7FFFFFFF) % partitions != record.partition:
            return None
    return event


def _event(subsystem: Subsystem, units: frozenset[str], record: LogRecord) -> Event:
    if not record.value or len(record.value) > 1024 * 1024:
        raise _Bad
    attributes = _envelope(record)
    types = {subsystem.event_type(name): name for name in subsystem.events}
    name = types.get(_text(attributes, "type", 1, 10**6))
    if name is None or attributes.get("specversion") != "1.0":
        raise _Bad
    data = attributes.get("data")
    if not isinstance(data, dict):
        raise _Bad
    spec = subsystem.events[name]
    values: dict[str, Any] = {}
    for field in spec.fields:
        if field in data and not (data[field] is None and field in spec.optional):
            values[field] = _value(subsystem.fields[field], units, data[field])
        elif field in spec.required:
            raise _Bad
    return Event(
        name,
        _text(attributes, "id", 1, 256),
        _text(attributes, "source", 1, 256),
        (_moment(attributes.get("time")) - EPOCH) // timedelta(milliseconds=1),
        values,
    )


def _envelope(record: LogRecord) -> dict[str, Any]:
    def refuse(text: str) -> None:
        raise _Bad

    assert record.value is not None
    content = json.loads(record.value.decode("utf-8"), parse_constant=refuse)
    attributes = {
        name.lower().removeprefix("ce_"): (text or b"").decode()
        for name, text in record.headers
        if name.lower().startswith("ce_")
    }
    if "specversion" in attributes:
        return {**attributes, "data": content}
    if not isinstance(content, dict):
        raise _Bad
    return content


def _text(values: Mapping[str, Any], name: str, least: int, most: int) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise _Bad
    value.encode()
    return value


def _value(field: FieldSpec, units: frozenset[str], value: object) -> object:
    if field.hashed and not (isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value)):
        raise _Bad
    match field.type:
        case "boolean":
            if not isinstance(value, bool):
                raise _Bad
            return value
        case "integer" | "number":
            return _number(field, value)
        case "time":
            return (_moment(value) - EPOCH) // timedelta(milliseconds=1)
        case "text":
            return _text({"": value}, "", 0, 10_000)
        case "id":
            return _text({"": value}, "", 1, 128)
        case _:
            code = _text({"": value}, "", 1, 64)
            known = field.values if field.type == "code" else units
            if known and code not in known:
                raise _Bad
            return code


def _number(field: FieldSpec, value: object) -> float:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float) and field.type == "number"):
        raise _Bad
    number: float = value  # type: ignore[assignment]
    low = -LARGEST if field.min is None else field.min
    high = LARGEST if field.max is None else field.max
    if not low <= number <= high:
        raise _Bad
    return number


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        raise _Bad
    return datetime.fromisoformat(value.upper().replace(" ", "T"))
