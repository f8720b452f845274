"""Schema and decoder give one verdict on whatever is sent, odd as it may be: both are held to a table of right ones."""

import json
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.catalogue.model import Subsystem
from ioc.events.decoding import EventDecoder, Rejection
from ioc.events.schemas import event_schema
from tests.ioc.events.test_schemas import CATALOGUE, EVENTS, good_event, validator_of

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


@cache
def decoder_of(slug: str) -> EventDecoder:
    # The schemas only say what the code of a unit looks like.
    return EventDecoder(CATALOGUE.subsystems[slug], ())


@cache
def schema_of(slug: str, event: str) -> "Validator":
    return validator_of(event_schema(CATALOGUE.subsystems[slug], event))


def verdicts(subsystem: Subsystem, event: str, text: str) -> tuple[bool, bool]:
    """Whether the schema and the decoder accept an event, as it is written."""
    try:
        decoder_of(subsystem.subsystem).decode(text.encode(), ())
    except Rejection:
        decoded = False
    else:
        decoded = True
    return schema_of(subsystem.subsystem, event).is_valid(json.loads(text)), decoded


def changed(event: dict[str, Any], place: str, written: str) -> str:
    """The event with JSON text, as it is written, at a place such as ``data.persons``; "" leaves the place out."""
    event = deepcopy(event)
    *above, name = place.split(".")
    part = event["data"] if above else event
    part.pop(name, None)
    if written:
        part[name] = "<here>"
    return json.dumps(event).replace('"<here>"', written)


ATTRIBUTES = {
    "specversion": {'"1.0"': True, '"1"': False, "1.0": False, '"0.3"': False, "null": False, "": False},
    "id": {'""': False, "7": False, "null": False, '" "': True, f'"{"á" * 256}"': True, f'"{"á" * 257}"': False},
    "source": {'""': False, "[]": False, '"không phải URI"': True, '"😀"': True},
    "datacontenttype": {'"application/json; charset=utf-8"': True, "null": True, '""': True, "5": False, "": True},
    "subject": {"null": True, '""': True, "5": False, "{}": False, "true": False, "": True},
    "partitionkey": {"null": True, "5": False, '"x"': True, "": True},
    "data": {"null": False, "[]": False, '"{}"': False, "{}": False, "5": False, "": False},
    "data_base64": {'"e30="': False, "null": False, "{}": False, "": True},
    "traceparent": {'"00-1"': True, "5": True, "null": True, "{}": True},
    "@timestamp": {'"2025"': True},
}
TIMES = {
    '"2026-09-30T08:00:00Z"': True,
    '"2026-09-30t08:00:00z"': True,
    '"2026-09-30 08:00:00Z"': True,
    '"2026-09-30T08:00:00.1Z"': True,
    '"2026-09-30T08:00:00.123456789+07:00"': True,
    '"2026-09-30T08:00:00+0700"': True,
    '"2026-09-30T08:00:00-00:00"': True,
    '"2026-09-30T08:00:00+23:59"': True,
    '"2024-02-29T08:00:00Z"': True,
    '"2000-02-29T08:00:00Z"': True,
    '"0001-01-01T00:00:00Z"': True,
    '"9999-12-31T23:59:59Z"': True,
    '"2026-09-30T08:00:00"': False,
    '"2026-09-30T08:00Z"': False,
    '"2026-09-30"': False,
    '"2026-09-30T08:00:00+07"': False,
    '"2026-09-30T08:00:00+24:00"': False,
    '"2026-09-30T08:00:00+07:60"': False,
    '"2026-09-30T24:00:00Z"': False,
    '"2026-09-30T23:60:00Z"': False,
    '"2026-12-31T23:59:60Z"': False,
    '"2026-09-30T08:00:00,5Z"': False,
    '"2026-09-30T08:00:00.Z"': False,
    '"2026-09-31T08:00:00Z"': False,
    '"2026-02-30T08:00:00Z"': False,
    '"2026-02-29T08:00:00Z"': False,
    '"1900-02-29T08:00:00Z"': False,
    '"2026-13-01T08:00:00Z"': False,
    '"2026-00-01T08:00:00Z"': False,
    '"2026-01-00T08:00:00Z"': False,
    '"2026-1-1T08:00:00Z"': False,
    '"0000-01-01T00:00:00Z"': False,
    '"12026-01-01T00:00:00Z"': False,
    '"2026-09-30T08:00:00Z "': False,
    '"2026-09-30T08:00:00Z\\n"': False,
    '"２026-09-30T08:00:00Z"': False,
    '"2026-09-30T08:00:00−07:00"': False,
    '"30/09/2026 08:00:00"': False,
    '""': False,
    "1790000000": False,
    "null": False,
    "": False,
}
CODES = {
    '"A"': True,
    '"8716"': True,
    '"a.b-c_d"': True,
    f'"{"x" * 64}"': True,
    f'"{"x" * 65}"': False,
    '"a\\n"': False,
    '"\\na"': False,
    '"a b"': False,
    '"á"': False,
    '"A\\u0000"': False,
    '""': False,
    "8716": False,
    "null": False,
}
WHOLE = {
    "2": True,
    "2.0": True,
    "2e0": True,
    "0.2e1": True,
    "20E-1": True,
    "2.5": False,
    "0": False,
    "1e-400": False,
    "1e400": False,
    '"2"': False,
    "true": False,
    "-0.0": False,
    "1e12": True,
    "1000000000001": False,
    "123456789012345678901234567890": False,
    "null": False,
    "[2]": False,
}
NUMBERS = {"2": True, "2.5": True, "2e0": True, "-0.0": True, '"2"': False, "false": False, "null": False}
FLAGS = {"true": True, "false": True, "0": False, "1": False, '"true"': False, "null": False}
IDS = {'"x"': True, '""': False, "5": False, f'"{"á" * 128}"': True, f'"{"á" * 129}"': False, "null": False}
PLACES = {
    **{(("public_services", "dossier.accepted"), name): table for name, table in ATTRIBUTES.items()},
    (("public_services", "dossier.accepted"), "time"): TIMES,
    (("public_services", "dossier.accepted"), "data.due_at"): TIMES | {"null": True, "": True},
    (("public_services", "dossier.accepted"), "data.procedure"): CODES,
    (("public_services", "dossier.accepted"), "data.deciding_unit"): CODES,
    (("public_services", "dossier.accepted"), "data.dossier"): IDS,
    (("public_services", "dossier.accepted"), "data.project06"): FLAGS,
    (("public_services", "dossier.accepted"), "data.level"): {'"commune"': True, '"Commune"': False, "null": False},
    (("public_services", "dossier.accepted"), "data.unknown"): {"null": True, "{}": True, "[1]": True},
    (("statistics", "staff.settled"), "data.persons"): WHOLE,
    (("environment", "rain.measured"), "data.rain"): NUMBERS | {"500": True, "500.1": False, "-0.1": False},
    (("cybersecurity", "siem.heartbeat_sent"), "data"): {"": True, "{}": True, '{"a": 1}': True, "null": False},
}
TABLE = [
    (slug, event, place, written, right)
    for ((slug, event), place), table in PLACES.items()
    for written, right in table.items()
]


