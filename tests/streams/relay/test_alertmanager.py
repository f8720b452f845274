"""The relay behind a real Alertmanager."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.alertmanager_config import alertmanager_config
from streams.stack import Service, Stack
from streams.stack.ports import free_port
from streams.web.people.accounts import Account, hash_of_token
from tests.packaged import packaged_catalogue
from tests.streams.relay.receivers import PEOPLE, TOKEN, Clock, HttpReceiver, RunningRelay, until

MINH_TOKEN = "a-token-of-minh"
TWO = PEOPLE | {"minh": Account(name="Minh", role="operator", tokens_sha256=[hash_of_token(MINH_TOKEN)])}

pytestmark = pytest.mark.prometheus

CONTACTS = """
contacts:
  lan: {{name: Lan, channels: [{{type: webhook, url: '{url}/lan'}}]}}
  minh: {{name: Minh, channels: [{{type: webhook, url: '{url}/minh'}}]}}
chains: [{{contacts: [lan, minh]}}]
digest: [lan]
"""
LABELS = {
    "alertname": "IocEnvironmentRain",
    "subsystem": "environment",
    "kpi": "rain",
    "feeds": "rain_gauges",
    "layer": "kpi",
    "severity": "critical",
    "class": "page",
}
FEED = {
    "alertname": "IocEnvironmentFeedSilent",
    "subsystem": "environment",
    "feed": "rain_gauges",
    "layer": "feed",
    "severity": "critical",
    "class": "page",
}


@pytest.fixture(scope="module")
def port() -> int:
    """Where every relay of this module listens."""
    return free_port()


@pytest.fixture
def alertmanager(port: int, tmp_path: Path) -> Iterator[Service]:
    """An Alertmanager with the generated configuration, waiting times shortened."""
    (tmp_path / "token").write_text(TOKEN)
    config = alertmanager_config(packaged_catalogue(), f"http://127.0.0.1:{port}", token_file=str(tmp_path / "token"))
    file = tmp_path / "alertmanager.yml"
    file.write_text(
        config.replace("group_wait: 5s", "group_wait: 1s").replace("group_interval: 5s", "group_interval: 1s")
    )
    with Stack(tmp_path / "run") as stack:
        yield stack.start_alertmanager(file)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC).timestamp())


@pytest.fixture
async def relay(
    start_relay: Callable[..., Any], receiver: HttpReceiver, alertmanager: Service, port: int, clock: Clock
) -> AsyncIterator[RunningRelay]:
    contacts = CONTACTS.format(url=receiver.url)
    async with start_relay(contacts, clock, machines={"port": port}, alertmanager_url=alertmanager.url) as found:
        yield found


def post(alertmanager: Service, labels: dict[str, str], *, over: bool = False) -> None:
    """Tell Alertmanager what Prometheus would."""
    now = datetime.now(UTC)
    end = now if over else now + timedelta(minutes=5)
    start = now - timedelta(seconds=1)
    alert = {"labels": labels, "annotations": {"summary_vi": "Mưa"}}
    body = [{**alert, "startsAt": start.isoformat(), "endsAt": end.isoformat()}]
    told(alertmanager, "alerts", body)


def told(alertmanager: Service, route: str, body: object) -> None:
    httpx.post(f"{alertmanager.url}/api/v2/{route}", json=body, trust_env=False).raise_for_status()


def silences(alertmanager: Service) -> list[dict[str, Any]]:
    return httpx.get(f"{alertmanager.url}/api/v2/silences", trust_env=False).json()


def heard(receiver: HttpReceiver) -> list[tuple[str, str]]:
    return [(message["path"].strip("/"), message["kind"]) for message in receiver.received]


async def test_an_alert_is_one_message_and_its_end_another(
    relay: RunningRelay, alertmanager: Service, receiver: HttpReceiver
) -> None:
    post(alertmanager, LABELS)
    await until(lambda: receiver.received)
    post(alertmanager, LABELS)
    post(alertmanager, LABELS, over=True)
    await until(lambda: len(receiver.received) == 2)
    assert heard(receiver) == [("lan", "firing"), ("lan", "resolved")]


async def test_a_silence_from_the_page_holds_in_alertmanager_and_nobody_is_asked_again(
    relay: RunningRelay, alertmanager: Service, receiver: HttpReceiver, clock: Clock
) -> None:
    post(alertmanager, LABELS)
    await until(lambda: receiver.received)
    [open_alert] = (await relay.client.get("/api/alerts")).json()
    end = clock.time + 3600
    local = datetime.fromtimestamp(end + 7 * 3600, UTC).strftime("%Y-%m-%dT%H:%M")
    form = {"reason": "đang thay trạm", "until": local}
    answer = await relay.client.post(f"/alerts/{open_alert['key']}/silence", data=form)
    assert answer.status_code == 303
    [silence] = silences(alertmanager)
    assert (silence["createdBy"], silence["comment"]) == ("Lan", "đang thay trạm")
    assert {matcher["name"]: matcher["value"] for matcher in silence["matchers"]} == LABELS
    assert abs(datetime.fromisoformat(silence["endsAt"]).timestamp() - end) <= 60
    page = (await relay.client.get("/")).text
    assert "đang thay trạm" in page
    report = (await relay.client.get("/report", params={"format": "md"})).text
    assert "đang thay trạm" in report


async def test_the_trail_tells_all_that_was_undone(
    start_relay: Callable[..., Any],
    alertmanager: Service,
    receiver: HttpReceiver,
    port: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An acknowledgement that is taken over, a silence that is ended, a contact that is changed."""
    contacts, clock = CONTACTS.format(url=receiver.url), Clock(time.time())
    running = {"machines": {"port": port}, "alertmanager_url": alertmanager.url, "people": TWO}
    async with start_relay(contacts, clock, **running) as relay:
        post(alertmanager, LABELS)
        await until(lambda: receiver.received)
        [opened] = (await relay.client.get("/api/alerts")).json()
        key = opened["key"]
        minh = {"Authorization": f"Bearer {MINH_TOKEN}"}
        await relay.client.post(f"/alerts/{key}/acknowledge", data={"note": "đang gọi"})
        clock.time += 60
        await relay.client.post(f"/alerts/{key}/acknowledge", data={"note": "tôi làm"}, headers=minh)
        form = {"reason": "thay trạm", "until": datetime.fromtimestamp(clock.time + 600, UTC).isoformat()}
        assert (await relay.client.post(f"/alerts/{key}/silence", data=form, headers=minh)).status_code == 303
        [silence] = silences(alertmanager)
        assert (await relay.client.post(f"/silences/{silence['id']}/end")).status_code == 303
        assert {each["status"]["state"] for each in silences(alertmanager)} == {"expired"}
        assert (await relay.client.post("/silences/none/end")).status_code == 404
    async with start_relay(contacts.replace("{name: Minh", "{name: Hùng"), clock, **running) as relay:
        lines = (await relay.client.get("/trail?format=json")).json()[::-1]
    told = [line.removeprefix('{"trail": ') for line in capsys.readouterr().out.splitlines() if '{"trail"' in line]
    assert len(told) == len(lines)
    by_lan, by_minh = ("lan", "Lan", "127.0.0.1"), ("minh", "Minh", "127.0.0.1")
    assert [(line["act"], (line["account"], line["name"], line["address"])) for line in lines[1:-1]] == [
        ("acknowledged", by_lan),
        ("taken_over", by_minh),
        ("silenced", by_minh),
        ("taken_over", by_minh),
        ("silence_ended", by_lan),
    ]
    first, over, silenced, _, ended, changed = lines[1:]
    assert (first["before"], first["after"]["note"]) == ({}, "đang gọi")
    assert over["before"] == first["after"] == {"who": "Lan", "note": "đang gọi", "at": clock.time - 60}
    assert over["after"] == {"who": "Minh", "note": "tôi làm", "at": clock.time}
    assert (silenced["subject"], silenced["after"]["reason"]) == (key, "thay trạm")
    assert (ended["subject"], ended["before"]["by"]) == (silence["id"], "Minh")
    assert (changed["act"], lines[0]["act"]) == ("contacts_changed", "contacts_changed")
    assert [changed[side]["contacts.minh"]["name"] for side in ("before", "after")] == ["Minh", "Hùng"]
    assert changed["address"].endswith("contacts.yaml")


