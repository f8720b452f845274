"""Nothing that is personal, or that nobody declared, is in a dead letter, however it was written."""

import json
from typing import Any

import pytest

from ioc.events.records import Header
from ioc.events.redaction import REDACTED, Redaction
from tests.packaged import packaged_catalogue

HEALTH = Redaction(packaged_catalogue().subsystems["health"])
NAME = "Nguyen Van An"
TYPE = "vn.phutho.health.patient.admitted.v1"
HASHED = "0123456789abcdef" * 2


def said(**changed: Any) -> dict[str, Any]:
    data = {"stay": "s1", "facility": "lung", "patient": HASHED}
    return {"specversion": "1.0", "id": "1", "source": "/his", "type": TYPE, "data": data} | changed


TOLD = {
    "a personal field": said(data={"stay": "s1", "patient": NAME}),
    "a declared field that is no scalar": said(data={"stay": {"of": NAME}, "facility": [NAME]}),
    "an undeclared field": said(data={"stay": "s1", "full_name": NAME}),
    "an undeclared field within another": said(data={"stay": "s1", "more": {"full_name": NAME}}),
    "a name as a field": said(data={"stay": "s1", NAME: 1}),
    "data that are no object": said(data=NAME),
    "data that are a list": said(data=[NAME]),
    "an attribute": said(subject=NAME),
    "an extension": said(patientname=NAME),
    "a name as an attribute": said(**{NAME: 1}),
    "an unknown type": said(type="vn.phutho.health.patient.seen.v1", data={"patient": NAME}),
    "no type": {"data": {"patient": NAME}},
    "an attribute that is no text": said(source={"of": NAME}),
}


@pytest.mark.parametrize("what", TOLD)
def test_no_name_is_kept(what: str) -> None:
    kept = HEALTH.of(NAME.encode(), json.dumps(TOLD[what]).encode(), [("subject", NAME.encode()), (NAME, b"")])
    assert NAME not in str(kept)
    assert not kept.whole


@pytest.mark.parametrize(
    "value",
    [
        NAME.encode(),
        b'{"data": {"patient": "Nguyen Van An"}',
        b'["Nguyen Van An"]',
        b'{"type": "%s", "data": {"patient": "Nguyen Van An", "patient": null}}' % TYPE.encode(),
        b'{"data": {"x": "Nguyen Van An"}, "type": "%s", "data": {"stay": "1"}}' % TYPE.encode(),
        b"{" * 5000 + NAME.encode(),
    ],
)
def test_what_is_no_json_or_says_a_thing_twice_is_not_kept_as_it_was(value: bytes) -> None:
    kept = HEALTH.of(None, value, [])
    assert NAME.encode() not in (kept.value or b"")
    assert not kept.whole


def test_what_is_declared_stays() -> None:
    value = json.dumps(said(), separators=(",", ":")).encode()
    kept = HEALTH.of(b"s1", value, [("ce_id", b"1")])
    assert kept == (b"s1", value, [("ce_id", b"1")], True)


def test_a_misspelt_field_can_be_told_by_its_name() -> None:
    kept = HEALTH.of(None, json.dumps(said(data={"stay": "s1", "facilty": "lung"})).encode(), [])
    assert json.loads(kept.value or b"")["data"] == {"stay": "s1", "facilty": REDACTED}


def test_the_data_of_binary_mode_are_kept_by_the_type_in_the_headers() -> None:
    headers: list[Header] = [("ce_specversion", b"1.0"), ("ce_type", TYPE.encode()), ("ce_subject", NAME.encode())]
    kept = HEALTH.of(None, json.dumps({"stay": "s1", "patient": NAME}).encode(), headers)
    assert json.loads(kept.value or b"") == {"stay": "s1", "patient": REDACTED}
    assert kept.headers == [*headers[:2], ("ce_subject", REDACTED.encode())]
