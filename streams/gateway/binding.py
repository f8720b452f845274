"""The HTTP protocol binding of CloudEvents 1.0.2: a request as the Kafka records that it stands for.

A structured event, and each event of a batch, becomes a record's value byte for byte; in binary mode the body becomes
the value and the ``ce-`` headers become ``ce_`` headers.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from ioc.events.decoding import Rejection
from ioc.events.openapi import BATCH, JSON, STRUCTURED
from ioc.events.records import Header

_ATTRIBUTE = re.compile(r"[a-z0-9]{1,64}")
_CONTENT_TYPE = "content-type"


class Mode(StrEnum):
    BINARY = "binary"
    STRUCTURED = "structured"
    BATCH = "batch"


class Message(NamedTuple):
    """One event, as it would be in Kafka."""

    value: bytes
    headers: list[Header]


def mode_of(media_type: str) -> Mode | None:
    """How a body of this media type is to be read; None where it is not."""
    match media_type.lower():
        case str() as known if known == STRUCTURED:
            return Mode.STRUCTURED
        case str() as known if known == BATCH:
            return Mode.BATCH
        case str() as known if known in {"", JSON} or (known.endswith("+json") and "cloudevents" not in known):
            return Mode.BINARY
        case _:
            return None


def messages_of(mode: Mode, body: bytes, headers: Iterable[tuple[str, str]]) -> list[Message]:
    """The events of a request, not yet looked at. Raises Rejection where the request as a whole cannot be read."""
    # Some write a byte order mark before JSON; readers may ignore it (RFC 8259, 8.1), and the worker does not.
    body = body.removeprefix(BOM_UTF8)
    match mode:
        case Mode.STRUCTURED:
            return [_structured(body)]
        case Mode.BATCH:
            return [_structured(bytes(event)) for event in _events(body)]
        case Mode.BINARY:
            return [Message(body, _attributes(headers))]


def _structured(value: bytes) -> Message:
    return Message(value, [(_CONTENT_TYPE, STRUCTURED.encode())])


def _events(body: bytes) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Rejection("malformed", f"this is no JSON array of events: {error}") from error


def _attributes(headers: Iterable[tuple[str, str]]) -> list[Header]:
    found: dict[str, bytes] = {}
    for written, text in headers:
        name = written.lower()
        if name.startswith("ce-"):
            attribute = name.removeprefix("ce-")
            if not _ATTRIBUTE.fullmatch(attribute):
                raise Rejection("malformed", f"{name[:80]} names no attribute: write letters and digits", name[:80])
            if f"ce_{attribute}" in found:
                raise Rejection("malformed", f"the header {name} is there twice", attribute)
            found[f"ce_{attribute}"] = _decoded(attribute, text)
        elif name == _CONTENT_TYPE:
            found[_CONTENT_TYPE] = text.encode(errors="replace")
    if "ce_specversion" not in found:
        raise Rejection("missing_field", f"no header ce-specversion, and not sent as {STRUCTURED}", "specversion")
    return [*{_CONTENT_TYPE: JSON.encode(), **found}.items()]


def _decoded(attribute: str, text: str) -> bytes:
    """A header's value without quotes and percent encoding."""
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    try:
        return unquote(text, errors="strict").encode()
    except UnicodeError:
        raise Rejection("malformed", f"the header ce-{attribute} is not UTF-8", attribute) from None
