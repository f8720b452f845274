"""Every message has an end, and what does not arrive is told, with the reason, through another channel."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ioc.notices.notice import Kind
from streams.relay import delivery, desk
from streams.relay.contacts import Contacts
from streams.relay.reports import elsewhere
from streams.relay.store import Store
from streams.settings.parts import RelaySettings
from streams.web.database import StoreError
from tests.ioc.notices.samples import AT_FOUR, alert, platform, webhook
from tests.streams.relay.receivers import Clock, HttpReceiver, MailReceiver, Raw, until

ESMS = {"CodeResult": "103", "ErrorMessage": "Not enough balance"}
CONTACTS = """
senders:
  email: {{host: 127.0.0.1, port: {port}, encryption: none, sender: ioc@example.vn}}
  sms:
    url: '{url}/sms'
    body: {{Phone: '{{to}}', Content: '{{text}}'}}
    success: {{field: CodeResult, values: ["100"]}}
    receipt: SMSID
    reason: ErrorMessage
contacts:
  lan:
    name: Lan
    channels: [{{type: sms, number: "84900000001"}}, {{type: email, to: lan@example.vn}}]
  minh: {{name: Minh, channels: [{{type: webhook, url: '{url}/minh'}}]}}
chains: [{{contacts: [lan, minh]}}]
digest: [lan]
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come soon; what is tried again and what is not stays as it is."""
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.2)


@pytest.fixture
def clock() -> Clock:
    return Clock(AT_FOUR + 60)


@pytest.fixture
def contacts(receiver: HttpReceiver, mail: MailReceiver) -> str:
    return CONTACTS.format(port=mail.port, url=receiver.url)


def subjects(mail: MailReceiver) -> list[str]:
    return [letter["Subject"].partition("]")[0] + "]" for letter in mail.messages]


async def test_an_sms_gateway_that_answers_200_with_an_error_and_no_receipt_has_not_delivered(
    start_relay: Callable[..., Any], receiver: HttpReceiver, mail: MailReceiver, contacts: str, clock: Clock
) -> None:
    receiver.answers = [(200, {"error": "Invalid request"})]
    async with start_relay(contacts, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: len(mail.messages) == 2)
        page = (await relay.client.get(f"/alerts/{alert().key}")).text
        metrics = (await relay.machines.get("/metrics")).text
    assert subjects(mail) == ["[CẢNH BÁO]", "[KHÔNG GỬI ĐƯỢC]"]
    told = mail.messages[1].get_content()
    assert "Lan (sms), 24/07/2025 04:01: no SMSID in the answer" not in told
    assert 'Lan (sms), 24/07/2025 04:01: HTTP 200: {"error": "Invalid request"}; không thử lại nữa' in told
    assert "Tỷ lệ đang xử lý quá hạn" in told
    assert f"{relay.url}/alerts/{alert().key}" in told
    assert "sms, firing: refused (HTTP 200: {&quot;error&quot;: &quot;Invalid request&quot;})" in page
    assert 'ioc_relay_deliveries_total{channel="sms",outcome="refused"} 1.0' in metrics


async def test_a_success_without_the_declared_receipt_is_none(
    start_relay: Callable[..., Any], receiver: HttpReceiver, mail: MailReceiver, contacts: str, clock: Clock
) -> None:
    receiver.answers = [(200, {"CodeResult": "100"})]
    async with start_relay(contacts, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: len(mail.messages) == 2)
    assert "no SMSID in the answer: HTTP 200, CodeResult 100" in mail.messages[1].get_content()


async def test_what_waits_for_two_minutes_is_told_elsewhere_while_it_is_tried_on_and_once(
    start_relay: Callable[..., Any], receiver: HttpReceiver, mail: MailReceiver, contacts: str, clock: Clock
) -> None:
    receiver.answers = [(503, {})] * 1000
    async with start_relay(contacts, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: len(receiver.received) > 2 and mail.messages)
        clock.time += desk.STUCK
        await until(lambda: len(mail.messages) == 2)
        clock.time += 60
        receiver.answers = [(200, {"CodeResult": "100", "SMSID": "s1"})]
        await until(lambda: not receiver.answers)
        await relay.machines.post("/alerts", json=webhook(platform("IocWorkerDown")))
        await until(lambda: len(mail.messages) > 2)
    assert subjects(mail) == ["[CẢNH BÁO]", "[KHÔNG GỬI ĐƯỢC]", "[CẢNH BÁO]"]
    assert "HTTP 503: {}; vẫn đang thử lại" in mail.messages[1].get_content()


async def test_a_report_that_does_not_arrive_either_goes_to_the_next_contact_with_what_it_was_about(
    start_relay: Callable[..., Any], receiver: HttpReceiver, mail: MailReceiver, contacts: str, clock: Clock
) -> None:
    receiver.answers = [(200, ESMS)]
    mail.answers = ["554 no", "554 no"]
    async with start_relay(contacts, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: [each for each in receiver.received if each["path"] == "/minh"])
    told = [each for each in receiver.received if each["path"] == "/minh"]
    assert {each["kind"] for each in told} == {"undelivered"}
    assert {each["alerts"][0]["key"] for each in told} == {alert().key}
    assert {each["undelivered"]["contact"] for each in told} == {"Lan"}
    assert mail.messages == []


UNTOLD = """
SELECT d.channel FROM deliveries d JOIN messages m ON m.id = d.message
WHERE d.state = 'refused' AND m.kind <> 'undelivered' AND d.id NOT IN (
  SELECT r.delivery FROM reports r JOIN deliveries e ON e.message = r.message WHERE e.state = 'delivered'
) ORDER BY 1
"""
"""What never arrived, and nobody knows of it."""


async def test_where_nobody_takes_anything_for_now_it_is_told_when_somebody_does_again(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    mail: MailReceiver,
    contacts: str,
    clock: Clock,
    *,
    tmp_path: Path,
) -> None:
    receiver.answers, mail.answers = [(410, {})] * 99, ["554 no"] * 99
    with closing(sqlite3.connect(tmp_path / "relay.sqlite", isolation_level=None)) as database:

        def untold() -> list[str]:
            clock.time += 1
            return [channel for (channel,) in database.execute(UNTOLD)]

        async with start_relay(contacts, clock, {"repeat_after": 1e9}) as relay:
            await relay.machines.post("/alerts", json=webhook(alert()))
            # Minh is the last of all who could be told.
            await until(lambda: [each for each in receiver.received if each["path"] == "/minh"])
            await until(lambda: untold() == ["email", "sms"])
            receiver.answers, mail.answers = [], []
            await until(lambda: not untold())


async def test_where_nobody_is_left_to_tell_it_is_an_error_and_ends(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [(410, {})] * 9
    alone = f"contacts: {{lan: {{name: Lan, channels: [{{type: webhook, url: '{receiver.url}/lan'}}]}}}}\n"
    async with start_relay(f"{alone}chains: [{{contacts: [lan]}}]\ndigest: [lan]\n", clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: "nobody can be told that 1 messages do not reach lan by webhook-0" in caplog.text)
    assert len(receiver.received) == 1


async def test_a_contact_that_lost_its_channel_is_told_elsewhere(
    start_relay: Callable[..., Any], receiver: HttpReceiver, mail: MailReceiver, contacts: str, clock: Clock
) -> None:
    receiver.held.clear()
    async with start_relay(contacts, clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: receiver.received and mail.messages)
    receiver.held.set()
    without = contacts.replace('{type: sms, number: "84900000001"}, ', "")
    async with start_relay(without, clock):
        await until(lambda: [each for each in mail.messages if "no such channel any more" in each.get_content()])


STATUSES = (200, 204, 302, 400, 401, 404, 429, 500, 503)
BODIES = (b"", b'{"CodeResult": "100", "SMSID": "s1"}', b'{"CodeResult": "100"}', b"\xff\xfe", b"<html>", b"[" * 9999)
CHARSETS = ("", "; charset=iso-8859-1", "; charset=utf-16", "; charset=nonsense")


async def test_every_message_ends_whatever_a_gateway_answers_and_each_end_has_a_receipt_or_a_reason(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    contacts: str,
    clock: Clock,
    tmp_path: Path,
) -> None:
    answers = [
        (status, Raw(body, f"text/plain{charset}")) for status, body, charset in product(STATUSES, BODIES, CHARSETS)
    ]
    database = sqlite3.connect(tmp_path / "relay.sqlite", isolation_level=None)
    query = "SELECT state, receipt, error FROM deliveries WHERE channel = 'sms'"
    async with start_relay(contacts, clock, {"give_up_after": 0.01, "repeat_after": 1e9}) as relay:
        for number, answer in enumerate(answers):
            receiver.answers = [answer]
            await relay.machines.post("/alerts", json=webhook(platform(f"A{number}")))
            await until(lambda: not receiver.answers)
        await until(lambda: {row[0] for row in database.execute(query)} == {"delivered", "refused"})
        ends = database.execute(query).fetchall()
    database.close()
    assert len(ends) >= len(answers)
    assert {receipt for state, receipt, _ in ends if state == "delivered"} == {"s1"}
    assert all(error and not receipt for state, receipt, error in ends if state == "refused")


PLACES = Contacts.model_validate(
    {
        "contacts": {
            "lan": {
                "name": "Lan",
                "channels": [
                    {"type": "webhook", "url": "https://a.vn"},
                    {"type": "webhook", "url": "https://b.vn"},
                    {"type": "file", "path": "x"},
                ],
            },
            "minh": {"name": "Minh", "channels": [{"type": "webhook", "url": "https://c.vn"}]},
            "tu": {"name": "Tú", "channels": [{"type": "file", "path": "y"}]},
        },
        "chains": [{"contacts": ["lan", "minh"]}],
        "digest": ["lan"],
    }
)


@pytest.mark.parametrize(
    ("failing", "down", "to"),
    [
        (("lan", "webhook-0"), set(), ("lan", "file-2")),
        (("lan", "webhook-0"), {("lan", "file-2")}, ("tu", "file-0")),
        (("lan", "webhook-0"), {("lan", "file-2"), ("tu", "file-0")}, ("lan", "webhook-1")),
        (("lan", "file-2"), set(), ("lan", "webhook-0")),
        (("minh", "webhook-0"), set(), ("lan", "file-2")),
        (("gone", "sms-0"), set(), ("lan", "webhook-0")),
        (
            ("lan", "webhook-0"),
            {("lan", "webhook-1"), ("lan", "file-2"), ("minh", "webhook-0"), ("tu", "file-0")},
            None,
        ),
    ],
)
def test_another_channel_is_better_than_another_address_of_the_same(
    failing: tuple[str, str], down: set[tuple[str, str]], to: tuple[str, str] | None
) -> None:
    assert elsewhere(PLACES, ["lan", "minh"], failing, down) == to


VERSION_0_1_0 = """
CREATE TABLE episodes (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, alert BLOB NOT NULL, starts_at REAL NOT NULL,
    received_at REAL NOT NULL, resolved_at REAL, acknowledged_at REAL, acknowledged_by TEXT, note TEXT,
    turns INTEGER NOT NULL DEFAULT 0, told_at REAL
) STRICT;
CREATE UNIQUE INDEX episodes_open ON episodes (fingerprint) WHERE resolved_at IS NULL;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, contact TEXT NOT NULL, created_at REAL NOT NULL
) STRICT;
CREATE TABLE told (
    message INTEGER NOT NULL REFERENCES messages, key TEXT NOT NULL REFERENCES episodes, PRIMARY KEY (key, message)
) STRICT;
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES messages, channel TEXT NOT NULL, address TEXT NOT NULL,
    payload BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'delivered', 'refused')),
    doubtful INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, done_at REAL, receipt TEXT, error TEXT
) STRICT;
CREATE INDEX deliveries_open ON deliveries (state);
CREATE TABLE marks (name TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
"""


async def test_a_database_of_the_first_version_is_read_on_and_told_on(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, tmp_path: Path
) -> None:
    one = alert()
    with sqlite3.connect(tmp_path / "relay.sqlite") as old:
        old.executescript(VERSION_0_1_0)
        row = (one.key, one.fingerprint, msgspec.json.encode(one), AT_FOUR, AT_FOUR, 1, clock.time)
        old.execute(
            "INSERT INTO episodes (key, fingerprint, alert, starts_at, received_at, turns, told_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        old.execute("INSERT INTO messages VALUES (1, 'firing', 'lan', ?)", (clock.time,))
        old.execute("INSERT INTO told VALUES (1, ?)", (one.key,))
        payload = b'{"kind": "firing", "alerts": []}'
        old.execute(
            "INSERT INTO deliveries (id, message, channel, address, payload) VALUES (1, 1, 'webhook', 'webhook-0', ?)",
            (payload,),
        )
    old.close()
    people = f"contacts: {{lan: {{name: Lan, channels: [{{type: webhook, url: '{receiver.url}/lan'}}]}}}}\n"
    chains = "chains: [{contacts: [lan]}]\ndigest: [lan]\n"
    async with start_relay(people + chains, clock, {"repeat_after": 600}) as relay:
        await until(lambda: receiver.received)
        clock.time += 600
        await until(lambda: len(receiver.received) == 2)
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=clock.time)))
        await until(lambda: len(receiver.received) == 3)
    assert [message["kind"] for message in receiver.received] == ["firing", "reminder", "resolved"]


def test_what_is_over_for_more_than_a_year_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    store, kept = Store(tmp_path / "relay.sqlite"), 86_400.0 * RelaySettings().retention_days
    long_ago, now = AT_FOUR, AT_FOUR + kept + 1
    over, still, new = alert("IocOver"), alert("IocStill"), alert("IocNew", starts_at=now)
    with store as transaction:
        for one, at in ((over, long_ago), (still, long_ago), (new, now)):
            transaction.begin(one, at)
            number = transaction.message(Kind.FIRING, "lan", [one.key], [("webhook-0", "webhook", {})], at)
            transaction.report(number, [number])
        transaction.end(over, long_ago, told=False)
        transaction.forget(now - kept)
    assert store.episode(over.key) is None
    assert {each.alert.name for each in store.open_episodes()} == {"IocStill", "IocNew"}
    assert [each.created_at for each in store.pending()] == [long_ago, now]
    assert store.contacts_told(still.key) == ["lan"]
    store.close()


def test_a_row_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path / "relay.sqlite")
    with store as transaction:
        transaction.begin(alert(), AT_FOUR)
        transaction.begin(platform("IocWorkerDown"), AT_FOUR)
        number = transaction.message(Kind.FIRING, "lan", [alert().key], [("webhook-0", "webhook", {})], AT_FOUR)
    other = sqlite3.connect(tmp_path / "relay.sqlite", isolation_level=None)
    other.execute("UPDATE episodes SET alert = ?, figures = ? WHERE key = ?", (b"{", b"[]", alert().key))
    other.execute("UPDATE deliveries SET payload = ? WHERE message = ?", (b"\xff", number))
    other.close()
    assert {each.alert.name for each in store.open_episodes()} == {"?", "IocWorkerDown"}
    [unreadable] = [each for each in store.open_episodes() if each.alert.name == "?"]
    assert (unreadable.alert.key, unreadable.alert.pages, unreadable.figures) == (alert().key, True, None)
    assert len(store.pending()) == 1
    store.close()


def test_a_database_that_cannot_be_opened_says_which_and_why(tmp_path: Path) -> None:
    (tmp_path / "relay.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match=r"relay\.sqlite cannot be used: file is not a database"):
        Store(tmp_path / "relay.sqlite")
