"""From a webhook of Alertmanager to real receivers: at least once, in turn, and nothing lost by a restart."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from streams.relay import delivery
from tests.ioc.notices.samples import AT_FOUR, alert, platform, webhook
from tests.streams.relay.receivers import Clock, HttpReceiver, MailReceiver, heard, http_receiver, until

REPEAT = 600.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come soon; what is tried again and what is not stays as it is."""
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.2)


def to(url: str, *contacts: str) -> str:
    """Contacts with a webhook of their own each, one chain of all of them, the first gets the digest."""
    people = "".join(
        f"  {name}: {{name: {name}, channels: [{{type: webhook, url: '{url}/{name}'}}]}}\n" for name in contacts
    )
    return f"contacts:\n{people}chains: [{{contacts: [{', '.join(contacts)}]}}]\ndigest: [{contacts[0]}]\n"


@pytest.fixture
def clock() -> Clock:
    return Clock(AT_FOUR + 60)


async def test_a_page_is_one_message_however_often_alertmanager_repeats_it(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        for _ in range(3):
            assert (await relay.machines.post("/alerts", json=webhook(alert()))).text == "kept\n"
        await until(lambda: receiver.received)
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=AT_FOUR + 50)))
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=AT_FOUR + 50)))
        await until(lambda: len(receiver.received) >= 2)
    assert heard(receiver) == [("lan", "firing"), ("lan", "resolved")]


async def test_what_is_new_in_a_group_is_told_and_what_was_told_is_not_told_again(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    first, second = alert(), alert("IocPublicServicesOnlinePaymentRatio", kpi="online_payment_ratio")
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(first))
        await relay.machines.post("/alerts", json=webhook(first, second))
        await until(lambda: len(receiver.received) == 2)
    assert [[told["key"] for told in message["alerts"]] for message in receiver.received] == [[first.key], [second.key]]


async def test_several_new_alerts_of_one_subsystem_are_one_message(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    alerts = [alert(f"A{number}") for number in range(5)]
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(*alerts))
        await until(lambda: receiver.received)
    assert [len(message["alerts"]) for message in receiver.received] == [5]


async def test_an_alert_that_prometheus_dates_anew_after_its_restart_is_still_the_same(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await relay.machines.post("/alerts", json=webhook(alert(starts_at=AT_FOUR + 50)))
        await relay.machines.post("/alerts", json=webhook(alert(starts_at=AT_FOUR + 50, ends_at=AT_FOUR + 55)))
        await until(lambda: len(receiver.received) == 2)
    assert heard(receiver) == [("lan", "firing"), ("lan", "resolved")]
    assert receiver.received[0]["alerts"][0]["key"] == receiver.received[1]["alerts"][0]["key"]


async def test_nobody_answers_so_the_contact_is_told_again_and_then_the_next_one(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    async with start_relay(to(receiver.url, "lan", "minh"), clock, relay={"repeat_after": REPEAT}) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        for count in range(1, 5):
            await until(partial(lambda count: len(receiver.received) == count, count))
            clock.time += REPEAT
        await until(lambda: len(receiver.received) == 5)
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=clock.time)))
        await until(lambda: len(receiver.received) == 7)
    assert heard(receiver)[:5] == [
        ("lan", "firing"),
        ("lan", "reminder"),
        ("minh", "escalated"),
        ("minh", "reminder"),
        ("lan", "escalated"),
    ]
    assert sorted(heard(receiver)[5:]) == [("lan", "resolved"), ("minh", "resolved")]


async def test_who_acknowledges_is_asked_no_more_and_is_exported(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    one = alert()
    async with start_relay(to(receiver.url, "lan", "minh"), clock, relay={"repeat_after": REPEAT}) as relay:
        await relay.machines.post("/alerts", json=webhook(one))
        await until(lambda: receiver.received)
        form = {"note": 'gọi "điện"'}
        answer = await relay.client.post(f"/alerts/{one.key}/acknowledge", data=form)
        assert answer.headers["Location"] == f"/alerts/{one.key}"
        metrics = (await relay.machines.get("/metrics")).text
        clock.time += 10 * REPEAT
        other = platform("IocExporterAbsent")
        await relay.machines.post("/alerts", json=webhook(other))
        await until(lambda: len(receiver.received) == 2)
    assert [message["alerts"][0]["alert"] for message in receiver.received] == [one.name, other.name]
    assert (
        'ioc_alert_acknowledged_timestamp_seconds{alertname="IocPublicServicesOverdueShare",at="",feed="",kpi="overdue_share",'
        'severity="critical",subsystem="public_services"} 1.75330446e+09'
    ) in metrics
    assert not [word for word in ("Lan", "điện") if word in metrics]
    assert 'ioc_relay_open_alerts{class="page",taken="true"} 1.0' in metrics


async def test_of_two_alerts_that_differ_only_in_their_instance_each_is_taken_for_itself(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    both = [platform("IocWorkerDown", instance=name) for name in ("one", "two")]
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(*both))
        await relay.client.post(f"/alerts/{both[1].key}/acknowledge", data={"note": ""})
        metrics = (await relay.machines.get("/metrics")).text
    assert metrics.count("ioc_alert_acknowledged_timestamp_seconds{") == 1
    assert 'alertname="IocWorkerDown",at="two"' in metrics


async def test_an_alert_that_is_over_can_not_be_taken(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=AT_FOUR + 50)))
        answer = await relay.client.post(f"/alerts/{alert().key}/acknowledge", data={"note": ""})
    assert answer.status_code == 409
    assert "not open any more" in answer.text