async def test_a_silence_made_elsewhere_stops_the_asking_too(
    relay: RunningRelay, alertmanager: Service, receiver: HttpReceiver, clock: Clock
) -> None:
    post(alertmanager, LABELS)
    await until(lambda: receiver.received)
    now = datetime.now(UTC)
    silence = {
        "matchers": [{"name": "kpi", "value": "rain", "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "amtool",
        "comment": "x",
    }
    told(alertmanager, "silences", silence)
    await until(lambda: _state(alertmanager) == "suppressed")
    clock.time += 3600
    post(alertmanager, {**LABELS, "alertname": "IocOther", "kpi": "other"})
    await until(lambda: len(receiver.received) == 2)
    assert [message["alerts"][0]["alert"] for message in receiver.received] == ["IocEnvironmentRain", "IocOther"]


@pytest.mark.parametrize(
    ("until_when", "reason"),
    [("2020-01-01T00:00", "within the next 31 days"), ("soon", "is no time"), ("", "until is missing")],
)
async def test_a_silence_without_a_sound_end_is_refused(
    relay: RunningRelay, alertmanager: Service, receiver: HttpReceiver, until_when: str, reason: str
) -> None:
    post(alertmanager, LABELS)
    await until(lambda: receiver.received)
    [open_alert] = (await relay.client.get("/api/alerts")).json()
    form = {"reason": "r", "until": until_when}
    answer = await relay.client.post(f"/alerts/{open_alert['key']}/silence", data=form)
    assert answer.status_code == 400
    assert reason in answer.text
    assert silences(alertmanager) == []


async def test_a_dead_feed_is_told_and_its_kpi_is_not_asked_about_again(
    relay: RunningRelay, alertmanager: Service, receiver: HttpReceiver, clock: Clock
) -> None:
    post(alertmanager, LABELS)
    await until(lambda: receiver.received)
    post(alertmanager, FEED)
    await until(lambda: len(receiver.received) == 2)
    # The rule's status is grey now: its alert ends while it is inhibited, and nobody is told.
    post(alertmanager, LABELS, over=True)
    await until(lambda: _state(alertmanager) is None)
    await asyncio.sleep(1)  # the relay looks ten times a second
    clock.time += 301
    async with asyncio.timeout(15):
        while await open_alerts(relay) != ["IocEnvironmentFeedSilent"]:  # noqa: ASYNC110  (other processes set no event)
            await asyncio.sleep(0.1)
    assert [message["alerts"][0]["alert"] for message in receiver.received if message["kind"] == "firing"] == [
        "IocEnvironmentRain",
        "IocEnvironmentFeedSilent",
    ]
    assert "resolved" not in {message["kind"] for message in receiver.received}


async def test_a_dead_feed_keeps_nobody_from_hearing_that_what_rests_on_others_is_over(
    relay: RunningRelay, alertmanager: Service, receiver: HttpReceiver
) -> None:
    post(alertmanager, LABELS)
    await until(lambda: receiver.received)
    post(alertmanager, {**FEED, "feed": "river_gauges"})
    await until(lambda: len(receiver.received) == 2)
    post(alertmanager, LABELS, over=True)
    await until(lambda: len(receiver.received) == 3)
    assert receiver.received[-1]["kind"] == "resolved"
    assert await open_alerts(relay) == ["IocEnvironmentFeedSilent"]


async def test_while_the_relay_is_down_alertmanager_keeps_trying(
    start_relay: Callable[..., Any], receiver: HttpReceiver, alertmanager: Service, port: int, clock: Clock
) -> None:
    post(alertmanager, LABELS)
    log = alertmanager.child.log
    await until(lambda: "connection refused" in log.read_text(), 30)
    contacts = CONTACTS.format(url=receiver.url)
    async with start_relay(contacts, clock, machines={"port": port}, alertmanager_url=alertmanager.url):
        await until(lambda: receiver.received, 60)
    assert heard(receiver) == [("lan", "firing")]


async def open_alerts(relay: RunningRelay) -> list[str]:
    return [each["labels"]["alertname"] for each in (await relay.client.get("/api/alerts")).json()]


def _state(alertmanager: Service) -> str | None:
    rows = httpx.get(f"{alertmanager.url}/api/v2/alerts", trust_env=False).json()
    return next((row["status"]["state"] for row in rows if row["labels"].get("kpi") == "rain"), None)
