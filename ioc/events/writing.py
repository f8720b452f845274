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
        self._source = source
        self._types = {event: subsystem.event_type(event) for event in subsystem.events}
        self._keys = {event: message_key(subsystem, event) for event in subsystem.events}
        self._encode = msgspec.json.Encoder().encode

    def write(self, event: str, event_id: str, time: datetime, data: Mapping[str, object]) -> tuple[bytes, bytes]:
        """The message key and the structured value of an event. Raises Rejection where the worker would."""
        field = self._keys[event]
        key = str(data.get(field, "")) if field else event_id
        value = self._encode({
            "specversion": "1.0",
            "id": event_id,
            "source": self._source,
            "type": self._types[event],
            "time": time,
            "datacontenttype": "application/json",
            "partitionkey": key,
            "data": data,
        })  # fmt: skip
        self._decoder.decode(value, ())
        return key.encode(), value
