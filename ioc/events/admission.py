"""Ready CloudEvents held against the catalogue before they are sent: what is admitted, the worker applies.

It judges as the worker does, with the same decoder, and finds the message key, so that no sender needs to know
about partitions. What is sent is written anew from what was read: the attributes and fields that are declared, those
declared as hashed by their keyed hashes, and nothing else that came with them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from ioc.catalogue.model import Catalogue, Subsystem, message_key, subsystem_of_type
from ioc.events.decoding import (
    ATTRIBUTES,
    CONTENT_TYPE,
    FUTURE_TOLERANCE,
    JSON,
    MAX_VALUE_BYTES,
    STRUCTURED,
    Event,
    EventDecoder,
    Rejection,
    attribute_of,
    header_attributes,
)
from ioc.events.pseudonyms import Pseudonyms
from ioc.events.records import Header
from ioc.events.writing import written
from ioc.time.instants import EpochMs, ms_from_datetime


class Admitted(NamedTuple):
    """An event as it is to be sent."""

    subsystem: str
    feed: str
    type: str
    """Its CloudEvents type."""
    source: str
    """The system that it says it comes from."""
    key: bytes
    value: bytes
    headers: Sequence[Header]


_HEADERS: Sequence[Header] = ((CONTENT_TYPE, STRUCTURED.encode()),)


class _Attributes(msgspec.Struct):
    type: str
    partitionkey: str | None = None


@dataclass(frozen=True)
class _Rules:
    """What is known and asked of one type of event."""

    feed: str
    type: str
    key: str | None
    hashed: tuple[str, ...]
    declared: frozenset[str]
    """The fields of its data."""
    refuses: bool
    """Whether what is not declared is refused, rather than dropped."""


class Admission:
    """Admits the events of some subsystems.

    Args:
        pseudonyms: what hashes; None refuses events that hold a field to be hashed.
    """

    def __init__(self, catalogue: Catalogue, pseudonyms: Pseudonyms | None) -> None:
        units = catalogue.province.units_by_code
        self._subsystems = {slug: _Door(subsystem, units) for slug, subsystem in catalogue.subsystems.items()}
        self._pseudonyms = pseudonyms

    def admit(self, value: bytes, headers: Sequence[Header], now: EpochMs) -> Admitted:
        """One event, structured or in binary mode with ``ce_`` headers, at an instant. Raises Rejection."""
        attributes = _attributes(value, headers)
        slug = subsystem_of_type(attributes.type)
        door = self._subsystems.get(slug)
        if door is None:
            raise Rejection("unknown_type", f"no subsystem has events of type {attributes.type!r}", "type")
        event = door.decoder.decode(value, headers)
        _check_time(event, now)
        rules = door.rules[type(event)]
        if rules.refuses:
            _refuse_undeclared(value, headers, rules.declared)
        key = _key(event, rules, attributes.partitionkey)
        for name, digest in self._hashes(slug, rules, event.data).items():
            setattr(event.data, attribute_of(name), digest)
            key = digest if name == rules.key else key
        if headers and header_attributes(headers):
            # In binary mode the type of the body says it.
            event.datacontenttype = JSON
        made = written(event, None if rules.key is None else key)
        if len(made) > MAX_VALUE_BYTES:
            raise Rejection("too_large", f"the value has {len(made)} bytes; {MAX_VALUE_BYTES} are the most")
        return Admitted(slug, rules.feed, rules.type, event.source, key.encode(), made, _HEADERS if headers else ())

    def _hashes(self, slug: str, rules: _Rules, data: Any) -> dict[str, str]:
        """The fields to be replaced, with what they become."""
        found = {name: text for name in rules.hashed if (text := getattr(data, attribute_of(name))) is not None}
        if found and self._pseudonyms is None:
            name = next(iter(found))
            raise Rejection(
                "not_hashed",
                "it must be hashed, and there is no key: leave it out, or set IOC_HASH_KEY_FILE",
                f"data.{name}",
            )
        return {name: self._pseudonyms.of(slug, name, text) for name, text in found.items()} if self._pseudonyms else {}


class _Door:
    """The decoder and the rules of one subsystem."""

    def __init__(self, subsystem: Subsystem, units: Iterable[str]) -> None:
        self.decoder = EventDecoder(subsystem, units, hashed=False)
        self.rules: Mapping[type[Event], _Rules] = {
            kind: _Rules(
                subsystem.feed_of(event),
                subsystem.event_type(event),
                message_key(subsystem, event),
                hashed_fields(subsystem, event),
                frozenset(subsystem.events[event].fields),
                subsystem.feeds[subsystem.feed_of(event)].undeclared == "refuse",
            )
            for kind, event in self.decoder.types.items()
        }


def hashed_fields(subsystem: Subsystem, event: str) -> tuple[str, ...]:
    """The fields of an event that are replaced by their keyed hashes."""
    return tuple(name for name in subsystem.events[event].fields if subsystem.fields[name].hashed)


def needs_key(catalogue: Catalogue) -> list[str]:
    """The fields, as ``subsystem.field``, that are to be hashed."""
    return [
        f"{slug}.{name}"
        for slug, subsystem in catalogue.subsystems.items()
        for name, field in subsystem.fields.items()
        if field.hashed
    ]


def _attributes(value: bytes, headers: Sequence[Header]) -> _Attributes:
    binary = header_attributes(headers)
    if not binary:
        try:
            return msgspec.json.decode(value, type=_Attributes)
        except msgspec.ValidationError as error:
            field = "partitionkey" if "partitionkey" in str(error) else "type"
            raise Rejection("missing_field" if "missing" in str(error) else "wrong_type", str(error), field) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Rejection("malformed", f"this is no JSON object: {error}") from error
    if "type" not in binary:
        raise Rejection("missing_field", "the event has no type", "type")
    try:
        key = binary.get("partitionkey")
        return _Attributes(binary["type"].decode(), None if key is None else key.decode())
    except UnicodeDecodeError as error:
        raise Rejection("malformed", f"an attribute is not UTF-8: {error}") from error


def _key(event: Event, rules: _Rules, given: str | None) -> str:
    """The message key. Raises Rejection where the sender says another."""
    if rules.key is None:
        # Any key will do, and only the id is known to be one.
        return event.id
    key: str = getattr(event.data, attribute_of(rules.key))
    if given and given != key:
        detail = f"{given[:128]!r} is not the value of data.{rules.key}, {key!r}: write that, or leave it out"
        raise Rejection("misrouted", detail, "partitionkey")
    return key


def _check_time(event: Event, now: EpochMs) -> None:
    """As the worker does, to whom the broker's clock is now."""
    time = ms_from_datetime(event.time)
    if time < 0:
        raise Rejection("invalid_value", f"{event.time.isoformat()} is before 1970, a clock never set", "time")
    if time > now + FUTURE_TOLERANCE:
        raise Rejection("future", f"{event.time.isoformat()} is more than 5 minutes from now", "time")


def _refuse_undeclared(value: bytes, headers: Sequence[Header], declared: Collection[str]) -> None:
    """Raises Rejection for the first attribute or field that the catalogue does not know."""
    attributes: Iterable[str] = header_attributes(headers)
    data = value
    if not attributes:
        envelope = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
        attributes, data = envelope.keys() - {"data"}, envelope.get("data", msgspec.Raw(b"{}"))
    fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    unknown = [*sorted({*attributes} - {*ATTRIBUTES}), *(f"data.{name}" for name in fields if name not in declared)]
    if unknown:
        detail = "it is not declared, and its feed may send nothing else: leave it out, or declare it in the catalogue"
        raise Rejection("undeclared", detail, unknown[0][:128])
