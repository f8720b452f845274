"""Feeds that send batches by HTTP at a rate while a broker restarts, and what came of every one of them."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ioc.events.openapi import PROBLEM
from streams.kafka.log_reader import LogReader
from streams.settings.settings import Settings
from tests.streams.gateway.conftest import Client
from tests.streams.gateway.sent import BATCH, measured

STATIONS = [f"station_{number}" for number in range(50)]


@dataclass
class Outcome:
    """What the feeds were told, and how long it took."""

    acknowledged: dict[str, bytes] = field(default_factory=dict)
    """Events of answers with 202, by id, as they were sent."""
    answers: Counter[str] = field(default_factory=Counter)
    """By status and reason."""
    unclear: list[str] = field(default_factory=list)
    """Answers that are neither 202 nor a problem with reason, detail and time to go on."""
    seconds: list[float] = field(default_factory=list)
    """Of every request that was answered with 202."""
    took: float = 0.0
    """Seconds from the first request to the last answer."""


async def send_steadily(
    client: Client, per_second: int, seconds: float, batch: int, halfway: Callable[[], None]
) -> Outcome:
    """Send batches at a rate, whether or not the ones before are answered; in the middle ``halfway`` is told."""
    outcome, started = Outcome(), time.monotonic()
    total = round(per_second * seconds / batch)
    sending: list[asyncio.Task[None]] = []
    for number in range(total):
        early = started + number * batch / per_second - time.monotonic()
        await asyncio.sleep(max(0.0, early))
        if number == total // 2:
            halfway()
        sending.append(asyncio.create_task(_send(client, number, batch, outcome)))
    await asyncio.gather(*sending)
    outcome.took = time.monotonic() - started
    return outcome


async def _send(client: Client, number: int, batch: int, outcome: Outcome) -> None:
    events = [measured(STATIONS[(number + place) % len(STATIONS)]) for place in range(batch)]
    written = {event["id"]: json.dumps(event).encode() for event in events}
    sent = time.monotonic()
    answer = await client.post("/events", content=b"[" + b",".join(written.values()) + b"]", headers=BATCH)
    if answer.status_code == 202:
        outcome.seconds.append(time.monotonic() - sent)
        outcome.answers["202"] += 1
        if answer.json() != {"accepted": batch}:
            outcome.unclear.append(answer.text)
        outcome.acknowledged |= written
        return
    told = answer.json() if answer.headers["Content-Type"].startswith(PROBLEM) else {}
    outcome.answers[f"{answer.status_code} {told.get('reason')}"] += 1
    if answer.status_code != 503 or not told.get("detail") or not answer.headers.get("Retry-After"):
        outcome.unclear.append(f"{answer.status_code}: {answer.text}")


async def values_of(settings: Settings) -> dict[str, set[bytes]]:
    """What is in the topic, by the events' ids: more than one value where copies differ."""
    found: dict[str, set[bytes]] = {}
    async with LogReader(settings, settings.names.events("environment")) as reader:
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                for record in records:
                    found.setdefault(json.loads(record.value)["id"], set()).add(bytes(record.value))
    return found
