"""The official CloudEvents SDK for Python as a feed: what it sends is in the topic, and the worker applies it."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from ioc.catalogue import Catalogue
from streams.settings.settings import Settings
from tests.streams.gateway.conftest import Client
from tests.streams.gateway.sent import BATCH, fates, records_of

pytestmark = pytest.mark.kafka


def rain(station: str, amount: float) -> CloudEvent:
    return CloudEvent(
        attributes={
            "id": uuid4().hex,
            "source": "/stations/Phú Thọ",
            "type": "vn.phutho.environment.rain.measured.v1",
            "specversion": "1.0",
            "time": datetime.now(UTC),
            "datacontenttype": "application/json",
            "note": 'ướt "100 %"',
        },
        data={"station": station, "rain": amount},
    )


@pytest.mark.parametrize("written", [to_binary_event, to_structured_event], ids=["binary", "structured"])
async def test_one_event_is_in_the_topic_and_an_sdk_reads_it(
    client: Client, settings: Settings, catalogue: Catalogue, written: Callable[[CloudEvent], HTTPMessage]
) -> None:
    event = rain("viet_tri", 7.5)
    message = written(event)
    answer = await client.post("/events", headers=message.headers, content=message.body)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})

    [record] = await records_of(settings, "environment", event.get_id())
    assert record.key == b"viet_tri"
    headers = dict(record.headers)
    read = from_kafka_event(KafkaMessage(headers=headers, key=record.key, value=record.value))
    kept = {name: value for name, value in read.get_attributes().items() if name != "partitionkey"}
    declared = {name: value for name, value in event.get_attributes().items() if name != "note"}
    assert (kept, read.get_data()) == (declared, event.get_data())
    assert fates(catalogue, "environment", [record], settings.partitions).applied == 1


async def test_a_batch_is_in_the_topic_event_by_event(client: Client, settings: Settings, catalogue: Catalogue) -> None:
    events = [rain(f"station_{number}", float(number)) for number in range(50)]
    written = [JSONFormat().write(event) for event in events]
    answer = await client.post("/events", headers=BATCH, content=b"[" + b",\n ".join(written) + b"]")
    assert (answer.status_code, answer.json()) == (202, {"accepted": 50})

    records = await records_of(settings, "environment", *(event.get_id() for event in events))
    read = [JSONFormat().read(None, record.value) for record in records]
    told = [
        {(event.get_id(), str(event.get_time()), str(event.get_data())) for event in each} for each in (read, events)
    ]
    assert told[0] == told[1]
    assert fates(catalogue, "environment", records, settings.partitions).applied == 50
