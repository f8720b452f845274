"""CloudEvents 1.0 as they come in: decoded and validated in one pass by types compiled from the catalogue.

Structured mode has everything in the value; binary mode has the attributes in ``ce_*`` headers
and the data in the value (Kafka protocol binding for CloudEvents 1.0.2). A ``content-type`` that is one of CloudEvents
decides for structured mode, whatever other headers there are.
"""

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, Union, cast

import msgspec

from ioc.catalogue.model import CODE, FieldSpec, Subsystem, routing_key
from ioc.events.pseudonyms import HASH
from ioc.events.records import Header
from ioc.time.instants import Milliseconds

MAX_VALUE_BYTES = 1024 * 1024
"""Larger values are rejected unread."""

FUTURE_TOLERANCE = Milliseconds(5 * 60_000)
"""An event is rejected when its time is further than this after the broker appended it."""

LARGEST_AMOUNT = 1e12
LARGEST_COUNT = 10**12


STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"

OPTIONAL_ATTRIBUTES = ("datacontenttype", "subject", "partitionkey")
"""Attributes that an event may have beside those it must; null is as if left out (JSON format, 4.1)."""
ATTRIBUTES = ("specversion", "id", "source", "type", "time", "datacontenttype", "partitionkey")
"""Attributes that are written into topics. What a subject would say is in the data, hashed where it must be."""

CONTENT_TYPE = "content-type"
_BASE64 = "data_base64"
_FIX = "send the data as a JSON object in `data`"
_NOTHING = Annotated[str, msgspec.Meta(min_length=1, max_length=0)]
"""The type of what may not be there at all."""
_CLOUDEVENTS = "application/cloudevents"
# In Python, `$` would let a line break pass.
_ANY_CODE = Annotated[str, msgspec.Meta(pattern=rf"^{CODE}\Z")]
_HASH = Annotated[str, msgspec.Meta(pattern=rf"^{HASH}\Z")]


class Event(Protocol):
    """A decoded event; ``data`` has the fields of its type as attributes."""

    id: str
    source: str
    time: datetime
    data: Any
    datacontenttype: str | None
    subject: str | None
    partitionkey: str | None