@pytest.mark.parametrize(
    ("slug", "event", "place", "written", "right"), TABLE, ids=[f"{t[1]} {t[2]} {t[3][:40]}" for t in TABLE]
)
def test_both_say_what_is_right(slug: str, event: str, place: str, written: str, right: bool) -> None:
    subsystem = CATALOGUE.subsystems[slug]
    text = changed(good_event(subsystem, event), place, written)
    assert verdicts(subsystem, event, text) == (right, right)


def test_a_whole_number_is_read_as_one_however_it_is_written() -> None:
    subsystem = CATALOGUE.subsystems["statistics"]
    for written in ("2", "2.0", "2e0"):
        text = changed(good_event(subsystem, "staff.settled"), "data.persons", written)
        persons = decoder_of("statistics").decode(text.encode(), ()).data.persons
        assert (type(persons), persons) == (int, 2)


ODD = st.sampled_from(sorted({*TIMES, *CODES, *FLAGS, *IDS, *WHOLE, *NUMBERS})) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
).map(json.dumps)


@given(st.sampled_from(EVENTS), st.data())
def test_both_say_the_same_of_whatever_is_anywhere(which: tuple[Subsystem, str], data: st.DataObject) -> None:
    subsystem, event = which
    good = good_event(subsystem, event)
    places = [*good, *ATTRIBUTES, *(f"data.{name}" for name in good["data"])]
    text = changed(good, data.draw(st.sampled_from(places)), data.draw(ODD))
    by_schema, by_decoder = verdicts(subsystem, event, text)
    assert by_schema == by_decoder, text
