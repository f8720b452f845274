"""What the relay's tests share: receivers, and a relay in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller

from ioc.catalogue import Catalogue
from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.book import Book, book_of
from streams.relay.desk import Figures
from streams.relay.leaders import Reports
from streams.relay.relay import Relay
from streams.settings.settings import load_settings
from streams.stack.ports import free_port
from streams.web.people.accounts import Account, write_accounts
from tests.ioc.notices.samples import Figures as PresetFigures
from tests.streams.relay.receivers import (
    LAN_TOKEN,
    PEOPLE,
    TOKEN,
    HttpReceiver,
    MailReceiver,
    RunningRelay,
    http_receiver,
)


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


def client_of(url: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)


@pytest.fixture
def start_relay(tmp_path: Path, catalogue: Catalogue) -> Callable[..., Any]:
    """Start a relay: ``async with start_relay(contacts, clock) as relay``; its database stays from one to the next."""

    @asynccontextmanager
    async def start(
        contacts: str,
        clock: Callable[[], float],
        relay: Mapping[str, object] = MappingProxyType({}),
        *,
        figures: Figures | None = None,
        reports: Reports | None = None,
        book: Book | None = None,
        machines: Mapping[str, object] = MappingProxyType({}),
        people: Mapping[str, Account] | None = None,
        **settings: object,
    ) -> AsyncIterator[RunningRelay]:
        file = tmp_path / "contacts.yaml"
        file.write_text(contacts)
        accounts = tmp_path / "accounts.yaml"
        write_accounts(accounts, PEOPLE if people is None else people)
        port = free_port()
        own_machines = {"port": free_port(), "token": TOKEN, **machines}
        url = f"http://127.0.0.1:{port}"
        own: dict[str, object] = {
            "contacts": file,
            "database": tmp_path / "relay.sqlite",
            "port": port,
            "url": url,
            "tick": 0.1,
            "heartbeat_timeout": 1e9,
            **relay,
        }
        given = {"alertmanager_url": "http://127.0.0.1:9", "relay": own, "relay_machines": own_machines}
        chosen = load_settings(None, **{**given, "people": {"accounts": accounts}, **settings})
        words, calendar = book or book_of(catalogue), WorkingCalendar.of(catalogue.province.calendar)
        ready = asyncio.Event()
        running = asyncio.create_task(
            Relay(chosen, words, calendar, figures or PresetFigures(), clock, lambda _: ready.set(), reports).run()
        )
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        listening = f"http://127.0.0.1:{own_machines['port']}"
        try:
            async with client_of(url, LAN_TOKEN) as client, client_of(listening, TOKEN) as told:
                yield RunningRelay(url, client, told)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    return start
