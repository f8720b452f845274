"""JSON Schemas of the events and an AsyncAPI document of the topics, derived from the catalogue.

They say what the decoder accepts. Codes of administrative units are the exception: a topic prefix may declare
units of its own, so that the schemas only say what a code looks like.

Formats: JSON Schema 2020-12, AsyncAPI 3.0.0, CloudEvents 1.0.2 with its Kafka protocol binding and the partitioning
extension.
"""

from collections.abc import Iterator

from ioc.catalogue.model import CODE, TYPE_PREFIX, Catalogue, EventSpec, FieldSpec, Subsystem, message_key
from ioc.events.decoding import JSON, LARGEST_AMOUNT, LARGEST_COUNT, MAX_VALUE_BYTES
from ioc.events.pseudonyms import HASH
from ioc.text.bilingual import Text
from ioc.text.json_text import json_text

JsonObject = dict[str, object]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_YEAR = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP_YEAR = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    f"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
    f"02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_HOUR = "([01][0-9]|2[0-3])"
TIME_PATTERN = (
    f"^{_DAY}[Tt ]{_HOUR}:[0-5][0-9]:[0-5][0-9]"
    rf"(\.[0-9]+)?([Zz]|[+-]{_HOUR}:?[0-5][0-9])$"
)
"""RFC 3339 with a zone, exactly as the decoder reads it. ``format`` is a mere remark to some validators, and those that
heed it differ in what it says."""


def render_schemas(catalogue: Catalogue) -> dict[str, str]:
    """Every schema file: path below ``docs/schemas`` to its text."""
    schemas = {
        schema_path(subsystem, event): event_schema(subsystem, event)
        for subsystem in catalogue.subsystems.values()
        for event in subsystem.events
    }
    documents = {**schemas, "asyncapi.json": asyncapi(catalogue)}
    return {path: json_text(document) for path, document in documents.items()}


def schema_path(subsystem: Subsystem, event: str) -> str:
    return f"{subsystem.subsystem}/{event}.json"


def event_schema(subsystem: Subsystem, event: str, *, hashed: bool = True) -> JsonObject:
    """The schema of an event in structured mode; ``#/$defs/data`` is that of its data, the value in binary mode.

    ``hashed`` as for the decoder: in topics all personal fields are.
    """
    spec = subsystem.events[event]
    identifier = {"type": "string", "minLength": 1, "maxLength": 256}
    return {
        "$schema": DIALECT,
        "$id": f"urn:ioc:{TYPE_PREFIX}:{subsystem.subsystem}:{event}:v1",
        "title": _both(spec.name),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", *(["data"] if spec.required else [])],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": identifier | {"description": "With `source` it tells events apart: the same pair is a duplicate."},
            "source": identifier | {"description": "URI reference of the system that the event comes from."},
            "type": {"const": subsystem.event_type(event)},
            "time": _time() | {"description": "When it happened, not when it was sent."},
            "datacontenttype": _or_null({"type": "string", "description": f"The data is JSON: {JSON}, or left out."}),
            "subject": _or_null({"type": "string"}),
            "partitionkey": _or_null({"type": "string", "description": _key_text(message_key(subsystem, event))}),
            "data": {"$ref": "#/$defs/data"},
            "data_base64": {"not": {}, "description": "Not read: the data is a JSON object in `data`."},
        },
        "$defs": {"data": data_schema(subsystem, spec, hashed=hashed)},
    }


def data_schema(subsystem: Subsystem, event: EventSpec, *, hashed: bool = True) -> JsonObject:
    """The schema of an event's ``data``; optional fields may be null."""
    required = {name: _field(subsystem.fields[name], hashed=hashed) for name in event.required}
    optional = {name: _or_null(_field(subsystem.fields[name], hashed=hashed)) for name in event.optional}
    return {"type": "object", "required": event.required, "properties": {**required, **optional}}


def _key_text(field: str | None) -> str:
    return f"The message key: `data.{field}`." if field else "The message key; any will do."


def _field(field: FieldSpec, *, hashed: bool) -> JsonObject:
    if hashed and field.hashed:
        description = "The keyed hash of it, never the thing itself."
        return {"title": _both(field.name), "type": "string", **_whole(f"^{HASH}$"), "description": description}
    schema = {"title": _both(field.name), **_type(field)}
    if field.values:
        schema["description"] = "; ".join(f"{code}: {_both(text)}" for code, text in field.values.items())
    elif field.measured_in:
        schema["description"] = f"In {field.measured_in}."
    return schema


