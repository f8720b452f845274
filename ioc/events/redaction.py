"""What may be kept of an event that nobody could read: no value that is personal, or that nobody declared.

The event itself is still in its topic, for as long as that keeps it, and is known by its place and its hash.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ioc.catalogue.model import Subsystem
from ioc.events.decoding import ATTRIBUTES, CONTENT_TYPE, UNREADABLE, header_attributes, type_of
from ioc.events.pseudonyms import HASH
from ioc.events.records import Header

REDACTED = "(redacted)"
LARGEST = 64 * 1024
"""Of a value of more bytes nothing is kept."""

_TAKEN_OUT = msgspec.Raw(msgspec.json.encode(REDACTED))
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_SCALAR = re.compile(rb'[-"0-9tfn]')
_HASHED = re.compile(rb'"' + HASH.encode() + rb'"|null')
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_KEPT_HEADERS = frozenset({CONTENT_TYPE, *(f"ce_{name}" for name in ATTRIBUTES if name != "partitionkey")})
_KEPT_ATTRIBUTES = frozenset(ATTRIBUTES) - {"partitionkey"}


class Kept(NamedTuple):
    """A record as it may be kept."""

    key: bytes | None
    value: bytes | None
    headers: list[Header]
    whole: bool
    """Whether that is all of it."""


class Redaction:
    """Takes out of events what may not be kept; without a subsystem nothing is declared."""

    def __init__(self, subsystem: Subsystem | None = None) -> None:
        self._hashed: Mapping[str, Mapping[str, bool]] = {}
        """By type of event its fields, with whether they are hashed."""
        if subsystem is not None:
            self._hashed = {
                subsystem.event_type(name): {field: subsystem.fields[field].hashed for field in event.fields}
                for name, event in subsystem.events.items()
            }

    def of(self, key: bytes | None, value: bytes | None, headers: Sequence[Header]) -> Kept:
        """A record as it may be kept; of a value that is no JSON object nothing is.

        Names that are nobody's stay, where they look like names, with their values taken out: what is misspelt can be
        told by them.
        """
        fields = self._fields(value, headers) if value and len(value) <= LARGEST else {}
        # Written anew, as a name may be there twice.
        own_value = msgspec.json.encode(fields) if fields else (b"" if value == b"" else None)
        own_key = key if key is not None and _is_said(key, fields) else None
        own_headers = [
            (name, text or b"" if name.lower() in _KEPT_HEADERS else REDACTED.encode())
            for name, text in headers
            if _NAME.fullmatch(name.replace("-", "_"))
        ]
        whole = (own_key, own_value, own_headers) == (key, value, [*headers])
        return Kept(own_key, own_value, own_headers, whole)

    def _fields(self, value: bytes, headers: Sequence[Header]) -> dict[str, msgspec.Raw]:
        declared = self._hashed.get(type_of(value, headers), {})
        try:
            fields = _FIELDS.decode(value)
        except UNREADABLE:
            return {}
        return dict(_data(fields, declared) if header_attributes(headers) else _envelope(fields, declared))


def _is_said(key: bytes, fields: "_Fields") -> bool:
    """Whether a message key is a value that is kept anyway."""
    try:
        written = msgspec.json.encode(key.decode())
        data = _FIELDS.decode(fields.get("data", b"{}"))
    except UNREADABLE:
        return False
    return written != _TAKEN_OUT and written in map(bytes, (*fields.values(), *data.values()))


_Fields = Mapping[str, msgspec.Raw]


def _envelope(fields: _Fields, declared: Mapping[str, bool]) -> Iterator[tuple[str, msgspec.Raw]]:
    for name, written in fields.items():
        if name == "data":
            yield name, _object(written, declared)
        elif name in _KEPT_ATTRIBUTES:
            yield name, _scalar(written)
        elif _NAME.fullmatch(name):
            yield name, _TAKEN_OUT


def _object(written: msgspec.Raw, declared: Mapping[str, bool]) -> msgspec.Raw:
    try:
        fields = _FIELDS.decode(written)
    except UNREADABLE:
        return _TAKEN_OUT
    return msgspec.Raw(msgspec.json.encode(dict(_data(fields, declared))))


def _data(fields: _Fields, declared: Mapping[str, bool]) -> Iterator[tuple[str, msgspec.Raw]]:
    for name, written in fields.items():
        hashed = declared.get(name)
        if hashed is None:
            if _NAME.fullmatch(name):
                yield name, _TAKEN_OUT
        elif hashed:
            yield name, written if _HASHED.fullmatch(bytes(written)) else _TAKEN_OUT
        else:
            yield name, _scalar(written)


def _scalar(written: msgspec.Raw) -> msgspec.Raw:
    """What is no object and no array: those hold what nobody declared."""
    return written if _SCALAR.match(bytes(written)) else _TAKEN_OUT
