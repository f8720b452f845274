"""What the gateway takes and what it refuses, each with its status, its reason and the field."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ioc.catalogue import Catalogue
from ioc.catalogue.feeds import feed_names
from ioc.events.openapi import openapi_text
from ioc.events.pseudonyms import Pseudonyms
from streams.gateway.senders import load_senders
from streams.kafka.producer import PublishError
from streams.settings.settings import Settings, SettingsError
from streams.settings.yaml_file import YamlFileError
from tests.streams.gateway.conftest import SENDERS, Client, Running
from tests.streams.gateway.sent import (
    BATCH,
    HASH_KEY,
    STRUCTURED,
    TOKEN_OF_HOSPITALS,
    TOKEN_OF_SLOW,
    admitted,
    fates,
    measured,
    records_of,
    send,
)
from tests.streams.web.scrapes import check_negotiation

pytestmark = pytest.mark.kafka


def without(name: str) -> dict[str, Any]:
    event = measured()
    del event[name]
    return event


IN_AN_HOUR = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
AT_FAULT = {
    "no JSON": (b"{", "malformed", ""),
    "not UTF-8": (b'{"type": "\xff"}', "malformed", ""),
    "an array": ([], "wrong_type", "type"),
    "no type": (without("type"), "missing_field", "type"),
    "no id": (without("id"), "missing_field", "id"),
    "no data": (without("data"), "missing_field", "data"),
    "unknown type": (measured(type="vn.phutho.environment.rain.dreamt.v1"), "unknown_type", "type"),
    "unknown subsystem": (measured(type="vn.phutho.weather.rain.measured.v1"), "unknown_type", "type"),
    "a field is missing": (measured(data={"station": "viet_tri"}), "missing_field", "data.rain"),
    "a wrong type": (measured(data={"station": "viet_tri", "rain": "much"}), "wrong_type", "data.rain"),
    "out of bounds": (measured(rain=501), "invalid_value", "data.rain"),
    "from the future": (measured(time=IN_AN_HOUR), "future", "time"),
    "before 1970": (measured(time="1969-12-31T23:59:59Z"), "invalid_value", "time"),
    "no zone": (measured(time="2025-10-31T12:00:00"), "invalid_value", "time"),
    "another key": (measured(partitionkey="hung_yen"), "misrouted", "partitionkey"),
    "a key that is no text": (measured(partitionkey=7), "wrong_type", "partitionkey"),
}


@pytest.mark.parametrize("fault", AT_FAULT)
async def test_an_event_at_fault_is_refused_with_reason_and_field(client: Client, fault: str) -> None:
    body, reason, field = AT_FAULT[fault]
    status, problem = await send(client, body)
    assert (status, problem["reason"], problem["field"]) == (400, reason, field)
    assert problem["detail"]


async def test_of_a_batch_with_events_at_fault_each_is_named_and_none_is_taken(
    client: Client, settings: Settings
) -> None:
    sound = measured()
    status, problem = await send(client, [sound, without("id"), measured(rain=-1), measured()], BATCH)
    assert status == 400
    assert [(e["index"], e["reason"], e["field"]) for e in problem["errors"]] == [
        (1, "missing_field", "id"),
        (2, "invalid_value", "data.rain"),
    ]
    assert await records_of(settings, "environment", sound["id"]) == []


async def test_an_empty_batch_holds_nothing_to_refuse(client: Client) -> None:
    assert await send(client, [], BATCH) == (202, {"accepted": 0})


async def test_the_key_is_the_entity_and_the_sender_need_not_know(client: Client, settings: Settings) -> None:
    events = [measured("a"), measured("b", partitionkey="b")]
    await send(client, events, BATCH)
    records = await records_of(settings, "environment", *(event["id"] for event in events))
    assert {record.key for record in records} == {b"a", b"b"}


async def test_a_retry_with_the_same_ids_counts_once(client: Client, settings: Settings, catalogue: Catalogue) -> None:
    event = measured()
    for _ in range(3):
        assert (await send(client, event))[0] == 202
    records = await records_of(settings, "environment", event["id"])
    found = fates(catalogue, "environment", records, settings.partitions)
    assert (found.applied, found.duplicate, found.rejected) == (1, 2, 0)


BINARY = {
    "Content-Type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/stations",
    "ce-type": "vn.phutho.environment.rain.measured.v1",
    "ce-time": "2025-10-31T12:00:00%2B07:00",
}
RAIN = {"station": "viet_tri", "rain": 1.5}


async def test_binary_mode_reads_percent_encoded_headers(client: Client, settings: Settings) -> None:
    assert await send(client, RAIN, {**BINARY, "ce-id": "percent%20encoded"}) == (202, {"accepted": 1})
    [record] = await records_of(settings, "environment", "percent encoded")
    assert json.loads(record.value)["time"] == "2025-10-31T12:00:00+07:00"


BINARY_AT_FAULT: Mapping[str, tuple[Mapping[str, str | None], str, str]] = {
    "no specversion": ({**BINARY, "ce-specversion": None}, "missing_field", "specversion"),
    "no type": ({**BINARY, "ce-type": None}, "missing_field", "type"),
    "not UTF-8": ({**BINARY, "ce-source": "%ff"}, "malformed", "source"),
    "no name of an attribute": ({**BINARY, "ce-a_b": "x"}, "malformed", "ce-a_b"),
}


@pytest.mark.parametrize("fault", BINARY_AT_FAULT)
async def test_a_header_at_fault_is_refused_with_reason_and_field(client: Client, fault: str) -> None:
    headers, reason, field = BINARY_AT_FAULT[fault]
    given = {name: value for name, value in headers.items() if value is not None}
    status, problem = await send(client, RAIN, given)
    assert (status, problem["reason"], problem["field"]) == (400, reason, field)


async def test_who_shows_no_known_token_is_not_heard(client: Client, settings: Settings) -> None:
    for token in ("x", "ioc_guessed", "ioc_\xe9", TOKEN_OF_HOSPITALS.upper()):
        headers = {**STRUCTURED, "Authorization": f"Bearer {token}".encode("latin-1")}
        answer = await client.post("/events", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (401, "unknown_token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (await send(client, admitted("An"), token="ioc_former"))[0] == 202


OF_OTHER_FEEDS = {
    "another subsystem": (measured(), "environment.rain_gauges"),
    "another feed of the subsystem": (
        measured(type="vn.phutho.health.ambulance.called.v1", data={"call": "C-1"}),
        "health.ambulance_centre",
    ),
    "another feed's heartbeat": (
        measured(type="vn.phutho.health.ambulance_centre.heartbeat_sent.v1", data={}),
        "health.ambulance_centre",
    ),
}


@pytest.mark.parametrize("whose", OF_OTHER_FEEDS)
async def test_a_sender_is_its_own_feeds_and_no_other(client: Client, settings: Settings, whose: str) -> None:
    own, (foreign, feed) = admitted("An"), OF_OTHER_FEEDS[whose]
    status, problem = await send(client, [own, foreign], BATCH, TOKEN_OF_HOSPITALS)
    assert (status, problem["reason"], problem["errors"][0]["index"]) == (403, "not_yours", 1)
    assert f"{foreign['type']} is of the feed {feed}" in problem["detail"]
    assert await records_of(settings, "health", own["id"]) == []


async def test_a_sender_speaks_for_its_own_sources_and_no_other(client: Client, settings: Settings) -> None:
    own, foreign = (admitted("An") | {"source": source} for source in ("/his/lung", "/hiss"))
    assert (await send(client, own, token=TOKEN_OF_HOSPITALS))[0] == 202
    status, problem = await send(client, [own, foreign], BATCH, TOKEN_OF_HOSPITALS)
    assert (status, problem["reason"], problem["field"]) == (403, "not_yours", "source")
    assert len(await records_of(settings, "health", own["id"], foreign["id"])) == 1


async def test_a_feed_sends_its_heartbeat_without_data(client: Client, settings: Settings) -> None:
    beat = measured(type="vn.phutho.health.hospitals.heartbeat_sent.v1")
    del beat["data"]
    assert (await send(client, beat, token=TOKEN_OF_HOSPITALS))[0] == 202
    assert len(await records_of(settings, "health", beat["id"])) == 1


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Content-Type": "text/plain"}, "Content-Type"),
        ({"Content-Type": "application/cloudevents+avro"}, "Content-Type"),
        ({"Content-Type": "application/cloudevents+json; charset=utf-16"}, "Content-Type"),
        ({**STRUCTURED, "Content-Encoding": "compress"}, "Content-Encoding"),
        ({**STRUCTURED, "Content-Encoding": "br"}, "Content-Encoding"),
        ({**STRUCTURED, "Content-Encoding": "gzip, gzip"}, "Content-Encoding"),
    ],
)
async def test_what_is_no_json_is_refused(client: Client, headers: dict[str, str], field: str) -> None:
    status, problem = await send(client, measured(), headers)
    assert (status, problem["field"]) == (415, field)


async def test_a_header_of_9_kb_is_refused(client: Client) -> None:
    status, problem = await send(client, measured(), {**STRUCTURED, "ce-note": "x" * 9000})
    assert (status, problem["reason"]) == (431, "header_too_large")


async def test_two_content_types_are_refused(client: Client) -> None:
    headers = [("Content-Type", "application/json"), ("Content-Type", STRUCTURED["Content-Type"])]
    answer = await client.post("/events", content=b"{}", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json; charset=utf-8")
    assert "Content-Type" in answer.json()["detail"]


async def test_a_byte_order_mark_before_a_body_is_passed_over(client: Client, settings: Settings) -> None:
    one, other = measured(), measured()
    mark = b"\xef\xbb\xbf"
    assert (await send(client, mark + json.dumps(one).encode()))[0] == 202
    assert (await send(client, mark + json.dumps([other]).encode(), BATCH))[0] == 202
    assert (await send(client, mark + json.dumps(RAIN).encode(), {**BINARY, "ce-id": "marked"}))[0] == 202
    values = [record.value for record in await records_of(settings, "environment", one["id"], other["id"], "marked")]
    assert len(values) == 3
    assert not any(value.startswith(mark) for value in values)


async def test_data_in_base64_is_refused_with_what_is_read_instead(client: Client) -> None:
    status, problem = await send(client, without("data") | {"data_base64": "e30="})
    assert (status, problem["reason"], problem["field"]) == (400, "unsupported", "data_base64")
    assert "JSON object in `data`" in problem["detail"]


async def test_data_that_is_text_is_refused_with_what_is_read_instead(client: Client) -> None:
    for body, headers in (
        (measured(data="rain 7.5"), STRUCTURED),
        (measured(datacontenttype="text/plain", data="7.5"), STRUCTURED),
        (measured(data=json.dumps(RAIN)), STRUCTURED),
        (json.dumps(RAIN), BINARY),
    ):
        status, problem = await send(client, body, headers)
        assert (status, problem["reason"], problem["field"]) == (400, "unsupported", "data")
        assert "the data is text" in problem["detail"]
        assert "JSON object in `data`" in problem["detail"]


async def test_a_packed_body_is_unpacked_and_a_torn_one_refused(client: Client, settings: Settings) -> None:
    sent = measured()
    event = json.dumps(sent).encode()
    headers = {**STRUCTURED, "Content-Encoding": "gzip"}
    assert (await send(client, gzip.compress(event), headers))[0] == 202
    [record] = await records_of(settings, "environment", sent["id"])
    assert json.loads(record.value)["data"] == sent["data"]
    assert (await send(client, b"no gzip", headers))[0] == 400


async def test_what_is_too_large_is_refused_packed_or_not(running: Running) -> None:
    async with running({"request_bytes": 4096}) as client:
        large = json.dumps(measured(note="x" * 5000)).encode()
        assert (await send(client, large))[1]["reason"] == "too_large"
        status, problem = await send(client, gzip.compress(large), {**STRUCTURED, "Content-Encoding": "gzip"})
        assert (status, problem["reason"]) == (413, "too_large")


async def test_an_event_larger_than_a_worker_reads_is_refused(client: Client) -> None:
    status, problem = await send(client, measured(note="x" * 1_100_000))
    assert (status, problem["reason"]) == (413, "too_large")


async def test_a_sender_that_is_too_fast_is_told_when_to_go_on(client: Client) -> None:
    backlog = [measured(source="/gauges") for _ in range(30)]
    assert (await send(client, backlog, BATCH, TOKEN_OF_SLOW))[0] == 202
    answer = await client.post(
        "/events", json=measured(), headers={**STRUCTURED, "Authorization": f"Bearer {TOKEN_OF_SLOW}"}
    )
    assert (answer.status_code, answer.json()["reason"]) == (429, "too_many")
    assert 20 <= int(answer.headers["Retry-After"]) <= 31


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/events", 405), ("POST", "/event", 404)])
async def test_other_paths_and_methods_are_refused_with_a_hint(
    client: Client, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["detail"]) == (status, "/events takes POST")


async def test_hashed_fields_reach_kafka_as_keyed_hashes_only(
    client: Client, settings: Settings, catalogue: Catalogue
) -> None:
    name = "Nguyễn Thị Ánh"
    kind = "vn.phutho.health.patient.admitted.v1"
    binary = {**BINARY, "ce-id": "hashed", "ce-type": kind, "ce-subject": "Nguyen"}
    structured = admitted(name, "S-1") | {"subject": name}
    assert (await send(client, structured))[0] == 202
    assert (await send(client, admitted(name, "S-2")["data"], binary))[0] == 202
    records = await records_of(settings, "health", "hashed", structured["id"])
    assert len(records) == 2
    expected = Pseudonyms(HASH_KEY.encode()).of("health", "patient", name)
    for record in records:
        value = json.loads(record.value)
        assert value.get("data", value)["patient"] == expected
        assert "subject" not in value
        assert "Nguy" not in f"{value} {record.headers}"
    assert expected != hashlib.sha256(name.encode()).hexdigest()[:32]
    assert fates(catalogue, "health", records, settings.partitions).applied == 2


async def test_metrics_tell_what_each_sender_sent_and_what_was_refused(client: Client) -> None:
    await send(client, [measured(), measured()], BATCH)
    await send(client, without("id"))
    page = (await client.get("/metrics")).text
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert samples["ioc_gateway_events_total", "rain_gauges", "everything", "environment"] == 2
    assert samples["ioc_gateway_refused_requests_total", "missing_field", "everything", "400"] == 1
    assert samples["ioc_gateway_request_seconds_count", "202"] == 1
    assert samples["ioc_gateway_waiting_bytes",] == 0


async def test_metrics_come_in_the_format_and_packing_that_is_asked_for(client: Client) -> None:
    await send(client, measured())
    await asyncio.to_thread(check_negotiation, f"{client.base_url}/metrics")


async def test_metrics_ask_for_a_token_where_one_is_set(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("for prometheus only\n")
    async with running({"token_file": file}) as client:
        assert (await client.get("/metrics")).status_code == 401
        shown = await client.get("/metrics", headers={"Authorization": "Bearer for prometheus only"})
        assert shown.status_code == 200


async def test_checks_and_the_document_need_no_token(client: Client, catalogue: Catalogue) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await client.get(path, headers={"Authorization": ""})
        assert (answer.status_code, answer.text) == (200, "ok\n")
    document = await client.get("/openapi.json", headers={"Authorization": ""})
    assert document.text == openapi_text(catalogue)


async def test_it_does_not_start_without_senders_key_or_kafka(running: Running, tmp_path: Path) -> None:
    for gateway, changed, error, told in (
        ({"senders": None}, {}, SettingsError, "IOC_GATEWAY_SENDERS is not set"),
        ({}, {"hash_key": None}, SettingsError, "IOC_HASH_KEY_FILE is not set"),
        ({}, {"topic_prefix": "nobody"}, PublishError, "there is no topic nobody.events"),
        ({}, {"bootstrap_servers": "127.0.0.1:9"}, PublishError, "no Kafka broker answers"),
    ):
        with pytest.raises(error, match=told):
            async with running({"patience": 3.0, **gateway}, **changed):
                pass


def test_a_file_of_senders_is_refused_with_line_field_and_fix(tmp_path: Path, catalogue: Catalogue) -> None:
    file, feeds = tmp_path / "senders.yaml", feed_names(catalogue.subsystems)
    spoilt = SENDERS.replace("feeds: [health.hospitals]", "feeds: [health.hospital]").replace(
        "second: 1\n", "hour: 1\n"
    )
    file.write_text(spoilt)
    with pytest.raises(YamlFileError, match=r"senders.yaml:\d+: senders.slow.events_per_hour: .*remove it"):
        load_senders(file, feeds)
    file.write_text(spoilt.replace("    events_per_hour: 1\n", ""))
    with pytest.raises(YamlFileError, match=r"there is no feed `health.hospital`.*health.hospitals"):
        load_senders(file, feeds)
