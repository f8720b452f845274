"""`ioc relay`: one process that listens, delivers and keeps asking until somebody answers."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.book import Book
from ioc.notices.description import Context
from ioc.notices.links import Links
from ioc.notices.runbook import duty_steps, first_step
from streams.relay.alertmanager import Alertmanager, AlertStates
from streams.relay.contacts import load_contacts
from streams.relay.contacts_trail import trail_contacts
from streams.relay.delivery import Courier
from streams.relay.desk import Desk, Figures
from streams.relay.http import Server
from streams.relay.leaders import Leaders, Reports
from streams.relay.machines import MachineServer
from streams.relay.senders import senders_of
from streams.relay.store import Store
from streams.relay.supervision import Supervision
from streams.relay.watchdog import Watchdog
from streams.settings.settings import Settings, SettingsError
from streams.web.people.opening import door_of
from streams.web.server import serving
from streams.web.together import together

_log = logging.getLogger(__name__)
_LONGEST_ROUND = 60.0
"""Seconds after which a round is cut short; the next one begins with what it left."""


@dataclass
class Relay:
    """Everything the relay is made of."""

    settings: Settings
    book: Book
    calendar: WorkingCalendar
    figures: Figures
    now: Callable[[], float] = time.time
    listening: Callable[[str], None] = lambda address: _log.info("listening at %s", address)
    """Told the address, once it answers."""
    reports: Reports | None = None
    """Who makes the leaders' report; None sends none."""

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            SettingsError: contacts, people or the machines' token are not set.
            YamlFileError, SecretError: the file of contacts or a secret that it names cannot be used.
            StoreError, OSError: the database or the address cannot be used.
        """
        async with self._parts() as parts:
            await together(parts.courier.run(), self._tell(parts), self._report(parts), self._serve(parts))

    @asynccontextmanager
    async def _parts(self) -> AsyncIterator["_Parts"]:
        settings, own = self.settings, self.settings.relay
        token = settings.relay_machines.secret
        if own.contacts is None:
            raise SettingsError("IOC_RELAY_CONTACTS is not set: name the YAML file of contacts, see docs/relay.md")
        if token is None:
            raise SettingsError("IOC_RELAY_MACHINES_TOKEN_FILE is not set: name a file with a long random token")
        if not settings.people.known:
            raise SettingsError(
                "nobody may come in: name a file of accounts in IOC_PEOPLE_ACCOUNTS, which `ioc accounts set` "
                "writes, or the province's provider in IOC_PEOPLE_ISSUER"
            )
        contacts = load_contacts(own.contacts)
        runbooks = _runbooks(own.runbooks)
        store, steps, changed = Store(own.database), Supervision(self.now), asyncio.Event()
        try:
            # No proxy of the environment: Alertmanager is local, and gateways are named by their own addresses.
            async with aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as client:
                alertmanager = Alertmanager(client, str(settings.alertmanager_url), settings.alertmanager_login)
                desk = Desk(
                    store,
                    contacts,
                    self._context(runbooks),
                    self.calendar,
                    self.figures,
                    own.digest_at,
                    own.repeat_after,
                    own.retention_days * 86_400.0,
                    own.give_up_after,
                    own.heartbeat_timeout,
                    self.now,
                    steps,
                )
                courier = Courier(
                    store,
                    senders_of(contacts, client),
                    self.now,
                    steps,
                    installation=settings.topic_prefix,
                    give_up_after=own.give_up_after,
                )
                outside = Watchdog(client, own.heartbeat_url)
                machines = MachineServer(desk, alertmanager, outside, token, own.certificate_files, changed.set)
                door = door_of(settings.people, "relay", base="", url=str(own.url), trail=store.trail, now=self.now)
                server = Server(desk, alertmanager, runbooks, door)
                trail_contacts(store, contacts, own.contacts, self.now())
                leaders = None
                if self.reports is not None:
                    leaders = Leaders(store, contacts, self.calendar, self.reports, own.report_at, self.now)
                yield _Parts(desk, courier, server, machines, alertmanager, steps, changed, leaders)
        finally:
            store.close()

    async def _tell(self, parts: "_Parts") -> None:
        """A round after each change, and as time passes."""
        changed = False
        while True:
            parts.changed.clear()
            with parts.steps.step("a round"):
                async with asyncio.timeout(_LONGEST_ROUND):
                    if changed:
                        await parts.desk.tell_new()
                    else:
                        await parts.desk.round(await self._known(parts))
            parts.courier.wake()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.relay.tick):
                    await parts.changed.wait()
            changed = parts.changed.is_set()

    async def _report(self, parts: "_Parts") -> None:
        """Beside the rounds: a report of a month takes its time, and no page is to wait for it."""
        while parts.leaders is not None:
            with parts.steps.step("the leaders' report"):
                if await parts.leaders.round():
                    parts.courier.wake()
            await asyncio.sleep(self.settings.relay.tick)

    async def _known(self, parts: "_Parts") -> AlertStates | None:
        with parts.steps.step("Alertmanager", ours=False):
            return await parts.alertmanager.known()
        return None

    def _context(self, runbooks: Mapping[str, str]) -> Context:
        relay, grafana = self.settings.relay, self.settings.grafana.url
        wall = None if grafana is None else str(grafana).rstrip("/")
        links = Links(str(relay.url).rstrip("/"), relay.runbooks_address, wall)
        steps = {name: step for name, text in runbooks.items() if (step := first_step(text)) is not None}
        for_duty = {name: duty_steps(text) for name, text in runbooks.items()}
        return Context(self.book, links, steps, for_duty, self.settings.simulated)

    async def _serve(self, parts: "_Parts") -> None:
        async with (
            serving(parts.machines.application(), self.settings.relay_machines) as machines,
            serving(parts.server.application(), self.settings.relay) as address,
        ):
            _log.info("Alertmanager and Prometheus are listened to at %s", machines)
            self.listening(address)
            await asyncio.Event().wait()


@dataclass(frozen=True)
class _Parts:
    """What the loops share."""

    desk: Desk
    courier: Courier
    server: Server
    machines: MachineServer
    alertmanager: Alertmanager
    steps: Supervision
    changed: asyncio.Event
    """Set when there may be something to tell."""
    leaders: Leaders | None


def _runbooks(folder: Path | None) -> dict[str, str]:
    """The runbooks by alert. Raises SettingsError."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise SettingsError(f"IOC_RELAY_RUNBOOKS: there is no folder {folder}")
    return {file.stem: file.read_text(encoding="utf-8", errors="replace") for file in sorted(folder.glob("*.md"))}
