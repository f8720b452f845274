"""Structured CloudEvents written from plain data, and held against the catalogue before anybody sends them."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ioc.catalogue.model import Subsystem, message_key
from ioc.events.decoding import JSON, Event, EventDecoder

_encode = msgspec.json.Encoder().encode


def written(event: Event, key: str | None) -> bytes:
    """The structured value of a decoded event: what is declared of it, and nothing else; it may be changed by this.

    Args:
        key: its message key; None where any will do.
    """
    event.partitionkey = key
    event.subject = None
    event.datacontenttype = JSON if event.datacontenttype else None
    return _encode(event)


class EventWriter:
    """Writes events of one subsystem.

    Args:
        decoder: the one that the worker reads these events with.
        source: the CloudEvents source; together with an event's id it tells duplicates.
    """

    def __init__(self, subsystem: Subsystem, decoder: EventDecoder, source: str) -> None:
        self._decoder = decoder
        self.keys = {event: message_key(subsystem, event) for event in subsystem.events}
        """For each event the field whose value is its message key; None where that is the event's id."""
        self._forms = {event: _form(source, subsystem.event_type(event)) for event in subsystem.events}

    def write(self, event: str, event_id: str, time: datetime, data: Mapping[str, object]) -> tuple[bytes, bytes]:
        """The message key and the structured value of an event. Raises Rejection where the worker would."""
        field = self.keys[event]
        key = str(data.get(field, "")) if field else event_id
        return key.encode(), self.write_parts(event, event_id, encode(time), encode(key), encode(data))

    def write_parts(self, event: str, event_id: str, time: bytes, key: bytes, data: bytes) -> bytes:
        """The structured value of an event whose time, key and data are JSON already. Raises Rejection."""
        value = self._forms[event] % (encode(event_id), time, key, data)
        self._decoder.decode(value, ())
        return value


encode = msgspec.json.Encoder().encode
"""A value as JSON."""


def _form(source: str, type_: str) -> bytes:
    """An event without its id, time, key and data."""
    source_json, type_json = (encode(text).replace(b"%", b"%%") for text in (source, type_))
    return (
        b'{"specversion":"1.0","id":%%b,"source":%b,"type":%b,"time":%%b,"datacontenttype":"application/json",'
        b'"partitionkey":%%b,"data":%%b}' % (source_json, type_json)
    )
