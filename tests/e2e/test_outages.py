"""The relay or Alertmanager down for two minutes: what still fires is told after. Waiting times are the real ones."""

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.relay.desk import UNSEEN
from streams.stack import Service, Stack
from streams.stack.monitoring import start_alertmanager
from streams.stack.ports import free_port
from streams.web.people.accounts import write_accounts
from tests.e2e.chain import Exporter, crowd, serve, start_monitoring
from tests.streams.relay.receivers import PEOPLE, TOKEN, HttpReceiver, until

pytestmark = [pytest.mark.prometheus, pytest.mark.soak, pytest.mark.timeout(900)]

DOWN = 120
HOLD = 60
RESENT = 60
"""Prometheus tells Alertmanager again what fires after so many seconds."""


@dataclass
class Installation:
    """An exporter's page, and a real Prometheus, Alertmanager and relay."""

    exporter: Exporter
    stack: Stack
    folder: Path
    alertmanager: Service
    relay_variables: dict[str, str]
    relay: Service | None = None

    def start_relay(self) -> None:
        url = self.relay_variables["IOC_RELAY_URL"]
        self.relay = self.stack.serve_python(
            "relay", "ioc.cli", "relay", url=url, ready="/healthz", env=self.relay_variables
        )

    def kill(self, service: Service | None) -> None:
        assert service is not None
        service.child.asked_to_end = True
        service.child.signal(signal.SIGKILL)
        service.child.wait()

    def start_alertmanager(self) -> None:
        port = int(self.alertmanager.url.rpartition(":")[2])
        self.alertmanager = start_alertmanager(
            self.stack.children,
            self.stack.folder / "alertmanager",
            self.folder / "config" / "alertmanager.yml",
            port=port,
        )


@pytest.fixture
def installation(tmp_path: Path, receiver: HttpReceiver) -> Iterator[Installation]:
    exporter, port, pages = Exporter(), free_port(), free_port()
    write_accounts(tmp_path / "accounts.yaml", PEOPLE)
    exporter.hear("tourism")
    exporter.series["ioc_simulated"] = 1
    crowd(exporter, 30_000, 57_679)
    contacts = tmp_path / "contacts.yaml"
    contacts.write_text(
        f"contacts: {{lan: {{name: Lan, channels: [{{type: webhook, url: '{receiver.url}/lan'}}]}}}}\n"
        "chains: [{contacts: [lan]}]\ndigest: [lan]\n"
    )
    served = serve(exporter)
    with Stack(tmp_path / "run") as stack:
        _, alertmanager = start_monitoring(stack, tmp_path, next(served), port)
        variables = {
            "IOC_RELAY_CONTACTS": str(contacts),
            "IOC_RELAY_DATABASE": str(tmp_path / "relay.sqlite"),
            "IOC_RELAY_MACHINES_TOKEN": TOKEN,
            "IOC_RELAY_MACHINES_PORT": str(port),
            "IOC_RELAY_PORT": str(pages),
            "IOC_RELAY_URL": f"http://127.0.0.1:{pages}",
            "IOC_PEOPLE_ACCOUNTS": str(tmp_path / "accounts.yaml"),
            "IOC_ALERTMANAGER_URL": alertmanager.url,
        }
        installation = Installation(exporter, stack, tmp_path, alertmanager, variables)
        installation.start_relay()
        yield installation
    next(served, None)


def heard(receiver: HttpReceiver) -> list[tuple[str, str]]:
    """What was told of tourism, and why."""
    return [
        (alert["alert"], message["kind"])
        for message in receiver.received
        for alert in message["alerts"]
        if alert["subsystem"] == "tourism"
    ]


async def test_what_began_while_the_relay_was_down_for_two_minutes_is_told_once_after(
    installation: Installation, receiver: HttpReceiver
) -> None:
    installation.kill(installation.relay)
    crowd(installation.exporter, 58_695, 57_679)
    await asyncio.sleep(DOWN)
    installation.start_relay()
    await until(lambda: heard(receiver), 60)
    await asyncio.sleep(30)
    assert heard(receiver) == [("IocTourismCrowdRatio", "firing")]


async def test_what_began_or_ended_while_alertmanager_was_down_for_two_minutes_is_told_once_after(
    installation: Installation, receiver: HttpReceiver
) -> None:
    installation.kill(installation.alertmanager)
    crowd(installation.exporter, 58_695, 57_679)
    await asyncio.sleep(DOWN)
    installation.start_alertmanager()
    await until(lambda: heard(receiver), RESENT + 60)
    installation.kill(installation.alertmanager)
    crowd(installation.exporter, 30_000, 57_679)
    await asyncio.sleep(DOWN)
    installation.start_alertmanager()
    # It does not know any more that it told of the beginning; the relay finds out by itself after five minutes.
    await until(lambda: len(heard(receiver)) > 1, UNSEEN + 60)
    await asyncio.sleep(30)
    assert heard(receiver) == [("IocTourismCrowdRatio", "firing"), ("IocTourismCrowdRatio", "resolved")]


async def test_a_limit_is_told_within_twenty_seconds_of_the_end_of_its_hold(
    installation: Installation, receiver: HttpReceiver
) -> None:
    crowd(installation.exporter, 58_695, 57_679)
    await until(lambda: heard(receiver), HOLD + 20)