async def test_at_three_a_digest_alert_wakes_nobody_and_stands_in_the_digest_of_half_past_seven(
    start_relay: Callable[..., Any], receiver: HttpReceiver
) -> None:
    clock = Clock(AT_FOUR - 3600)
    quiet = alert(starts_at=AT_FOUR - 3600, **{"class": "digest"})
    async with start_relay(to(receiver.url, "lan"), clock, relay={"repeat_after": REPEAT}) as relay:
        await relay.machines.post("/alerts", json=webhook(quiet))
        clock.time = AT_FOUR + 3.5 * 3600 - 1
        page = platform("IocExporterAbsent")
        await relay.machines.post("/alerts", json=webhook(page))
        await until(lambda: receiver.received)
        await relay.client.post(f"/alerts/{page.key}/acknowledge", data={"note": ""})
        assert heard(receiver) == [("lan", "firing")]
        clock.time += 1
        await until(lambda: len(receiver.received) == 2)
        clock.time += 3600
    assert heard(receiver) == [("lan", "firing"), ("lan", "digest")]
    assert [told["key"] for told in receiver.received[1]["alerts"]] == [quiet.key]


async def test_a_digest_that_was_missed_comes_when_the_relay_is_back(
    start_relay: Callable[..., Any], receiver: HttpReceiver
) -> None:
    clock = Clock(AT_FOUR)
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert(**{"class": "digest"})))
    clock.time = AT_FOUR + 6 * 3600
    async with start_relay(to(receiver.url, "lan"), clock):
        await until(lambda: receiver.received)
    assert heard(receiver) == [("lan", "digest")]


