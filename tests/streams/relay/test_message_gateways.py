"""What gateways answer, and what that means: as each is declared, and whatever else one may answer."""

import json
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import aiohttp
import pytest
from ruamel.yaml import YAML

from streams.relay.contacts import load_contacts
from streams.relay.message_gateway import MessageGateway
from streams.relay.outcome import Refused, Unreachable
from streams.relay.senders import MessageGatewaySender
from streams.settings.yaml_file import YamlFileError
from tests.streams.relay.receivers import HttpReceiver, Raw

ROOT = Path(__file__).parents[3]
EXAMPLES = {path.stem: path for path in (ROOT / "docs/examples/gateways").glob("*.yaml")}
NUMBER, TEXT, IDENTITY = "84900000001", 'IOC CANH BAO: <Mua> & "gio" {id} https://ioc.example/a/1', "ioc-1-7"


def xml(result: str, message: str) -> Raw:
    """An answer of Viettel's service."""
    text = (
        '<?xml version="1.0" ?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        '<ns2:wsCpMtResponse xmlns:ns2="http://impl.bulkSms.ws/"><return>'
        f"<message>{message}</message><result>{result}</result></return></ns2:wsCpMtResponse></S:Body></S:Envelope>"
    )
    return Raw(text.encode(), "text/xml;charset=utf-8")


KNOWN = "known before: HTTP 200, CodeResult 124: Request exist 1"
DOCUMENTED = [
    ("esms", 200, {"CodeResult": "100", "CountRegenerate": 0, "SMSID": "d533459e"}, "d533459e"),
    ("esms", 200, {"CodeResult": "101", "CountRegenerate": 0, "ErrorMessage": "Authorize Failed"}, Unreachable),
    ("esms", 200, {"CodeResult": "103", "ErrorMessage": "Not enough balance"}, Unreachable),
    ("esms", 200, {"CodeResult": "104", "ErrorMessage": "Brand name code is not exist"}, Refused),
    ("esms", 200, {"CodeResult": "124", "ErrorMessage": "Request exist 1", "SendStatus": "5"}, KNOWN),
    ("esms", 200, {"CodeResult": "146", "ErrorMessage": "Sai template Brandname CSKH", "SMSID": "3f5e"}, Refused),
    ("esms", 200, {"error": "Invalid request"}, Refused),
    ("speedsms", 200, {"status": "success", "code": "00", "data": {"tranId": 123456, "totalSMS": 1}}, "123456"),
    ("speedsms", 200, {"status": "error", "code": "105", "message": "Phone number invalid"}, Refused),
    ("speedsms", 200, {"status": "error", "code": "300", "message": "Your account balance not enough"}, Unreachable),
    ("speedsms", 429, {"name": "Too Many Requests", "code": 0, "status": 429}, Unreachable),
    ("viettel", 200, xml("1", "Insert MT_QUEUE: OK"), "HTTP 200"),
    ("viettel", 200, xml("0", "Check template: CONTENT_NOT_MATCH_TEMPLATE"), Refused),
    ("vnpt", 200, {"RPLY": {"ERROR_DESC": "success", "name": "send_sms_list", "ERROR": "0"}}, "HTTP 200"),
    ("vnpt", 200, {"RPLY": {"ERROR_DESC": "template", "name": "send_sms_list", "ERROR": "31"}}, Refused),
    ("mobifone", 200, {"status": "200", "message": "Success"}, "HTTP 200"),
    ("mobifone", 401, Raw(b"SessionExpired"), Unreachable),
    ("zalo_bot", 200, {"ok": True, "result": {"message_id": "m1", "date": 1749632637199}}, "m1"),
    ("zalo_bot", 200, {"ok": False, "error_code": 429, "description": "Quota exceeded"}, Unreachable),
    ("zalo_bot", 200, {"ok": False, "error_code": 400, "description": "Bad request"}, Refused),
    ("zalo_oa", 200, {"error": 0, "message": "Success", "data": {"message_id": "msg_123"}}, "msg_123"),
    ("zalo_oa", 200, {"error": -216, "message": "Access token is invalid or expired"}, Unreachable),
    ("zalo_oa", 200, {"error": -213, "message": "User has not followed the account"}, Refused),
    ("zalo_zns", 200, {"error": 0, "message": "Success", "data": {"msg_id": "3367db", "sent_time": "1"}}, "3367db"),
    ("zalo_zns", 200, {"error": -124, "message": "Access token invalid"}, Unreachable),
    ("zalo_zns", 200, {"error": -118, "message": "Zalo account not existed"}, Refused),
]
"""Answers that the descriptions named in the examples have, and what becomes of the message."""


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(trust_env=False) as session:
        yield session


def contacts(senders: dict[str, Any], address: dict[str, Any]) -> dict[str, Any]:
    """A file of contacts with one address."""
    people = {"duty": {"name": "Trực ban", "channels": [address]}}
    return {"senders": senders, "contacts": people, "chains": [{"contacts": ["duty"]}], "digest": ["duty"]}


