"""The OpenAPI document of the gateway, derived from the catalogue: every type of event with its schema.

Formats: OpenAPI 3.1.0, CloudEvents 1.0.2 with its HTTP protocol binding, problem details of RFC 9457.
"""

from collections.abc import Iterator
from typing import cast

from ioc.catalogue.model import Catalogue
from ioc.events.decoding import BATCH, JSON, MAX_VALUE_BYTES, STRUCTURED
from ioc.events.schemas import JsonObject, event_schema
from ioc.text.json_text import json_text

PATH = "/events"
PROBLEM = "application/problem+json"

REASONS = {
    400: "At least one event is at fault; none was taken. `errors` names each with its reason and field.",
    401: "The bearer token is missing or unknown.",
    403: "This feed may not send events of this subsystem; none was taken.",
    408: "The request did not arrive in time.",
    413: f"The request is too large, or an event has more than {MAX_VALUE_BYTES} bytes; none was taken.",
    415: "The body is no JSON, or in an encoding that is not read here.",
    431: "The first line of the request, or a header, has more than 8190 bytes.",
    429: "The feed sends more events a second than were agreed on; none was taken. `Retry-After` says when to go on.",
    503: "Kafka has not acknowledged all events in time. Send the request again with the same ids after `Retry-After` "
    "seconds: what did arrive is told apart by `source` and `id`.",
}
"""What each answer but 202 means."""

_RETRY = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}}
_ATTRIBUTES = {
    "ce-specversion": ("Binary mode: 1.0.", {"type": "string"}),
    "ce-id": ("Binary mode: with `ce-source` it tells events apart.", {"type": "string"}),
    "ce-source": ("Binary mode: URI reference of the system that the event comes from.", {"type": "string"}),
    "ce-time": ("Binary mode: when it happened, RFC 3339 with a zone.", {"type": "string"}),
}


def openapi(catalogue: Catalogue) -> JsonObject:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"IOC gateway: {catalogue.province.name.vi} / {catalogue.province.name.en}",
            "version": "1.0.0",
            "description": "Takes CloudEvents 1.0 by HTTP, binary, structured and in batches, for feeds that cannot "
            "speak Kafka. 202 means: acknowledged by Kafka. A batch is taken as a whole or not at all.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            PATH: {"post": _post(catalogue)},
            "/healthz": {"get": _check("Whether the process answers.")},
            "/readyz": {"get": _check("Whether Kafka answers.", unready=True)},
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "One token for each feed."}
            },
            "schemas": {**dict(_event_schemas(catalogue)), "accepted": _ACCEPTED, "problem": _PROBLEM},
        },
    }


def openapi_text(catalogue: Catalogue) -> str:
    """The document as it is served and committed."""
    return json_text(openapi(catalogue))


def _post(catalogue: Catalogue) -> JsonObject:
    types = _types(catalogue)
    one_event = {
        "oneOf": [_ref(name) for name in types],
        "discriminator": {"propertyName": "type", "mapping": {name: f"#/components/schemas/{name}" for name in types}},
    }
    attributes = {**_ATTRIBUTES, "ce-type": ("Binary mode: the type of the event.", {"type": "string", "enum": types})}
    return {
        "operationId": "sendEvents",
        "summary": "Send one event or a batch.",
        "parameters": [
            {"name": name, "in": "header", "required": False, "description": text, "schema": schema}
            for name, (text, schema) in attributes.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": one_event},
                BATCH: {"schema": {"type": "array", "items": one_event}},
                JSON: {"schema": {"anyOf": [_ref(f"{name}.data") for name in types]}},
            },
        },
        "responses": {
            "202": {"description": "Kafka has acknowledged all events.", "content": _content(JSON, "accepted")},
            **{str(status): _refusal(status, text) for status, text in REASONS.items()},
        },
    }


def _check(description: str, *, unready: bool = False) -> JsonObject:
    plain = {"text/plain": {"schema": {"type": "string"}}}
    answers: dict[str, JsonObject] = {"200": {"description": description, "content": plain}}
    if unready:
        answers["503"] = {"description": "Kafka does not answer.", "content": plain}
    return {"summary": description, "security": [], "responses": answers}


def _refusal(status: int, text: str) -> JsonObject:
    answer: JsonObject = {"description": text, "content": _content(PROBLEM, "problem")}
    if status in {429, 503}:
        answer["headers"] = _RETRY
    return answer


def _content(media_type: str, schema: str) -> JsonObject:
    return {media_type: {"schema": _ref(schema)}}


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


def _types(catalogue: Catalogue) -> list[str]:
    return [subsystem.event_type(event) for subsystem in catalogue.subsystems.values() for event in subsystem.events]


def _event_schemas(catalogue: Catalogue) -> Iterator[tuple[str, JsonObject]]:
    """Each event's schema, and that of its data under a name of its own."""
    for subsystem in catalogue.subsystems.values():
        for event in subsystem.events:
            name = subsystem.event_type(event)
            schema = event_schema(subsystem, event)
            properties = cast(JsonObject, schema["properties"])
            kept = {key: part for key, part in schema.items() if not key.startswith("$")}
            yield name, {**kept, "properties": {**properties, "data": _ref(f"{name}.data")}}
            yield f"{name}.data", cast(dict[str, JsonObject], schema["$defs"])["data"]


_ACCEPTED: JsonObject = {
    "type": "object",
    "required": ["accepted"],
    "properties": {"accepted": {"type": "integer", "minimum": 0, "description": "Events taken."}},
}
_FAULT: JsonObject = {
    "reason": {"type": "string", "description": "A word to group by, such as missing_field."},
    "field": {"type": "string", "description": "The field at fault, as in data.level; empty for the whole event."},
    "detail": {"type": "string", "description": "What is wrong, in words."},
}
_PROBLEM: JsonObject = {
    "type": "object",
    "required": ["type", "title", "status", "reason", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        **_FAULT,
        "errors": {
            "type": "array",
            "description": "The first events at fault, by their places in the request.",
            "items": {
                "type": "object",
                "required": ["index", "reason", "field", "detail"],
                "properties": {"index": {"type": "integer", "minimum": 0}, **_FAULT},
            },
        },
    },
}
