"""What the relay's tests share: receivers, and a relay in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller

from ioc.catalogue import Catalogue
from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.book import book_of
from streams.relay.relay import Relay
from streams.settings.settings import load_settings
from streams.stack.ports import free_port
from tests.streams.relay.receivers import TOKEN, HttpReceiver, MailReceiver, RunningRelay, http_receiver


@pytest.fixture
def mail() -> Iterator[MailReceiver]:
    receiver = MailReceiver()
    controller = Controller(receiver, hostname="127.0.0.1", port=receiver.port)
    controller.start()
    yield receiver
    controller.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as found:
        yield found


@pytest.fixture
def start_relay(tmp_path: Path, catalogue: Catalogue) -> Callable[..., Any]:
    """Start a relay: ``async with start_relay(contacts, clock) as relay``; its database stays from one to the next."""

    @asynccontextmanager
    async def start(contacts: str, clock: Callable[[], float], **settings: object) -> AsyncIterator[RunningRelay]:
        file = tmp_path / "contacts.yaml"
        file.write_text(contacts)
        port = settings.pop("relay_port", None) or free_port()
        url = f"http://127.0.0.1:{port}"
        chosen: dict[str, object] = {
            "relay_contacts": file,
            "relay_database": tmp_path / "relay.sqlite",
            "relay_token": TOKEN,
            "relay_port": port,
            "relay_url": url,
            "relay_tick": 0.1,
            "relay_heartbeat_timeout": 1e9,
            "alertmanager_url": "http://127.0.0.1:9",
            **settings,
        }
        book, calendar = book_of(catalogue), WorkingCalendar(catalogue.province.calendar)
        ready = asyncio.Event()
        relay = Relay(load_settings(None, **chosen), book, calendar, clock, lambda _: ready.set())
        running = asyncio.create_task(relay.run())
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
                yield RunningRelay(url, client)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    return start
