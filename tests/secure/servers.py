"""The servers of a secure installation, and how the tests ask them."""

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from streams.gateway.senders import hash_of
from streams.stack.monitoring import Doorman
from tests.secure.installation import PARTS, Installation

SENDER_TOKEN = "ioc_feed-of-a-test"


@dataclass(frozen=True)
class Logins:
    """The folder that `ioc secrets` made: who may ask Prometheus and Alertmanager."""

    folder: Path

    def password_file(self, server: str, client: str) -> Path:
        return self.folder / f"{server}_{client}"

    def of(self, server: str, client: str) -> tuple[str, str]:
        """User and password."""
        return client, self.password_file(server, client).read_text().strip()

    def doorman(self, server: str) -> Doorman:
        return Doorman(self.folder / f"{server}_web", self.of(server, "prometheus"))


def start_servers(installed: Installation, alertmanager: str, logins: Logins) -> None:
    """Gateway, relay, wall and pages of cases; returns once each of these, worker and exporter answer."""
    folder = installed.folder
    office = {"tokens_sha256": [hash_of(SENDER_TOKEN)], "feeds": ["statistics.reporting"], "sources": ["/test"]}
    (folder / "senders.yaml").write_text(json.dumps({"senders": {"offices": office}}))
    contact = {"name": "Duty", "channels": [{"type": "file", "path": str(folder / "messages.txt")}]}
    contacts = {"contacts": {"duty": contact}, "chains": [{"contacts": ["duty"]}], "digest": ["duty"]}
    (folder / "contacts.yaml").write_text(json.dumps(contacts))
    gateway = {
        "IOC_GATEWAY_SENDERS": str(folder / "senders.yaml"),
        "IOC_HASH_KEY_FILE": str(installed.token("hashes")),
    }
    relay = {
        "IOC_RELAY_CONTACTS": str(folder / "contacts.yaml"),
        "IOC_RELAY_DATABASE": str(folder / "relay.sqlite"),
        "IOC_ALERTMANAGER_URL": alertmanager,
        "IOC_ALERTMANAGER_USER": "relay",
        "IOC_ALERTMANAGER_PASSWORD_FILE": str(logins.password_file("alertmanager", "relay")),
    }
    cases = {"IOC_CASES_DATABASE": str(folder / "cases.sqlite")}
    installed.start("gateway", "gateway", **installed.as_user("gateway") | installed.web("gateway") | gateway)
    installed.start("relay", "relay", **installed.web("relay") | installed.pages_of("relay") | relay)
    installed.start("cases", "cases", "--serve", **installed.as_user("cases") | installed.pages_of("cases") | cases)
    installed.start("wall", "wall", **installed.web("wall"))
    for part in PARTS:
        wait_until(partial(_answers, installed, part))
    wait_until(partial(_is_ready, installed))
    wait_until(lambda: get(installed, "wall", "/readyz").status_code == httpx.codes.OK)


def address_of(installed: Installation, part: str) -> str:
    return f"https://127.0.0.1:{installed.ports[part]}"


def trusting(installed: Installation) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=installed.authority.cert_file)


def get(installed: Installation, part: str, path: str, token: str | None = None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    address = address_of(installed, part) + path
    return httpx.get(address, headers=headers, verify=trusting(installed), trust_env=False)


def token_of(installed: Installation, part: str) -> str:
    return installed.token(part).read_text().strip()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 240
    while True:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, "not in time"
        time.sleep(0.3)


def _answers(installed: Installation, part: str) -> bool:
    return get(installed, part, "/metrics", token_of(installed, part)).status_code == httpx.codes.OK


def _is_ready(installed: Installation) -> bool:
    address = f"https://127.0.0.1:{installed.pages['cases']}/readyz"
    return httpx.get(address, verify=trusting(installed), trust_env=False).status_code == httpx.codes.OK