async def test_an_undelivered_message_survives_a_restart_and_is_no_duplicate(
    start_relay: Callable[..., Any], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with http_receiver() as receiver:
        url = receiver.url
    async with start_relay(to(url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: "no connection" in caplog.text)
    async with http_receiver(int(url.rsplit(":", 1)[1])) as receiver, start_relay(to(url, "lan"), clock):
        await until(lambda: receiver.received)
    assert [message["duplicate"] for message in receiver.received] == [False]


async def test_a_message_without_an_answer_is_sent_again_marked_and_with_the_same_identity(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    receiver.hang_up = 1
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: len(receiver.received) == 2)
    assert [message["duplicate"] for message in receiver.received] == [False, True]
    assert len({message["id"] for message in receiver.received}) == 1
    assert {headers["Idempotency-Key"] for headers in receiver.headers} == {receiver.received[0]["id"]}


async def test_a_message_that_was_on_its_way_when_the_relay_stopped_is_sent_again_and_marked(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    receiver.held.clear()
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: receiver.received)
    receiver.held.set()
    async with start_relay(to(receiver.url, "lan"), clock):
        await until(lambda: len(receiver.received) == 2)
    assert [message["duplicate"] for message in receiver.received] == [False, True]


async def test_a_busy_receiver_is_tried_until_it_takes_the_message(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    receiver.answers = [(503, {}), (429, {}), (500, {})]
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: len(receiver.received) == 4)
    assert [message["duplicate"] for message in receiver.received] == [False] * 4


async def test_a_refused_message_is_not_tried_again_and_is_counted(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    receiver.answers = [(410, {})]
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: receiver.received)
        other = platform("IocExporterAbsent")
        await relay.machines.post("/alerts", json=webhook(other))
        await until(lambda: len(receiver.received) == 2)
        metrics = (await relay.machines.get("/metrics")).text
    assert 'ioc_relay_deliveries_total{channel="webhook",outcome="refused"} 1.0' in metrics
    assert receiver.received[1]["alerts"][0]["key"] == other.key


EVERY_CHANNEL = """
senders:
  email: {{host: 127.0.0.1, port: {smtp}, encryption: none, sender: ioc@example.vn}}
  zalo:
    url: '{url}/zalo/bot{{token}}/sendMessage'
    secrets: {{token: {folder}/zalo}}
    body: {{chat_id: '{{to}}', text: '{{text}}'}}
    success: {{field: ok, values: [true]}}
    receipt: result.message_id
    reason: description
  sms:
    url: '{url}/sms'
    headers: {{Authorization: 'Bearer {{token}}'}}
    secrets: {{token: {folder}/sms}}
    body: {{Phone: '{{to}}', Content: '{{text}}', RequestId: '{{id}}'}}
    success: {{status: [200]}}
    receipt: SMSID
contacts:
  lan:
    name: Nguyễn Lan
    channels:
      - {{type: email, to: lan@example.vn}}
      - {{type: zalo, chat_id: "42"}}
      - {{type: sms, number: "+84900000000"}}
      - {{type: webhook, url: '{url}/hook', token_file: {folder}/hook}}
chains: [{{contacts: [lan]}}]
digest: [lan]
"""


@pytest.fixture
def every_channel(tmp_path: Path, mail: MailReceiver, receiver: HttpReceiver) -> str:
    for name in ("zalo", "sms", "hook"):
        (tmp_path / name).write_text(f"{name}-secret\n")
    return EVERY_CHANNEL.format(smtp=mail.port, url=receiver.url, folder=tmp_path)


async def test_every_channel_gets_its_own_form_and_gives_a_receipt(
    start_relay: Callable[..., Any], receiver: HttpReceiver, mail: MailReceiver, every_channel: str, clock: Clock
) -> None:
    receiver.answers = [(200, {"ok": True, "result": {"message_id": "z1"}, "SMSID": "s1"})] * 3
    async with start_relay(every_channel, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: len(receiver.received) == 3 and mail.messages)
        page = ""
        while page.count("delivered") < 4:
            page = (await relay.client.get(f"/alerts/{alert().key}")).text
    by_path = {message["path"]: message for message in receiver.received}
    assert by_path["/zalo/botzalo-secret/sendMessage"]["chat_id"] == "42"
    assert "Giá trị: 3,55 % (1.137/32.043)" in by_path["/zalo/botzalo-secret/sendMessage"]["text"]
    assert by_path["/sms"]["Phone"] == "+84900000000"
    assert by_path["/sms"]["Content"].startswith("IOC CANH BAO")
    assert by_path["/hook"]["alerts"][0]["vi"]["value"] == "3,55 % (1.137/32.043)"
    tokens = {headers.get("Authorization") for headers in receiver.headers}
    assert tokens == {None, "Bearer sms-secret", "Bearer hook-secret"}
    [letter] = mail.messages
    assert (letter["To"], letter["From"]) == ("lan@example.vn", "ioc@example.vn")
    assert letter["Subject"] == "[CẢNH BÁO] Dịch vụ hành chính công: Tỷ lệ đang xử lý quá hạn (Dữ liệu mô phỏng)"
    assert "Giá trị: 3,55 % (1.137/32.043)" in letter.get_content()


async def test_a_mail_server_that_is_busy_is_tried_again(
    start_relay: Callable[..., Any], mail: MailReceiver, every_channel: str, clock: Clock
) -> None:
    mail.answers = ["451 greylisted", "452 full"]
    async with start_relay(every_channel, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: mail.messages)
    assert "trùng" not in mail.messages[0]["Subject"]


async def test_zalo_says_no_within_a_200_and_no_log_tells_its_token(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    every_channel: str,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.answers = [(200, {"ok": False, "error_code": 401, "description": "Unauthorized"})] * 3
    async with start_relay(every_channel, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: "HTTP 200, ok false: Unauthorized" in caplog.text)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Basic x"])
async def test_without_the_token_nothing_is_told_and_nothing_is_taken(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, token: str | None
) -> None:
    one = alert()
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(one))
        headers = {} if token is None else {"Authorization": token}
        routes = [
            (relay.machines, "POST", "/alerts"),
            (relay.machines, "GET", "/metrics"),
            (relay.client, "GET", "/"),
            (relay.client, "GET", f"/alerts/{one.key}"),
            (relay.client, "POST", f"/alerts/{one.key}/acknowledge"),
            (relay.client, "POST", f"/alerts/{one.key}/silence"),
            (relay.client, "GET", "/api/alerts"),
            (relay.client, "GET", "/report"),
            (relay.client, "GET", "/runbooks/x"),
        ]
        async with httpx.AsyncClient(headers=headers, trust_env=False) as stranger:
            for known, method, path in routes:
                answer = await stranger.request(method, f"{known.base_url}{path}")
                assert answer.status_code == 401, path
                assert "quá hạn" not in answer.text


async def test_what_people_write_is_shown_and_not_obeyed(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    one = alert()
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(one))
        form = {"note": "<script>alert(1)</script> | a | [x](javascript:y)"}
        await relay.client.post(f"/alerts/{one.key}/acknowledge", data=form)
        for path in ("/", f"/alerts/{one.key}", "/report"):
            text = (await relay.client.get(path)).text
            assert "<script>" not in text
            assert 'href="javascript' not in text
            assert "&lt;script&gt;" in text


@pytest.mark.parametrize("body", [b"", b"[]", b'{"version":"3","alerts":[]}', b'{"version":"4"}', b"\xff", b"[" * 9999])
async def test_what_is_no_webhook_is_refused_with_the_reason(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, body: bytes
) -> None:
    async with start_relay(to(receiver.url, "lan"), clock) as relay:
        answer = await relay.machines.post("/alerts", content=body)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("this is no webhook of Alertmanager, version 4: ")
