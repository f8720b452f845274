"""Work for all processes of an installation but the worker, without end: events, alerts, figures and open cases."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from ioc.catalogue import Catalogue
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.events.records import Batch
from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import CheckpointWriter
from tests.ioc.notices.samples import alert, webhook
from tests.streams.gateway.sent import STRUCTURED, measured
from tests.streams.process.installed import TOKEN

ENOUGH = 20
"""Rounds after which work is under way."""


@dataclass
class Load:
    """What was taken, until the process was gone."""

    settings: Settings
    plan: Any
    gateway: str
    relay: str
    events: list[str] = field(default_factory=list)
    """Ids of events that the gateway acknowledged."""
    alerts: list[str] = field(default_factory=list)
    """Fingerprints of alerts that the relay acknowledged."""
    checkpoints: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_under_way(self) -> bool:
        return min(len(self.events), len(self.alerts), self.checkpoints) > ENOUGH

    async def run(self) -> None:
        """Work until told to stop."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            await asyncio.gather(self._send(client), self._raise_alerts(client), self._write())

    async def _send(self, client: httpx.AsyncClient) -> None:
        headers = {"Authorization": "Bearer ioc_token", **STRUCTURED}
        while not self._over.is_set():
            event = measured()
            if await _taken(client, f"{self.gateway}/events", headers=headers, json=event):
                self.events.append(event["id"])

    async def _raise_alerts(self, client: httpx.AsyncClient) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for number in count():
            if self._over.is_set():
                return
            one = alert(place=f"{number}")
            if await _taken(client, f"{self.relay}/alerts", headers=headers, json=webhook(one)):
                self.alerts.append(one.fingerprint)

    async def _write(self) -> None:
        """Checkpoints of a partition, as a worker that takes events."""
        shard, writer = Shard(self.plan, 0, 2), CheckpointWriter(self.settings, 0)
        await writer.open()
        for offset in count():
            if self._over.is_set():
                break
            shard.apply(Batch("environment", 0, [offset], [1_753_300_000_000], [b"k"], [b"{"], [()]))
            checkpoint = shard.checkpoint()
            assert checkpoint is not None
            await writer.write(checkpoint)
            self.checkpoints += 1
        await writer.close()


async def _taken(client: httpx.AsyncClient, url: str, **request: Any) -> bool:
    try:
        return (await client.post(url, **request)).is_success
    except httpx.TransportError:
        await asyncio.sleep(0.1)
        return False


@contextmanager
def load(settings: Settings, catalogue: Catalogue, gateway: str, relay: str) -> Iterator[Load]:
    """Work within the context, in a thread of its own."""
    work = Load(settings, compile_plan(catalogue), gateway, relay)
    thread = threading.Thread(target=lambda: asyncio.run(work.run()), name="load")
    thread.start()
    try:
        yield work
    finally:
        work._over.set()
        thread.join()
