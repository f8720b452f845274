"""`ioc relay`: one process that listens, delivers and keeps asking until somebody answers."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.book import Book
from ioc.notices.description import Context
from ioc.notices.links import Links
from ioc.notices.runbook import first_step
from streams.relay.alertmanager import Alertmanager, AlertmanagerError
from streams.relay.contacts import load_contacts
from streams.relay.delivery import Courier
from streams.relay.desk import Desk
from streams.relay.http import Server
from streams.relay.senders import senders_of
from streams.relay.store import Store
from streams.relay.watchdog import Watchdog
from streams.settings.settings import Settings, SettingsError
from streams.web.server import serving
from streams.web.sign_in import SignIn

_log = logging.getLogger(__name__)


@dataclass
class Relay:
    """Everything the relay is made of."""

    settings: Settings
    book: Book
    calendar: WorkingCalendar
    now: Callable[[], float] = time.time
    listening: Callable[[str], None] = lambda address: _log.info("listening at %s", address)
    """Told the address, once it answers."""

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            SettingsError: contacts or token are not set.
            YamlFileError, StoreError, OSError: the file of contacts, the database, the address cannot be used.
        """
        async with self._parts() as (desk, courier, server, alertmanager):
            parts = (courier.run(), self._keep_asking(desk, courier, alertmanager), self._serve(server))
            tasks = [asyncio.create_task(part) for part in parts]
            try:
                # None of them ends by itself: the first that does has failed.
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def _parts(self) -> AsyncIterator[tuple[Desk, Courier, Server, Alertmanager]]:
        settings, own = self.settings, self.settings.relay
        token = own.secret
        if own.contacts is None:
            raise SettingsError("IOC_RELAY_CONTACTS is not set: name the YAML file of contacts, see docs/relay.md")
        if token is None:
            raise SettingsError("IOC_RELAY_TOKEN_FILE is not set: name a file with a long random token")
        contacts = load_contacts(own.contacts)
        runbooks = _runbooks(own.runbooks)
        store = Store(own.database)
        try:
            # No proxy of the environment: Alertmanager is local, and gateways are named by their own addresses.
            async with aiohttp.ClientSession(trust_env=False) as client:
                alertmanager = Alertmanager(client, str(settings.alertmanager_url))
                desk = Desk(
                    store,
                    contacts,
                    self._context(runbooks),
                    self.calendar,
                    own.digest_at,
                    own.repeat_after,
                    own.heartbeat_timeout,
                    self.now,
                )
                courier = Courier(
                    store,
                    senders_of(contacts, client),
                    self.now,
                    installation=settings.topic_prefix,
                    give_up_after=own.give_up_after,
                )
                sign_in = SignIn("relay", token, secure=own.url.scheme == "https")
                outside = Watchdog(client, own.heartbeat_url)
                server = Server(desk, alertmanager, outside, runbooks, sign_in, courier.wake)
                yield desk, courier, server, alertmanager
        finally:
            store.close()

    def _context(self, runbooks: Mapping[str, str]) -> Context:
        grafana = self.settings.grafana.url
        links = Links(str(self.settings.relay.url).rstrip("/"), None if grafana is None else str(grafana).rstrip("/"))
        steps = {name: step for name, text in runbooks.items() if (step := first_step(text)) is not None}
        return Context(self.book, links, steps, self.settings.simulated)

    async def _serve(self, server: Server) -> None:
        async with serving(server.application(), self.settings.relay) as address:
            self.listening(address)
            await asyncio.Event().wait()

    async def _keep_asking(self, desk: Desk, courier: Courier, alertmanager: Alertmanager) -> None:
        while True:
            try:
                known = await alertmanager.known()
            except AlertmanagerError as error:
                _log.warning("%s", error)
                known = None
            desk.tick(known)
            courier.wake()
            await asyncio.sleep(self.settings.relay.tick)


def _runbooks(folder: Path | None) -> dict[str, str]:
    """The runbooks by alert. Raises SettingsError."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise SettingsError(f"IOC_RELAY_RUNBOOKS: there is no folder {folder}")
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.md"))}
