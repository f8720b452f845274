"""`ioc publish` admits events as the gateway does: keys are found, personal fields hashed, faults told by line."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from ioc.cli.publish import publish
from ioc.events.pseudonyms import Pseudonyms
from streams.settings.settings import Settings
from tests.streams.gateway.sent import HASH_KEY, measured, records_of

pytestmark = pytest.mark.kafka

ADMITTED = {"stay": "S-1", "facility": "lung", "patient": "An"}


def lines(*events: dict[str, object]) -> io.BytesIO:
    return io.BytesIO("\n".join(map(json.dumps, events)).encode())


async def test_personal_fields_are_hashed_and_the_key_is_the_entity(settings: Settings) -> None:
    event = measured(type="vn.phutho.health.patient.admitted.v1", data=ADMITTED)
    report = await asyncio.to_thread(publish, settings, Path("events.jsonl"), lines(event))
    assert (report.sent, report.refused) == (1, [])
    [record] = await records_of(settings, "health", event["id"])
    assert json.loads(record.value)["data"]["patient"] == Pseudonyms(HASH_KEY.encode()).of("health", "patient", "An")
    assert record.key == b"S-1"


async def test_a_byte_order_mark_before_the_first_line_is_passed_over(settings: Settings) -> None:
    events = [measured(), measured()]
    stream = io.BytesIO(b"\xef\xbb\xbf" + lines(*events).read())
    report = await asyncio.to_thread(publish, settings, Path("events.jsonl"), stream)
    assert (report.sent, report.refused) == (2, [])


async def test_a_line_that_must_be_hashed_is_refused_where_there_is_no_key(settings: Settings) -> None:
    event = measured(type="vn.phutho.health.patient.admitted.v1", data=ADMITTED)
    without_key = settings.model_copy(update={"hash_key": None})
    report = await asyncio.to_thread(publish, without_key, Path("events.jsonl"), lines(measured(), event))
    assert report.sent == 1
    assert report.refused == [
        "events.jsonl:2: data.patient: it must be hashed, and there is no key: leave it out, or set IOC_HASH_KEY_FILE"
    ]
