"""Pages go to whoever is on duty when they are told, and the page of alerts says who that is."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.ioc.notices.samples import AT_FOUR, alert, webhook
from tests.streams.relay.receivers import Clock, HttpReceiver, heard, until

HOUR = 3600.0
CONTACTS = """
contacts:
  lan: {{name: Lan <1>, channels: [{{type: webhook, url: '{url}/lan'}}]}}
  minh: {{name: Minh, channels: [{{type: webhook, url: '{url}/minh'}}]}}
  head: {{name: Hoa, channels: [{{type: webhook, url: '{url}/head'}}]}}
chains: [{{contacts: [on_duty, head]}}]
roster:
  - {{from: "04:30", to: "19:30", contact: lan}}
  - {{from: "19:30", to: "04:30", contact: minh}}
digest: [head]
"""


async def test_who_comes_on_duty_is_asked_in_place_of_who_left_and_all_who_heard_hear_of_the_end(
    start_relay: Callable[..., Any], receiver: HttpReceiver
) -> None:
    clock, one = Clock(AT_FOUR + 60), alert()
    async with start_relay(CONTACTS.format(url=receiver.url), clock, {"repeat_after": 1800}) as relay:
        await relay.machines.post("/alerts", json=webhook(one))
        for count in range(1, 4):
            await until(partial(lambda count: len(receiver.received) == count, count))
            clock.time += 1800
        await until(lambda: len(receiver.received) == 4)
        await relay.client.post(f"/alerts/{one.key}/acknowledge")
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=clock.time)))
        await until(lambda: len(receiver.received) == 7)
    assert heard(receiver)[:4] == [("minh", "firing"), ("lan", "reminder"), ("head", "escalated"), ("head", "reminder")]
    assert sorted(heard(receiver)[4:]) == [("head", "resolved"), ("lan", "resolved"), ("minh", "resolved")]


async def test_the_page_of_alerts_says_who_is_on_duty_until_when_and_who_is_next(
    start_relay: Callable[..., Any], receiver: HttpReceiver
) -> None:
    clock = Clock(AT_FOUR)
    async with start_relay(CONTACTS.format(url=receiver.url), clock) as relay:
        assert "On duty: Minh until 24/07/2025 04:30; next: Lan &lt;1&gt;" in (await relay.client.get("/")).text
        clock.time += HOUR
        assert "On duty: Lan &lt;1&gt; until 24/07/2025 19:30; next: Minh" in (await relay.client.get("/")).text
    without = CONTACTS[: CONTACTS.index("roster:")].replace("[on_duty, head]", "[head]") + "digest: [head]\n"
    async with start_relay(without.format(url=receiver.url), clock) as relay:
        assert "On duty" not in (await relay.client.get("/")).text
