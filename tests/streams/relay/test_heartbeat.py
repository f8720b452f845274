"""The dead-man switch: what the relay says when nobody can tell it anything any more."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ioc.notices.samples import AT_FOUR, platform, webhook
from tests.streams.relay.receivers import TOKEN, Clock, HttpReceiver, until

TIMEOUT = 300.0
BEAT = webhook(platform("IocDeadManSwitch", **{"class": "heartbeat"}))
CONTACTS = """
contacts: {{lan: {{name: Lan, channels: [{{type: webhook, url: '{url}/lan'}}]}}}}
chains: [{{contacts: [lan]}}]
digest: [lan]
"""


@pytest.fixture
def clock() -> Clock:
    return Clock(AT_FOUR)


def heard(receiver: HttpReceiver) -> list[tuple[str, str]]:
    return [(message["alerts"][0]["alert"], message["kind"]) for message in receiver.received]


async def test_a_heartbeat_that_ceases_is_one_page_and_its_return_one_message(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    contacts = CONTACTS.format(url=receiver.url)
    async with start_relay(contacts, clock, relay={"heartbeat_timeout": TIMEOUT}) as relay:
        await relay.machines.post("/heartbeat", json=BEAT)
        clock.time += TIMEOUT - 1
        await relay.machines.post("/heartbeat", json=BEAT)
        clock.time += TIMEOUT
        await until(lambda: receiver.received)
        [told] = receiver.received[0]["alerts"]
        assert (told["vi"]["title"], told["en"]["title"]) == ("Chuỗi cảnh báo đã dừng", "Alerting is dead")
        assert (told["subsystem"], told["class"], told["vi"]["since"]) == (
            "platform",
            "page",
            "24/07/2025 04:04 (5 phút)",
        )
        await relay.machines.post("/heartbeat", json=BEAT)
        await until(lambda: len(receiver.received) == 2)
        await relay.machines.post("/heartbeat", json=BEAT)
    assert heard(receiver) == [("IocDeadManSwitch", "firing"), ("IocDeadManSwitch", "resolved")]


async def test_a_heartbeat_that_never_came_is_missed_as_well_and_one_that_is_over_is_none(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    over = webhook(platform("IocDeadManSwitch", ends_at=AT_FOUR, **{"class": "heartbeat"}))
    contacts = CONTACTS.format(url=receiver.url)
    async with start_relay(contacts, clock, relay={"heartbeat_timeout": TIMEOUT}) as relay:
        clock.time += TIMEOUT - 1
        await relay.machines.post("/heartbeat", json=over)
        clock.time += 1
        await until(lambda: receiver.received)
    assert heard(receiver) == [("IocDeadManSwitch", "firing")]


async def test_a_relay_that_was_down_itself_does_not_miss_the_heartbeats_of_that_time(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    contacts = CONTACTS.format(url=receiver.url)
    async with start_relay(contacts, clock, relay={"heartbeat_timeout": TIMEOUT}) as relay:
        await relay.machines.post("/heartbeat", json=BEAT)
    clock.time += 10 * TIMEOUT
    async with start_relay(contacts, clock, relay={"heartbeat_timeout": TIMEOUT}) as relay:
        await relay.machines.post("/alerts", json=webhook(platform("IocWorkerDown")))
        await until(lambda: receiver.received)
    assert heard(receiver) == [("IocWorkerDown", "firing")]


async def test_each_heartbeat_is_handed_on_to_whoever_watches_from_outside_and_no_log_tells_where(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    contacts, address = CONTACTS.format(url=receiver.url), f"{receiver.url}/ping/{TOKEN}"
    async with start_relay(contacts, clock, relay={"heartbeat_url": address}) as relay:
        await relay.machines.post("/heartbeat", json=BEAT)
        assert [message["path"] for message in receiver.received] == [f"/ping/{TOKEN}"]
        receiver.answers = [(500, {})]
        assert (await relay.machines.post("/heartbeat", json=BEAT)).status_code == 200
    assert "the heartbeat was not taken: HTTP 500" in caplog.text
    assert TOKEN not in caplog.text