class Rejection(Exception):
    """Why a record cannot be applied: a reason to group by, the field at fault, and what is wrong with it."""

    def __init__(self, reason: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.field = field
        self.detail = detail


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What `EventDecoder.read` raises; msgspec lets the second one through where the type is not UTF-8."""


class EventDecoder:
    """Decodes the events of one subsystem.

    Args:
        hashed: whether the fields to be hashed are hashed already, as in all topics: any other value is refused.
    """

    def __init__(self, subsystem: Subsystem, units: Iterable[str], *, hashed: bool = True) -> None:
        self.types: Mapping[type[Event], str] = _compile(subsystem, tuple(units), hashed=hashed)
        """Event classes by which a decoded event is told apart, with their names."""
        self._any = Union[tuple(self.types)]  # noqa: UP007 (built at run time)
        self.read: Callable[[Any], Event] = msgspec.json.Decoder(self._any).decode
        """The event of a structured value that is neither empty nor too large, as most are written; what it cannot read
        `decode` may. Raises one of UNREADABLE."""
        self._things = {kind: routing_key(subsystem, event) for kind, event in self.types.items()}

    def decode(self, value: bytes | None, headers: Sequence[Header]) -> Event:
        """The event of one record. Raises Rejection."""
        if not value:
            raise Rejection("empty", "the record has no value")
        if len(value) > MAX_VALUE_BYTES:
            raise Rejection("too_large", f"the value has {len(value)} bytes; {MAX_VALUE_BYTES} are the most")
        try:
            structured = _structured(value, headers) if headers else value
            try:
                return self.read(structured)
            except msgspec.ValidationError as error:
                if not _IS_FLOAT.match(str(error)):
                    raise
            return self._read_whole_numbers(structured)
        except UNREADABLE as error:
            raise _rejection_of(error) from error

    def _read_whole_numbers(self, value: bytes) -> Event:
        """The event where an integer may be written as 2.0 or 2e0, which to JSON is the same number.

        Raises one of UNREADABLE.
        """
        envelope = msgspec.json.decode(value)
        data = envelope["data"]
        whole = {name: int(given) for name, given in data.items() if _is_whole(given)}
        event: Event = msgspec.convert(envelope | {"data": data | whole}, self._any)
        return event

    def thing_of(self, event: Event) -> str | None:
        """The id of the thing that an event is about, which must be its message key; None where any will do."""
        field = self._things[type(event)]
        return None if field is None else getattr(event.data, _attribute(field))


def are_plain(values: Sequence[bytes | None], headers: Sequence[Sequence[Header]]) -> bool:
    """Whether all values may be read as they are: none is empty or too large, and there are no headers."""
    return not any(headers) and all(values) and max(map(len, filter(None, values)), default=0) <= MAX_VALUE_BYTES


def _is_whole(given: object) -> bool:
    return isinstance(given, float) and given.is_integer() and abs(given) <= LARGEST_COUNT


def _rejection_of(error: BaseException) -> Rejection:
    if isinstance(error, RecursionError):
        return Rejection("malformed", "the value is nested too deeply")
    return _rejection(str(error)) if isinstance(error, msgspec.ValidationError) else Rejection("malformed", str(error))


def _compile(subsystem: Subsystem, units: tuple[str, ...], *, hashed: bool) -> dict[type[Event], str]:
    of = {name: _HASH if hashed and field.hashed else _type(field, units) for name, field in subsystem.fields.items()}
    types: dict[type[Event], str] = {}
    for name, event in subsystem.events.items():
        fields: list[Any] = [(_attribute(field), of[field]) for field in event.required]
        fields += [(_attribute(field), of[field] | None, None) for field in event.optional]
        renamed = {_attribute(field): field for field in event.fields if _attribute(field) != field}
        # Frozen it has a hash, by which the engine tells what says something else; the gateway puts hashes into it.
        data = msgspec.defstruct(
            _class_name(name, "Data"), fields, gc=False, omit_defaults=True, rename=renamed or None, frozen=hashed
        )
        envelope = msgspec.defstruct(
            _class_name(name, "Event"),
            [
                ("specversion", Literal["1.0"]),
                ("id", Annotated[str, msgspec.Meta(min_length=1, max_length=256)]),
                ("source", Annotated[str, msgspec.Meta(min_length=1, max_length=256)]),
                ("time", Annotated[datetime, msgspec.Meta(tz=True)]),
                # What has nothing to say beyond its type, as a heartbeat, may leave its data out.
                ("data", data) if event.required else ("data", data, msgspec.field(default_factory=data)),
                *((name, str | None, None) for name in OPTIONAL_ATTRIBUTES),
                (_BASE64, _NOTHING | msgspec.UnsetType, msgspec.UNSET),
            ],
            tag_field="type",
            tag=subsystem.event_type(name),
            gc=False,
            omit_defaults=True,
        )
        types[cast(type[Event], envelope)] = name
    return types


def _attribute(field: str) -> str:
    return f"{field}_" if keyword.iskeyword(field) else field


attribute_of = _attribute


def _class_name(event: str, suffix: str) -> str:
    return event.title().replace(".", "").replace("_", "") + suffix


def _type(field: FieldSpec, units: tuple[str, ...]) -> Any:
    match field.type:
        case "id":
            return Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
        case "code":
            return Literal[tuple(field.values)] if field.values else _ANY_CODE
        case "unit":
            return Literal[units] if units else _ANY_CODE
        case "text":
            return Annotated[str, msgspec.Meta(max_length=10_000)]
        case "boolean":
            return bool
        case "time":
            return Annotated[datetime, msgspec.Meta(tz=True)]
        case "integer":
            low, high = _bounds(field, LARGEST_COUNT)
            return Annotated[int, msgspec.Meta(ge=int(low), le=int(high))]
        case "number":
            low, high = _bounds(field, LARGEST_AMOUNT)
            return Annotated[float, msgspec.Meta(ge=low, le=high)]


def _bounds(field: FieldSpec, largest: float) -> tuple[float, float]:
    return (-largest if field.min is None else field.min, largest if field.max is None else field.max)


def header_attributes(headers: Sequence[Header]) -> dict[str, bytes]:
    """The attributes of a binary-mode record, from its ``ce_*`` headers; none of any other: they are in its value."""
    # A header may have no value at all.
    found = {name.lower(): content or b"" for name, content in headers}
    if "ce_specversion" not in found or _media_type(found).startswith(_CLOUDEVENTS):
        return {}
    return {name.removeprefix("ce_"): content for name, content in found.items() if name.startswith("ce_")}


def _media_type(headers: Mapping[str, bytes]) -> str:
    """The content type of a record without its parameters; empty where it has none."""
    return headers.get(CONTENT_TYPE, b"").decode(errors="replace").partition(";")[0].strip().lower()


def _structured(value: bytes, headers: Sequence[Header]) -> bytes:
    """A binary-mode record as the structured value it stands for; a structured one as it is."""
    media_type = _media_type({name.lower(): content or b"" for name, content in headers})
    if media_type == BATCH:
        raise Rejection("unsupported", "a record holds one event: send each of a batch by itself", CONTENT_TYPE)
    if media_type.startswith(_CLOUDEVENTS) and media_type not in {_CLOUDEVENTS, STRUCTURED}:
        raise Rejection("unsupported", f"{media_type} is not read here: send {STRUCTURED}", CONTENT_TYPE)
    attributes = header_attributes(headers)
    if not attributes:
        return value
    try:
        texts = {name: content.decode() for name, content in attributes.items()}
    except UnicodeDecodeError as error:
        raise Rejection("malformed", f"a CloudEvents header is not UTF-8: {error}") from error
    try:
        # Read by itself, or a value such as `{},"id":"x"` could pass for attributes.
        data = msgspec.json.decode(value, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        if is_json(media_type):
            raise
        raise Rejection("unsupported", f"the data is {media_type}, and only JSON is read: {_FIX}", "data") from error
    return msgspec.json.encode({**texts, "data": data})


def is_json(media_type: str) -> bool:
    """Whether data of this type is JSON, as data of no type is."""
    return media_type in {"", JSON, "text/json"} or media_type.endswith("+json")


class _Typed(msgspec.Struct):
    type: str


_read_type = msgspec.json.Decoder(_Typed).decode


def type_of(value: bytes | None, headers: Sequence[Header]) -> str:
    """The CloudEvents type that a record claims, be it readable or not otherwise; empty where it claims none."""
    if (claimed := header_attributes(headers).get("type")) is not None:
        return claimed.decode(errors="replace")
    try:
        return _read_type(value or b"").type
    except UNREADABLE:
        return ""


_PATH = re.compile(r" - at `\$\.?(.*)`$")
_IS_FLOAT = re.compile(r"Expected `int( \| null)?`, got `float`")
_IS_TEXT = re.compile(r"Expected `object`, got `str`")
_NO_HASH = f"Expected `str` matching regex '^{HASH}"
_MISSING = re.compile(r"missing required field `(.+?)`")


def _rejection(message: str) -> Rejection:
    path = found[1] if (found := _PATH.search(message)) else ""
    if missing := _MISSING.search(message):
        field = f"{path}.{missing[1]}" if path else missing[1]
        return Rejection("unknown_type" if field == "type" else "missing_field", message, field)
    if path == "type":
        return Rejection("unknown_type", message, path)
    if path == _BASE64:
        return Rejection("unsupported", f"data_base64 is not read here: {_FIX}", path)
    if path == "data" and _IS_TEXT.match(message):
        return Rejection("unsupported", f"the data is text, and only an object is read: {_FIX}", path)
    if message.startswith(_NO_HASH):
        return Rejection("not_hashed", "it must be hashed where it comes from, see docs/security.md", path)
    reason = "wrong_type" if re.match(r"Expected `\w+( \| \w+)*`, got", message) else "invalid_value"
    return Rejection(reason, message, path)