def example(name: str, folder: Path, url: str) -> MessageGateway:
    """An example as it stands, but for its address and where its secrets are."""
    [(channel, declared)] = YAML(typ="safe").load(EXAMPLES[name]).items()
    assert declared["url"].startswith("https://")
    declared["url"] = f"{url}/{declared['url'].split('/', 3)[3]}"
    for secret in declared["secrets"]:
        (folder / secret).write_text(f"secret-{secret}\n")
        declared["secrets"][secret] = str(folder / secret)
    address = {"sms": {"type": "sms", "number": NUMBER}, "zalo": {"type": "zalo", "chat_id": NUMBER}}[channel]
    file = folder / "contacts.yaml"
    contacts = {"duty": {"name": "Trực ban", "channels": [address]}}
    whole = {
        "senders": {channel: declared},
        "contacts": contacts,
        "chains": [{"contacts": ["duty"]}],
        "digest": ["duty"],
    }
    YAML().dump(whole, file)
    found = getattr(load_contacts(file).senders, channel)
    assert isinstance(found, MessageGateway)
    return found


async def outcome(sender: MessageGatewaySender) -> str | type[Exception]:
    """The receipt, or how it failed."""
    try:
        return await sender.send({"text": TEXT}, IDENTITY)
    except (Refused, Unreachable) as error:
        return type(error)


def test_every_example_has_answers_of_success_and_of_failure_that_were_read_somewhere() -> None:
    assert {name for name, *_, expected in DOCUMENTED if isinstance(expected, str)} == EXAMPLES.keys()
    assert {name for name, *_, expected in DOCUMENTED if not isinstance(expected, str)} == EXAMPLES.keys()


@pytest.mark.parametrize("case", DOCUMENTED, ids=lambda case: f"{case[0]}-{case[2]}")
async def test_an_answer_of_a_gateway_used_in_viet_nam_means_what_its_description_says(
    receiver: HttpReceiver, client: aiohttp.ClientSession, tmp_path: Path, case: tuple[str, int, Any, Any]
) -> None:
    name, status, answer, expected = case
    receiver.answers = [(status, answer)]
    found = await outcome(MessageGatewaySender(client, example(name, tmp_path, receiver.url), NUMBER))
    assert found == expected


@pytest.mark.parametrize("name", EXAMPLES)
async def test_number_and_text_arrive_as_they_are_in_every_form_of_request(
    receiver: HttpReceiver, client: aiohttp.ClientSession, tmp_path: Path, name: str
) -> None:
    await outcome(MessageGatewaySender(client, example(name, tmp_path, receiver.url), NUMBER))
    [body], [headers] = receiver.bodies, receiver.headers
    match headers["Content-Type"].partition(";")[0]:
        case "application/json":
            texts = set(leaves(json.loads(body)))
        case "application/x-www-form-urlencoded":
            texts = {value for values in parse_qs(body.decode()).values() for value in values}
        case "text/xml":
            texts = {element.text or "" for element in ElementTree.fromstring(body).iter()}  # noqa: S314
    assert {NUMBER, TEXT} <= texts


