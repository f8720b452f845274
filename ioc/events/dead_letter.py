"""Dead letters: what is kept of an event that was rejected, so that its sender can be told and it can be sent again.

The record's value is that of the event, without what may not be kept; everything about it is in the headers.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import msgspec

from ioc.events.decoding import Rejection
from ioc.events.records import SENT_AGAIN, Batch, Header, Record
from ioc.events.redaction import LARGEST, Redaction
from ioc.time.instants import EpochMs

_KEPT_DETAIL = 2000
_KEPT_KEY_BYTES = 64 * 1024
_KEPT_HEADERS = 64
_KEPT_HEADER_BYTES = 1024
_ORIGINAL = "original."


FIRST_TOPIC, FIRST_PARTITION, FIRST_OFFSET = "ioc_first_topic", "ioc_first_partition", "ioc_first_offset"
FIRST = (FIRST_TOPIC, FIRST_PARTITION, FIRST_OFFSET)

LONGEST_KEPT_DAYS = 366
"""Days that dead letters may be kept at the most, so that none outlives its place here."""


class RecordPosition(NamedTuple):
    """Where an event was first rejected."""

    topic: str
    partition: int
    offset: int

    @property
    def headers(self) -> list[Header]:
        """What a redriven event says of it."""
        return [(name, str(part).encode()) for name, part in zip(FIRST, self, strict=True)]


def first_position(headers: Sequence[Header]) -> RecordPosition | None:
    """The place that an event names which was sent again; None for any other event.

    One that lacks a part, or has no number where it must be one, names none. Only what comes from the operator's topic
    may say so: any feed can write such headers.
    """
    parts = {name: text for name, text in headers if name in FIRST and text is not None}
    if parts.keys() != {*FIRST}:
        return None
    try:
        partition, offset = (int(parts[name].decode("ascii")) for name in FIRST[1:])
        return RecordPosition(parts[FIRST_TOPIC].decode(), partition, offset)
    except ValueError:
        return None


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A rejected event."""

    subsystem: str
    partition: int
    offset: int
    """Where it is in its source topic."""
    appended: EpochMs
    """When the broker took it."""
    reason: str
    field: str
    """The field at fault, empty where it is the event as a whole."""
    detail: str
    """What is wrong with it, in words."""
    size: int
    """Bytes of the whole value; -1 where there was none."""
    sha256: str
    """Of the whole value, in hexadecimal; of no bytes where there was none."""
    key: bytes | None
    """At most its first 64 KiB."""
    value: bytes | None
    """What may be kept of it, see `Redaction`; those of former programs hold its first 64 KiB."""
    headers: tuple[Header, ...]
    """The first of its own headers, each at most its first KiB."""
    redacted: bool = False
    """Whether something was taken out of it."""
    topic: str = ""
    """The full name of the topic that it is in."""
    first_topic: str = ""
    first_partition: int = -1
    first_offset: int = -1
    """Where it was rejected first, if it was sent again since."""

    @property
    def first(self) -> RecordPosition:
        """Where it was rejected first."""
        if self.first_topic:
            return RecordPosition(self.first_topic, self.first_partition, self.first_offset)
        return RecordPosition(self.topic, self.partition, self.offset)

    @property
    def whole(self) -> bool:
        """Whether all of the event is in here: nothing of it had to be cut."""
        return (
            not self.redacted
            and self.size <= LARGEST
            and len(self.key or b"") < _KEPT_KEY_BYTES
            and len(self.headers) < _KEPT_HEADERS
            and all(len(name) < _KEPT_HEADER_BYTES and len(text) < _KEPT_HEADER_BYTES for name, text in self.headers)
        )

    @classmethod
    def from_record(cls, value: bytes | None, headers: Mapping[str, bytes] | tuple[Header, ...]) -> Self:
        """Read a dead letter back.

        Raises:
            msgspec.ValidationError: a header is missing or is no number where it must be one.
        """
        pairs = tuple(headers.items()) if isinstance(headers, Mapping) else headers
        own = {name: text for name, text in pairs if not name.startswith(_ORIGINAL)}
        fields: dict[str, object] = {name: text.decode() for name, text in own.items() if name != "key"}
        # Lax conversion takes numbers from text, which is what headers are.
        return msgspec.convert(
            fields
            | {
                "key": own.get("key"),
                "value": value,
                "headers": tuple((n.removeprefix(_ORIGINAL), t) for n, t in pairs if n.startswith(_ORIGINAL)),
            },
            cls,
            strict=False,
            builtin_types=(bytes,),
        )


def dead_letter(batch: Batch, i: int, rejection: Rejection, redaction: Redaction) -> Record:
    """The record that keeps event `i` of a batch; its key is `<subsystem>/<partition>/<offset>`.

    Where the event was sent again, `SENT_AGAIN` stands for the subsystem there.
    """
    value, offset = batch.values[i], batch.offsets[i]
    kept = redaction.of(batch.keys[i], value, batch.headers[i])
    about = {
        "subsystem": batch.subsystem,
        "partition": str(batch.partition),
        "offset": str(offset),
        "appended": str(batch.append_times[i]),
        "reason": rejection.reason,
        "field": rejection.field,
        "detail": rejection.detail[:_KEPT_DETAIL],
        "size": str(-1 if value is None else len(value)),
        "sha256": hashlib.sha256(value or b"").hexdigest(),
        "redacted": "0" if kept.whole else "1",
    }
    headers: list[Header] = [(name, text.encode(errors="replace")) for name, text in about.items()]
    headers += _first(batch.headers[i]) if batch.sent_again else ()
    if kept.key is not None:
        headers.append(("key", kept.key[:_KEPT_KEY_BYTES]))
    headers += [
        (_ORIGINAL + name[:_KEPT_HEADER_BYTES], text[:_KEPT_HEADER_BYTES])
        for name, text in kept.headers[:_KEPT_HEADERS]
    ]
    within = SENT_AGAIN if batch.sent_again else batch.subsystem
    return Record(f"{within}/{batch.partition}/{offset}".encode(), kept.value, headers)


def _first(headers: Sequence[Header]) -> list[Header]:
    place = first_position(headers)
    return [] if place is None else [(name.removeprefix("ioc_"), text) for name, text in place.headers]
