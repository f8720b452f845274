"""The schemas say what the decoder accepts, for every type of event of the catalogue."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from ioc.catalogue.model import CODE, FieldSpec, Subsystem, message_key
from ioc.events.decoding import EventDecoder, Rejection
from ioc.events.schemas import event_schema, render_schemas, schema_path
from tests.packaged import packaged_catalogue
from tests.texts.texts import ALL

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

CATALOGUE = packaged_catalogue()
UNIT = CATALOGUE.province.units[0].code if CATALOGUE.province.units else "1"
EVENTS = [(subsystem, event) for subsystem in CATALOGUE.subsystems.values() for event in subsystem.events]


def value_of(field: FieldSpec) -> object:
    """Some value that a field can take."""
    match field.type:
        case "code":
            return next(iter(field.values)) if field.values else "some-code"
        case "unit":
            return UNIT
        case "boolean":
            return True
        case "time":
            return "2025-09-30T17:00:00+07:00"
        case "integer":
            return int(field.min or 1)
        case "number":
            return field.min or min(field.max or 1, 1)
        case _:
            return "0123456789abcdef" * 2 if field.hashed else "T-1"


def good_event(subsystem: Subsystem, event: str) -> dict[str, Any]:
    fields = subsystem.events[event].fields
    return {
        "specversion": "1.0",
        "id": "1",
        "source": "urn:test",
        "type": subsystem.event_type(event),
        "time": "2025-09-30T08:00:00.123Z",
        "data": {name: value_of(subsystem.fields[name]) for name in fields},
    }


def wrong_values(field: FieldSpec) -> list[object]:
    """Values that the field cannot take."""
    if field.hashed:
        return [1, "Nguyễn Văn An", "0123456789ABCDEF" * 2, "0123456789abcdef" * 2 + "\n", "0" * 31, "0" * 33]
    match field.type:
        case "boolean":
            return ["true"]
        case "time":
            return ["2025-09-30T17:00:00"]
        case "integer" | "number":
            return ["1"]
        case "code" if field.values:
            return ["no such code"]
        case "code":
            return [1, "", "a" * 65, *(text for text in ALL if text and not re.fullmatch(CODE, text))]
        case "id":
            return [1, "", "a" * 129]
        case _:
            return [1]


def bad_events(subsystem: Subsystem, event: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A good event with one thing wrong each, and what that is."""
    good, spec = good_event(subsystem, event), subsystem.events[event]
    for name in ("specversion", "id", "source", "type", "time", *(["data"] if spec.required else [])):
        yield f"no {name}", {key: value for key, value in good.items() if key != name}
    yield "naive time", good | {"time": "2025-09-30T08:00:00"}
    yield "empty id", good | {"id": ""}
    yield "another version", good | {"specversion": "0.3"}
    for name in spec.required:
        bad = deepcopy(good)
        del bad["data"][name]
        yield f"no {name}", bad
        bad = deepcopy(good)
        bad["data"][name] = None
        yield f"null {name}", bad
    for name in spec.fields:
        field = subsystem.fields[name]
        values = wrong_values(field)
        if field.min is not None:
            values.append(field.min - 1)
        if field.max is not None:
            values.append(field.max + 1)
        for value in values:
            bad = deepcopy(good)
            bad["data"][name] = value
            yield f"{name} is {value!r}", bad


def validator_of(schema: dict[str, Any]) -> "Validator":
    """Holds events against a schema, which is checked itself."""
    # Compiles the grammar of internationalised addresses, which takes a second: not where tests are only collected.
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(("subsystem", "event"), EVENTS, ids=[f"{s.subsystem}.{e}" for s, e in EVENTS])
def test_schema_and_decoder_agree(subsystem: Subsystem, event: str) -> None:
    validator = validator_of(event_schema(subsystem, event))
    decoder = EventDecoder(subsystem, [unit.code for unit in CATALOGUE.province.units])
    good = good_event(subsystem, event)
    without = good | {"data": {name: good["data"][name] for name in subsystem.events[event].required}}
    nulls = good | {"data": without["data"] | dict.fromkeys(subsystem.events[event].optional)}
    for accepted in (good, without, nulls):
        validator.validate(accepted)
        assert decoder.decode(json.dumps(accepted).encode(), ()).id == "1"
    for wrong, bad in bad_events(subsystem, event):
        assert not validator.is_valid(bad), wrong
        with pytest.raises(Rejection):
            decoder.decode(json.dumps(bad).encode(), ())


def test_a_code_that_ends_with_a_line_break_is_refused() -> None:
    subsystem = CATALOGUE.subsystems["statistics"]
    event = good_event(subsystem, "indicator.reported")
    event["data"]["period"] += "\n"
    with pytest.raises(Rejection, match="period"):
        EventDecoder(subsystem, [UNIT]).decode(json.dumps(event).encode(), ())


def test_data_schema_is_that_of_binary_mode() -> None:
    subsystem = CATALOGUE.subsystems["public_services"]
    schema = event_schema(subsystem, "dossier.handled") | {"$ref": "#/$defs/data"}
    for key in ("type", "required", "properties"):
        del schema[key]
    validator = validator_of(schema)
    data = good_event(subsystem, "dossier.handled")["data"]
    validator.validate(data)
    assert not validator.is_valid({**data, "dossier": 1})


def test_every_event_has_its_file_and_its_message() -> None:
    files = render_schemas(CATALOGUE)
    document = json.loads(files["asyncapi.json"])
    assert document["asyncapi"] == "3.0.0"
    for subsystem, event in EVENTS:
        assert json.loads(files[schema_path(subsystem, event)]) == event_schema(subsystem, event)
        channel = document["channels"][subsystem.subsystem]
        assert channel["address"] == f"{{prefix}}.events.{subsystem.subsystem}"
        reference = channel["messages"][event]["$ref"].split("/")[-1]
        message = document["components"]["messages"][reference]
        assert message["payload"]["schema"]["$ref"] in files
        assert ("bindings" in message) == (message_key(subsystem, event) is not None)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    files = render_schemas(CATALOGUE)
    document = json.loads(files["asyncapi.json"])

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from (value for key, value in part.items() if key == "$ref")
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                yield from references(each)

    for reference in references(document):
        if reference.startswith("#/"):
            target = document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
        else:
            assert reference in files


def test_topics_of_the_platform_are_described() -> None:
    channels = json.loads(render_schemas(CATALOGUE)["asyncapi.json"])["channels"]
    assert {"state", "figures", "dead-letters"} <= channels.keys()
