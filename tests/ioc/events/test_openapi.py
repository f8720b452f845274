"""The OpenAPI document in words that generators of clients know; tests/clients/ generates some and sends with them."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from ioc.catalogue.model import Subsystem
from ioc.events.openapi import openapi
from tests.ioc.events.test_schemas import CATALOGUE, EVENTS, good_event

DOCUMENT: dict[str, Any] = json.loads(json.dumps(openapi(CATALOGUE)))
SCHEMAS = DOCUMENT["components"]["schemas"]


def parts(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(document, dict):
        yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from parts(part)


def name_of(event_type: str) -> str:
    return SCHEMAS["Event"]["discriminator"]["mapping"][event_type].rpartition("/")[2]


def test_every_schema_has_a_name_of_its_own_in_any_language() -> None:
    assert all(name.isascii() and name.isidentifier() for name in SCHEMAS)
    assert len({name.lower() for name in SCHEMAS}) == len(SCHEMAS)
    assert name_of("vn.phutho.public_services.dossier.accepted.v1") == "PublicServicesDossierAccepted"


def test_types_of_the_same_letters_have_names_of_their_own() -> None:
    health = CATALOGUE.subsystems["health"]
    odd = health.model_copy(update={"events": dict.fromkeys(("a.b_c", "a_b.c"), health.events["beds.reported"])})
    document = openapi(CATALOGUE.model_copy(update={"subsystems": {"health": odd}}))
    names = document["components"]["schemas"]  # type: ignore[index,call-overload]
    assert {"HealthABC", "HealthABCData", "HealthABC2", "HealthABC2Data"} <= names.keys()


def test_nothing_is_there_that_stops_generators() -> None:
    for part in parts({"schemas": SCHEMAS, "paths": DOCUMENT["paths"]}):
        assert "title" not in part or isinstance(part["title"], dict)
        assert "const" not in part
        assert "not" not in part
        assert part.get("format") != "date-time" or "pattern" not in part
    assert DOCUMENT["info"]["title"].isascii()


@pytest.mark.parametrize("path", ["/events", "/events/batch"])
def test_a_path_has_one_type_of_body(path: str) -> None:
    assert len(DOCUMENT["paths"][path]["post"]["requestBody"]["content"]) == 1


@pytest.mark.parametrize(("subsystem", "event"), EVENTS, ids=[f"{s.subsystem}.{e}" for s, e in EVENTS])
def test_an_event_fits_its_own_schema_and_no_other(subsystem: Subsystem, event: str) -> None:
    # Takes a second to import: not where tests are only collected.
    from jsonschema import Draft202012Validator

    good = good_event(subsystem, event)
    root = {"$defs": SCHEMAS, "$ref": f"#/$defs/{name_of(good['type'])}"}
    validator = Draft202012Validator(_rooted(root))
    validator.validate(good)
    assert not validator.is_valid(good | {"type": "another"})
    assert not validator.is_valid({name: value for name, value in good.items() if name != "time"})


def _rooted(schema: dict[str, Any]) -> dict[str, Any]:
    schema = deepcopy(schema)
    for part in parts(schema):
        if isinstance(part.get("$ref"), str):
            part["$ref"] = part["$ref"].replace("#/components/schemas/", "#/$defs/")
    return schema
