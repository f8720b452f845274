"""The OpenAPI document of the gateway, derived from the catalogue: every type of event with its schema.

Clients are generated from it, so that its schemas are the events' own in words that generators of code know. Each has
a name of its own, of Latin letters; texts are descriptions, as a title becomes the name of a class; times have a
format, as a pattern is held against the time that was made of the text; a path has one type of body.

Formats: OpenAPI 3.1.0, CloudEvents 1.0.2 with its HTTP protocol binding, problem details of RFC 9457.
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from ioc.catalogue.model import Catalogue
from ioc.events.decoding import BATCH, JSON, MAX_VALUE_BYTES, STRUCTURED
from ioc.events.schemas import TIME_PATTERN, JsonObject, event_schema
from ioc.text.json_text import json_text

PATH = "/events"
BATCH_PATH = "/events/batch"
"""Takes what `PATH` takes: many a generated client knows one type of body for a path."""
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


def openapi(catalogue: Catalogue) -> JsonObject:
    """The document."""
    names = _names(catalogue)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "IOC gateway",
            "version": "1.0.0",
            "description": f"{catalogue.province.name.vi} / {catalogue.province.name.en}. Takes CloudEvents 1.0 "
            "by HTTP for feeds that cannot speak Kafka: structured and in batches, as here, and in binary mode, as the "
            "SDKs of CloudEvents send it. 202 means: acknowledged by Kafka. A batch is taken as a whole or not at all.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            PATH: {"post": _post("sendEvent", "Send one event.", _content(STRUCTURED, "Event"))},
            BATCH_PATH: {
                "post": _post(
                    "sendBatch",
                    "Send a batch of events.",
                    {BATCH: {"schema": {"type": "array", "items": _ref("Event")}}},
                )
            },
            "/healthz": {"get": _check("getHealth", "Whether the process answers.")},
            "/readyz": {"get": _check("getReadiness", "Whether Kafka answers.", unready=True)},
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "One token for each feed."}
            },
            "schemas": {
                **dict(_event_schemas(catalogue, names)),
                "Event": _one_of(names),
                "Accepted": _ACCEPTED,
                "Problem": _PROBLEM,
                "Fault": _FAULT_OF_EVENT,
            },
        },
    }


def openapi_text(catalogue: Catalogue) -> str:
    """The document as it is served and committed."""
    return json_text(openapi(catalogue))


def _post(operation: str, summary: str, content: JsonObject) -> JsonObject:
    return {
        "operationId": operation,
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": {
            "202": {"description": "Kafka has acknowledged all events.", "content": _content(JSON, "Accepted")},
            **{str(status): _refusal(status, text) for status, text in REASONS.items()},
        },
    }


def _check(operation: str, description: str, *, unready: bool = False) -> JsonObject:
    plain = {"text/plain": {"schema": {"type": "string"}}}
    answers: dict[str, JsonObject] = {"200": {"description": description, "content": plain}}
    if unready:
        answers["503"] = {"description": "Kafka does not answer.", "content": plain}
    return {"operationId": operation, "summary": description, "security": [], "responses": answers}


def _refusal(status: int, text: str) -> JsonObject:
    answer: JsonObject = {"description": text, "content": _content(PROBLEM, "Problem")}
    if status in {429, 503}:
        answer["headers"] = _RETRY
    return answer


def _content(media_type: str, schema: str) -> JsonObject:
    return {media_type: {"schema": _ref(schema)}}


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


def _names(catalogue: Catalogue) -> dict[str, str]:
    """The name of each type's schema, such as PublicServicesDossierAccepted."""
    names: dict[str, str] = {}
    for subsystem in catalogue.subsystems.values():
        for event in subsystem.events:
            name = re.sub("[._]", "", f"{subsystem.subsystem}_{event}".title())
            # `a.b_c` and `a_b.c` have the same letters.
            same = sum(other.rstrip("0123456789") == name for other in names.values())
            names[subsystem.event_type(event)] = f"{name}{same + 1}" if same else name
    return names


def _one_of(names: Mapping[str, str]) -> JsonObject:
    mapping = {event_type: f"#/components/schemas/{name}" for event_type, name in names.items()}
    return {
        "oneOf": [_ref(name) for name in names.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }


def _event_schemas(catalogue: Catalogue, names: Mapping[str, str]) -> Iterator[tuple[str, JsonObject]]:
    """Each event's schema, and that of its data under a name of its own."""
    for subsystem in catalogue.subsystems.values():
        for event in subsystem.events:
            schema, name = event_schema(subsystem, event, hashed=False), names[subsystem.event_type(event)]
            properties = cast(JsonObject, schema["properties"]) | {"data": _ref(f"{name}Data")}
            yield name, _for_generators(schema | {"properties": properties})
            yield f"{name}Data", _for_generators(cast(dict[str, JsonObject], schema["$defs"])["data"])


def _for_generators(schema: JsonObject) -> JsonObject:
    """A schema in the words that all generators of code know."""
    kept = {key: part for key, part in schema.items() if not key.startswith("$") and key not in {"title", "not"}}
    texts = [str(schema[key]) for key in ("title", "description") if key in schema]
    if texts:
        kept["description"] = ". ".join(texts)
    if kept.get("pattern") == TIME_PATTERN:
        del kept["pattern"]
        kept["format"] = "date-time"
    if "const" in kept:
        kept |= {"type": "string", "enum": [kept.pop("const")]}
    if isinstance(properties := kept.get("properties"), dict):
        kept["properties"] = {
            name: part if "$ref" in part else _for_generators(part)
            for name, part in properties.items()
            if part.get("not") != {}
        }
    return kept


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
            "items": _ref("Fault"),
        },
    },
}
_FAULT_OF_EVENT: JsonObject = {
    "type": "object",
    "required": ["index", "reason", "field", "detail"],
    "properties": {"index": {"type": "integer", "minimum": 0}, **_FAULT},
}