def leaves(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [leaf for each in part.values() for leaf in leaves(each)]
    return [leaf for each in part for leaf in leaves(each)] if isinstance(part, list) else [str(part)]


STRICT = MessageGateway.model_validate(
    {
        "url": "https://sms.example.vn/send",
        "body": {"to": "{to}", "text": "{text}"},
        "success": {"field": "code", "values": ["100"]},
        "receipt": "id",
        "reason": "why",
    }
)
STATUSES = [200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504, 599]
TAKEN = b'{"code": 100, "id": "r1"}'
BODIES = [
    TAKEN,
    b'\xef\xbb\xbf{"code": "100", "id": 17}',
    b'{"code": 100}',
    b'{"code": 100, "id": ""}',
    b'{"code": 100, "id": null}',
    b'{"code": 100.5, "id": "r1"}',
    b'{"code": true, "id": "r1"}',
    b'{"code": {"code": 100}, "id": "r1"}',
    b'{"code": 103, "id": "r1", "why": "h\xe9t ti\xe8n"}',
    b'{"error": "Invalid request"}',
    b'{"code": NaN}',
    b'{"code": 100, "id": "r1"',
    b'[{"code": 100, "id": "r1"}]',
    b"",
    b"null",
    b"100",
    b"OK",
    b"<html><body>Please sign in</body></html>",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"code": ' + b"1" * 5_000 + b"}",
]
CHARSETS = [
    "",
    "utf-8",
    "iso-8859-1",
    "windows-1258",
    "utf-16",
    "ascii",
    "nonsense",
    "rot13",
    "undefined",
    '"',
    "base64",
]


@pytest.mark.parametrize("status", STATUSES)
def test_only_the_declared_field_and_value_with_a_receipt_is_a_success_whatever_the_status(status: int) -> None:
    for body in BODIES:
        said = judged(status, body)
        if isinstance(said, str):
            assert (status // 100, body in BODIES[:2], bool(said)) == (2, True, True)
        else:
            assert "\n" not in str(said)
            assert 0 < len(str(said)) < 300


def judged(status: int, body: bytes) -> str | Exception:
    try:
        return STRICT.receipt_of(status, body.decode(errors="replace"))
    except (Refused, Unreachable) as error:
        return error


@pytest.mark.parametrize("status", [401, 403, 407, 408, 425, 429, 500, 502, 503, 504, 599])
@pytest.mark.parametrize("body", [b"", TAKEN, b'{"code": 7}'])
def test_what_may_work_later_is_no_refusal(status: int, body: bytes) -> None:
    with pytest.raises(Unreachable) as error:
        STRICT.receipt_of(status, body.decode())
    assert not error.value.doubtful


@pytest.mark.parametrize("body", ["", "OK", "<html>Please sign in</html>", '{"code": 100, "id"'])
def test_a_success_in_status_alone_that_says_nothing_may_have_arrived_and_is_tried_again(body: str) -> None:
    with pytest.raises(Unreachable) as error:
        STRICT.receipt_of(200, body)
    assert error.value.doubtful


async def test_an_answer_in_any_charset_ends_the_attempt_in_one_of_three_ways(
    receiver: HttpReceiver, client: aiohttp.ClientSession
) -> None:
    gateway = STRICT.model_copy(update={"url": receiver.url})
    for charset, body, status in product(CHARSETS, BODIES, (200, 503)):
        kind = f"application/json; charset={charset}" if charset else "application/json"
        receiver.answers = [(status, Raw(body, kind))]
        found = await outcome(MessageGatewaySender(client, gateway, NUMBER))
        assert found in ("r1", "17", Refused, Unreachable)
        assert status == 200 or found is Unreachable


async def test_an_endless_answer_is_read_to_its_beginning_only(
    receiver: HttpReceiver, client: aiohttp.ClientSession
) -> None:
    gateway = STRICT.model_copy(update={"url": receiver.url})
    receiver.answers = [(200, Raw(b'{"code": 100, "id": "' + b"x" * 50_000_000))]
    assert await outcome(MessageGatewaySender(client, gateway, NUMBER)) is Unreachable


async def test_a_gateway_that_sends_the_request_back_has_no_secret_told(
    receiver: HttpReceiver, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("top-secret\n")
    gateway = STRICT.model_copy(update={"url": receiver.url, "secrets": {"key": tmp_path / "key"}})
    receiver.answers = [(400, Raw(b"you sent key=top-secret"))]
    with pytest.raises(Refused) as error:
        await MessageGatewaySender(client, gateway, NUMBER).send({"text": TEXT}, IDENTITY)
    assert str(error.value) == "HTTP 400: you sent key=***"


async def test_a_secret_that_is_corrected_is_used_from_the_next_attempt_on(
    receiver: HttpReceiver, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("old")
    headers = {"Authorization": "Bearer {key}"}
    gateway = STRICT.model_copy(update={"url": receiver.url, "headers": headers, "secrets": {"key": tmp_path / "key"}})
    sender = MessageGatewaySender(client, gateway, NUMBER)
    for key in ("old", "", "new"):
        (tmp_path / "key").write_text(key)
        await outcome(sender)
    assert [each["Authorization"] for each in receiver.headers] == ["Bearer old", "Bearer new"]


def test_a_document_type_makes_an_answer_no_xml() -> None:
    gateway = MessageGateway.model_validate(
        {"url": "https://a.vn", "format": "xml", "body": "<a/>", "success": {"field": "result", "values": [1]}}
    )
    with pytest.raises(Unreachable, match="no XML in the answer"):
        gateway.receipt_of(200, '<!DOCTYPE a [<!ENTITY b "1">]><a><result>&b;</result></a>')


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"url": "sms.example.vn"}, "url: write an address that begins with https://"),
        ({"body": {"to": "{number}"}}, "{number} is no placeholder: there are id, text, to"),
        ({"headers": {"Authorization": "Bearer {token}"}}, "{token} is no placeholder"),
        ({"format": "xml"}, "body: in XML write the whole text, else a mapping"),
        ({"format": "form", "body": {"to": 1}}, "the fields of a form are texts"),
        ({"success": {"field": "code"}}, "field and values go together"),
        ({"success": {}}, "write a status, or field and values"),
        ({"success": None}, "senders.sms.success"),
        ({"recipt": "id"}, "senders.sms.recipt"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_told_with_its_line_and_field(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    declared = {"url": "https://a.vn", "body": {"to": "{to}"}, "success": {"status": [200]}, **change}
    YAML().dump(contacts({"sms": declared}, {"type": "sms", "number": NUMBER}), tmp_path / "contacts.yaml")
    with pytest.raises(YamlFileError) as error:
        load_contacts(tmp_path / "contacts.yaml")
    assert told in str(error.value)
    assert f"{tmp_path / 'contacts.yaml'}:" in str(error.value)
