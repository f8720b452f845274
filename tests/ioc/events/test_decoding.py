"""Which part of a record is the event: the Kafka binding's modes, and what is refused by its name."""

import json

import pytest

from ioc.events.admission import Admission
from ioc.events.decoding import EventDecoder, Rejection, type_of
from ioc.events.pseudonyms import Pseudonyms
from ioc.events.records import Header
from ioc.time.instants import EpochMs
from tests.packaged import packaged_catalogue

CATALOGUE = packaged_catalogue()
UNITS = CATALOGUE.province.units_by_code
DECODER, OF_SIEM = (EventDecoder(CATALOGUE.subsystems[slug], UNITS) for slug in ("environment", "cybersecurity"))
RAIN = "vn.phutho.environment.rain.measured.v1"
DATA = {"station": "viet_tri", "rain": 7.5}
EVENT = {
    "specversion": "1.0",
    "id": "in the value",
    "source": "/stations",
    "type": RAIN,
    "time": "2026-11-01T12:00:00+07:00",
    "data": DATA,
}
BEAT = EVENT | {"type": "vn.phutho.cybersecurity.siem.heartbeat_sent.v1", "data": {}}
OTHER: list[Header] = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"in the headers"),
    ("ce_source", b"/stations"),
    ("ce_type", RAIN.encode()),
    ("ce_time", b"2026-11-01T12:00:00+07:00"),
]


def value(event: object) -> bytes:
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    "content_type",
    [b"application/cloudevents+json", b"Application/CloudEvents+JSON; charset=UTF-8", b"application/cloudevents"],
)
def test_a_structured_content_type_decides_whatever_other_headers_there_are(content_type: bytes) -> None:
    headers = [("Content-Type", content_type), *OTHER]
    assert DECODER.decode(value(EVENT), headers).id == "in the value"
    told: list[Header] = [(n, b"vn.phutho.environment.x.y.v1" if n == "ce_type" else c) for n, c in headers]
    assert type_of(value(EVENT), told) == RAIN


@pytest.mark.parametrize("content_type", [b"application/json", b"application/vnd.rain+json", b"text/plain", None])
def test_headers_of_attributes_decide_where_the_content_type_is_of_the_data(content_type: bytes | None) -> None:
    headers = OTHER if content_type is None else [("content-type", content_type), *OTHER]
    event = DECODER.decode(value(DATA), headers)
    assert (event.id, event.data.rain) == ("in the headers", 7.5)


@pytest.mark.parametrize(
    "headers", [[], [("content-type", b"application/json")], [("traceparent", b"00-1"), ("x", b"")]]
)
def test_without_headers_of_attributes_the_value_is_the_event(headers: list[Header]) -> None:
    assert DECODER.decode(value(EVENT), headers).id == "in the value"


STRUCTURED: list[Header] = [("content-type", b"application/cloudevents+json")]
TEXT = [("content-type", b"text/plain"), *OTHER]
UNSUPPORTED = {
    "base64": (EVENT | {"data_base64": "e30="}, [], "data_base64", "data_base64 is not read here"),
    "text": (EVENT | {"data": "7.5 mm", "datacontenttype": "text/plain"}, [], "data", "the data is text"),
    "an object as text": (EVENT | {"data": json.dumps(DATA)}, STRUCTURED, "data", "the data is text"),
    "text, binary": ("7.5 mm", OTHER, "data", "the data is text"),
    "a batch": ([EVENT], [("content-type", b"application/cloudevents-batch+json")], "content-type", "holds one event"),
    "Avro": (
        EVENT,
        [("content-type", b"application/cloudevents+avro")],
        "content-type",
        "avro is not read here",
    ),
}


@pytest.mark.parametrize("what", UNSUPPORTED)
def test_what_cloudevents_allow_and_nobody_reads_here_is_refused_by_its_name(what: str) -> None:
    event, headers, field, told = UNSUPPORTED[what]
    with pytest.raises(Rejection, match=told) as refused:
        DECODER.decode(value(event), headers)
    assert (refused.value.reason, refused.value.field) == ("unsupported", field)


def test_base64_is_refused_where_no_data_is_needed_too() -> None:
    assert OF_SIEM.decode(value(BEAT), STRUCTURED).id
    with pytest.raises(Rejection, match="data_base64 is not read here"):
        OF_SIEM.decode(value(BEAT | {"data_base64": "e30="}), STRUCTURED)


def test_text_without_quotes_is_named_by_its_media_type() -> None:
    with pytest.raises(Rejection, match="text/plain") as refused:
        DECODER.decode(b"7.5 mm", TEXT)
    assert (refused.value.reason, refused.value.field) == ("unsupported", "data")
    with pytest.raises(Rejection) as malformed:
        DECODER.decode(b"7.5 mm", OTHER)
    assert malformed.value.reason == "malformed"


@pytest.mark.parametrize(("spoilt", "field"), [({"id": 7}, "id"), ({"subject": 7}, "subject"), ({"data": []}, "data")])
def test_what_is_wrong_has_the_same_name_in_both_modes(spoilt: dict[str, object], field: str) -> None:
    with pytest.raises(Rejection) as refused:
        DECODER.decode(value(EVENT | spoilt), [])
    assert (refused.value.reason, refused.value.field) == ("wrong_type", field)


def test_the_thing_of_an_event_is_in_its_data_whatever_the_sender_says() -> None:
    assert DECODER.thing_of(DECODER.decode(value(EVENT | {"partitionkey": "hung_yen"}), [])) == "viet_tri"
    assert OF_SIEM.thing_of(OF_SIEM.decode(value(BEAT), [])) is None


def test_a_hashed_field_is_hashed_in_a_structured_record_with_headers_of_attributes_too() -> None:
    admission = Admission(CATALOGUE, Pseudonyms(b"a key that nobody but this test knows"))
    data = {"stay": "S-1", "facility": "lung", "patient": "An"}
    event = {**EVENT, "type": "vn.phutho.health.patient.admitted.v1", "data": data, "subject": "An"}
    headers: list[Header] = [*STRUCTURED, *OTHER, ("ce_subject", b"An"), ("ce_partitionkey", b"An")]
    admitted = admission.admit(value(event), headers, EpochMs(1_800_000_000_000))
    assert b"An" not in admitted.value
    assert b"An" not in [content for _, content in admitted.headers]