def _type(field: FieldSpec) -> JsonObject:
    match field.type:
        case "id":
            return {"type": "string", "minLength": 1, "maxLength": 128}
        case "code" if field.values:
            return {"type": "string", "enum": list(field.values)}
        case "code" | "unit":
            return {"type": "string", **_whole(f"^{CODE}$")}
        case "text":
            return {"type": "string", "maxLength": 10_000}
        case "boolean":
            return {"type": "boolean"}
        case "time":
            return _time()
        case "integer":
            return {"type": "integer", **_bounds(field, LARGEST_COUNT)}
        case "number":
            return {"type": "number", **_bounds(field, LARGEST_AMOUNT)}


def _time() -> JsonObject:
    return {"type": "string", **_whole(TIME_PATTERN)}


def _whole(pattern: str) -> JsonObject:
    """The pattern of a whole text: in some dialects `$` lets a line break pass."""
    return {"pattern": pattern, "not": {"type": "string", "pattern": r"\n"}}


def _bounds(field: FieldSpec, largest: float) -> JsonObject:
    low = -largest if field.min is None else field.min
    high = largest if field.max is None else field.max
    return {"minimum": _short(low), "maximum": _short(high)}


def _short(number: float) -> float:
    return int(number) if number == int(number) else number


def _or_null(schema: JsonObject) -> JsonObject:
    nullable = {**schema, "type": [schema["type"], "null"]}
    if isinstance(values := schema.get("enum"), list):
        nullable["enum"] = [*values, None]
    return nullable


def _both(text: Text) -> str:
    return f"{text.vi} / {text.en}"


def asyncapi(catalogue: Catalogue) -> JsonObject:
    """The AsyncAPI document: one channel per topic, one message per type of event."""
    subsystems = catalogue.subsystems.values()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"IOC: {_both(catalogue.province.name)}",
            "version": "1.0.0",
            "description": "Events of the subsystems as CloudEvents 1.0 over Kafka, structured or binary. "
            f"A record's value has at most {MAX_VALUE_BYTES} bytes; keys are hashed with murmur2.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            **{subsystem.subsystem: _event_channel(subsystem) for subsystem in subsystems},
            **{name: _channel(name, text) for name, text in _PLATFORM_TOPICS.items()},
        },
        "operations": {
            f"receive_{subsystem.subsystem}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{subsystem.subsystem}"},
                "summary": f"The workers read {subsystem.name.en}.",
            }
            for subsystem in subsystems
        },
        "components": {"messages": dict(item for subsystem in subsystems for item in _messages(subsystem))},
    }


_PLATFORM_TOPICS = {
    "state": "State of the workers, compacted; for their own use.",
    "figures": "Mergeable partial figures of every partition, compacted; the exporter reads them.",
    "dead-letters": "Records that could not be applied: where each was, the reason, its hash and its beginning.",
}


def _event_channel(subsystem: Subsystem) -> JsonObject:
    messages = {event: {"$ref": f"#/components/messages/{subsystem.event_type(event)}"} for event in subsystem.events}
    return {**_channel(f"events.{subsystem.subsystem}", _both(subsystem.name)), "messages": messages}


def _channel(name: str, description: str) -> JsonObject:
    prefix = {"default": "ioc", "description": "Prefix of the installation, or of a replay."}
    return {"address": f"{{prefix}}.{name}", "description": description, "parameters": {"prefix": prefix}}


def _messages(subsystem: Subsystem) -> Iterator[tuple[str, JsonObject]]:
    for event, spec in subsystem.events.items():
        key = message_key(subsystem, event)
        message: JsonObject = {
            "name": subsystem.event_type(event),
            "title": _both(spec.name),
            "contentType": "application/cloudevents+json",
            "payload": {
                "schemaFormat": "application/schema+json;version=draft-2020-12",
                "schema": {"$ref": schema_path(subsystem, event)},
            },
        }
        if key:
            message["bindings"] = {"kafka": {"key": {"type": "string", "description": _key_text(key)}}}
        yield subsystem.event_type(event), message
