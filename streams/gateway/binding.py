"""The HTTP protocol binding of CloudEvents 1.0.2: a request as the Kafka records that it stands for.

A structured event, and each event of a batch, becomes a record's value byte for byte; in binary mode the body becomes
the value and the ``ce-`` headers become ``ce_`` headers. Beyond the binding, JSON without any ``ce-`` header is taken
for the events themselves, as log shippers and generated clients send them: one, an array, or one a line.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from ioc.events.decoding import BATCH, JSON, STRUCTURED, Rejection, is_json
from ioc.events.records import Header
from streams.gateway.shape import check_shape, too_many

LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
"""Media types of one event a line."""

_ATTRIBUTE = re.compile(r"[a-z0-9]{1,64}")
_CONTENT_TYPE = "content-type"


class Mode(StrEnum):
    BINARY = "binary"
    """Or, without ``ce-`` headers, any of the others."""
    STRUCTURED = "structured"
    BATCH = "batch"
    LINES = "lines"


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
        case str() as known if known in LINES:
            return Mode.LINES
        case str() as known if is_json(known) and "cloudevents" not in known:
            return Mode.BINARY
        case _:
            return None


def messages_of(mode: Mode, body: bytes, headers: Sequence[tuple[str, str]], most: int) -> list[Message]:
    """The events of a request, ``most`` at the most, not yet looked at.

    Raises Rejection where the request as a whole cannot be read.
    """
    # Some write a byte order mark before JSON; readers may ignore it (RFC 8259, 8.1), and the worker does not.
    body = body.removeprefix(BOM_UTF8)
    check_shape(body, most)
    if mode is not Mode.BATCH and body.count(b"\n", 0, -1) >= most and not body.lstrip().startswith(b"["):
        raise too_many(most)
    if mode is Mode.BINARY and not any(name.lower().startswith("ce-") for name, _ in headers):
        events = _events(Mode.BATCH if body.lstrip().startswith(b"[") else Mode.LINES, body)
        _check_claim(events)
        return [_structured(bytes(event)) for event in events]
    match mode:
        case Mode.STRUCTURED:
            return [_structured(body)]
        case Mode.BATCH | Mode.LINES:
            return [_structured(bytes(event)) for event in _events(mode, body)]
        case Mode.BINARY:
            return [Message(body, _attributes(headers))]


def _structured(value: bytes) -> Message:
    return Message(value, [(_CONTENT_TYPE, STRUCTURED.encode())])


_read_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_lines = msgspec.json.Decoder(msgspec.Raw).decode_lines


def _events(mode: Mode, body: bytes) -> list[msgspec.Raw]:
    try:
        if mode is Mode.BATCH:
            return _read_array(body)
        if events := _read_lines(body):
            return events
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        what = "array of events" if mode is Mode.BATCH else "event, nor one event a line"
        raise Rejection("malformed", f"this is no JSON {what}: {error}") from error
    raise Rejection("empty", "the body holds no event")


class _Claim(msgspec.Struct):
    specversion: Any = None


def _check_claim(events: Sequence[msgspec.Raw]) -> None:
    """Raises Rejection where JSON without ``ce-`` headers is no event either."""
    try:
        if not events or msgspec.json.decode(events[0], type=_Claim).specversion is not None:
            return
    except msgspec.ValidationError:
        pass
    detail = "no CloudEvent: there is neither a header ce-specversion nor specversion in the JSON"
    raise Rejection("missing_field", detail, "specversion")


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
