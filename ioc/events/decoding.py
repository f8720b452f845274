"""CloudEvents 1.0 as they come in: decoded and validated in one pass by types compiled from the catalogue.

Structured mode has everything in the value; binary mode has the attributes in ``ce_*`` headers
and the data in the value (Kafka protocol binding for CloudEvents 1.0.2).
"""

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, Union, cast

import msgspec

from ioc.catalogue.model import CODE, FieldSpec, Subsystem
from ioc.events.records import Header
from ioc.time.instants import Milliseconds

MAX_VALUE_BYTES = 1024 * 1024
"""Larger values are rejected unread."""

FUTURE_TOLERANCE = Milliseconds(5 * 60_000)
"""An event is rejected when its time is further than this after the broker appended it."""

LARGEST_AMOUNT = 1e12
LARGEST_COUNT = 10**12


_BASE64 = b'"data_base64"'
# In Python, `$` would let a line break pass.
_ANY_CODE = Annotated[str, msgspec.Meta(pattern=rf"^{CODE}\Z")]


class Event(Protocol):
    """A decoded event; ``data`` has the fields of its type as attributes."""

    id: str
    source: str
    time: datetime
    data: Any


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
    """Decodes the events of one subsystem."""

    def __init__(self, subsystem: Subsystem, units: Iterable[str]) -> None:
        self.types: Mapping[type[Event], str] = _compile(subsystem, tuple(units))
        """Event classes by which a decoded event is told apart, with their names."""
        self.read: Callable[[Any], Event] = msgspec.json.Decoder(Union[tuple(self.types)]).decode  # noqa: UP007 (built at run time)
        """The event of a structured value that is neither empty nor too large. Raises one of UNREADABLE."""

    def decode(self, value: bytes | None, headers: Sequence[Header]) -> Event:
        """The event of one record. Raises Rejection."""
        if not value:
            raise Rejection("empty", "the record has no value")
        if len(value) > MAX_VALUE_BYTES:
            raise Rejection("too_large", f"the value has {len(value)} bytes; {MAX_VALUE_BYTES} are the most")
        try:
            return self.read(_structured(value, headers) if headers else value)
        except UNREADABLE as error:
            rejection = rejection_of(error)
            if rejection.field == "data" and _BASE64 in value:
                detail = "data_base64 is not read here: send the data as a JSON object in `data`"
                rejection = Rejection("unsupported", detail, "data_base64")
            raise rejection from error


def are_plain(values: Sequence[bytes | None], headers: Sequence[Sequence[Header]]) -> bool:
    """Whether all values may be read as they are: none is empty or too large, and there are no headers."""
    return not any(headers) and all(values) and max(map(len, filter(None, values)), default=0) <= MAX_VALUE_BYTES


def rejection_of(error: BaseException) -> Rejection:
    """Why a value could not be read."""
    if isinstance(error, RecursionError):
        return Rejection("malformed", "the value is nested too deeply")
    return _rejection(str(error)) if isinstance(error, msgspec.ValidationError) else Rejection("malformed", str(error))


def _compile(subsystem: Subsystem, units: tuple[str, ...]) -> dict[type[Event], str]:
    types: dict[type[Event], str] = {}
    for name, event in subsystem.events.items():
        fields: list[Any] = [(_attribute(field), _type(subsystem.fields[field], units)) for field in event.required]
        fields += [(_attribute(field), _type(subsystem.fields[field], units) | None, None) for field in event.optional]
        renamed = {_attribute(field): field for field in event.fields if _attribute(field) != field}
        data = msgspec.defstruct(_class_name(name, "Data"), fields, gc=False, rename=renamed or None)
        envelope = msgspec.defstruct(
            _class_name(name, "Event"),
            [
                ("specversion", Literal["1.0"]),
                ("id", Annotated[str, msgspec.Meta(min_length=1, max_length=256)]),
                ("source", Annotated[str, msgspec.Meta(min_length=1, max_length=256)]),
                ("time", Annotated[datetime, msgspec.Meta(tz=True)]),
                # What has nothing to say beyond its type, as a heartbeat, may leave its data out.
                ("data", data) if event.required else ("data", data, msgspec.field(default_factory=data)),
            ],
            tag_field="type",
            tag=subsystem.event_type(name),
            gc=False,
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


def _structured(value: bytes, headers: Sequence[Header]) -> bytes:
    """A binary-mode record as the structured value it stands for; a structured one as it is."""
    attributes = {name.lower(): content for name, content in headers if name.lower().startswith("ce_")}
    if "ce_specversion" not in attributes:
        return value
    try:
        # A header may have no value at all.
        texts = {name.removeprefix("ce_"): (content or b"").decode() for name, content in attributes.items()}
    except UnicodeDecodeError as error:
        raise Rejection("malformed", f"a CloudEvents header is not UTF-8: {error}") from error
    # Read by itself, or a value such as `{},"id":"x"` could pass for attributes.
    data = msgspec.json.decode(value, type=msgspec.Raw)
    return msgspec.json.encode({**texts, "data": data})


class _Typed(msgspec.Struct):
    type: str


_read_type = msgspec.json.Decoder(_Typed).decode


def type_of(value: bytes | None, headers: Sequence[Header]) -> str:
    """The CloudEvents type that a record claims, be it readable or not otherwise; empty where it claims none."""
    for name, content in headers:
        if name.lower() == "ce_type" and content is not None:
            return content.decode(errors="replace")
    try:
        return _read_type(value or b"").type
    except UNREADABLE:
        return ""


_PATH = re.compile(r" - at `\$\.?(.*)`$")
_MISSING = re.compile(r"missing required field `(.+?)`")


def _rejection(message: str) -> Rejection:
    path = found[1] if (found := _PATH.search(message)) else ""
    if missing := _MISSING.search(message):
        field = f"{path}.{missing[1]}" if path else missing[1]
        return Rejection("unknown_type" if field == "type" else "missing_field", message, field)
    if path == "type":
        return Rejection("unknown_type", message, path)
    reason = "wrong_type" if re.match(r"Expected `\w+( \| \w+)*`, got", message) else "invalid_value"
    return Rejection(reason, message, path)
