"""Ids of events by what they say: wherever a row stands and in whatever file it comes, its events are the same."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

_ID_BYTES = 16
"""128 bits of a cryptographic hash: no two events of a province meet, and nobody can make them meet."""

said = msgspec.json.Encoder(order="deterministic").encode
"""A value as ids have it."""


def content_id(source: str, event: str, time: datetime, data: Mapping[str, object]) -> str:
    """The id of an event of a source that says this and nothing else; an instant is the same in every zone."""
    told = {name: in_utc(value) if isinstance(value, datetime) else value for name, value in data.items()}
    return id_of_parts(said(source), said(event), said(in_utc(time)), said(told))


def id_of_parts(source: bytes, event: bytes, time: bytes, data: bytes) -> str:
    """The same, of what is JSON already: times in UTC, and the fields of the data in the order of their names."""
    return blake2b(b"[%b,%b,%b,%b]" % (source, event, time, data), digest_size=_ID_BYTES).hexdigest()


def numbered(value: bytes, number: int) -> bytes:
    """A structured event as one of several equal ones of its file, numbered from 1; the first keeps its id.

    Two flights of which a file says the same are two. Sent again, in whatever order, they have the same two numbers.
    """
    if number == 1:
        return value
    event_id = _read(value).id
    # The event says its own id before anything that its data could say.
    return value.replace(f'"id":"{event_id}"'.encode(), f'"id":"{event_id}-{number}"'.encode(), 1)


class _Identified(msgspec.Struct):
    id: str


_read = msgspec.json.Decoder(_Identified).decode


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; as it is where no calendar reaches it there."""
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # On the first or the last day that there is.
        return moment
