"""JSON that no header says to be an event: what log shippers and generated clients send is taken for the events."""

import json

import pytest

from ioc.catalogue import Catalogue
from streams.settings.settings import Settings
from tests.streams.gateway.conftest import Client
from tests.streams.gateway.sent import fates, measured, records_of

pytestmark = pytest.mark.kafka

RAIN = {"station": "viet_tri", "rain": 1.5}
PLAIN = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
MARK = b"\xef\xbb\xbf"
AS_EVENTS = {
    "one": (PLAIN, lambda one, _: json.dumps(one).encode(), 1),
    "one, over several lines": (PLAIN, lambda one, _: json.dumps(one, indent=2).encode(), 1),
    "an array": (PLAIN, lambda one, other: b"\n " + json.dumps([one, other]).encode(), 2),
    "one a line": (PLAIN, lambda one, other: b"%s\n%s\n" % (json.dumps(one).encode(), json.dumps(other).encode()), 2),
    "one a line, after a byte order mark": (
        LINES,
        lambda one, other: MARK + b"%s\r\n\r\n%s" % (json.dumps(one).encode(), json.dumps(other).encode()),
        2,
    ),
}


@pytest.mark.parametrize("how", AS_EVENTS)
async def test_json_without_headers_of_events_is_the_events_themselves(
    client: Client, settings: Settings, catalogue: Catalogue, how: str
) -> None:
    headers, written, count = AS_EVENTS[how]
    events = [measured(), measured()][:count]
    answer = await client.post("/events", content=written(events[0], events[-1]), headers=headers)
    assert (answer.status_code, answer.json()) == (202, {"accepted": count})
    records = await records_of(settings, "environment", *(event["id"] for event in events))
    assert [dict(record.headers)["content-type"] for record in records] == [b"application/cloudevents+json"] * count
    assert fates(catalogue, "environment", records, settings.partitions).applied == count


NO_EVENTS = {
    "data alone": (RAIN, PLAIN, "missing_field", "specversion"),
    "an array of data": ([RAIN], PLAIN, "missing_field", "specversion"),
    "a text": ("rain", PLAIN, "missing_field", "specversion"),
    "nothing": (b"", PLAIN, "empty", ""),
    "blanks": (b" \n", LINES, "empty", ""),
    "torn lines": (b'{"specversion": "1.0"}\n{', LINES, "malformed", ""),
    "a torn array": (b'[{"specversion": "1.0"}', PLAIN, "malformed", ""),
}


@pytest.mark.parametrize("what", NO_EVENTS)
async def test_json_that_is_no_event_is_refused(client: Client, what: str) -> None:
    body, headers, reason, field = NO_EVENTS[what]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await client.post("/events", content=content, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["reason"], problem["field"]) == (400, reason, field)
