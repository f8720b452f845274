"""All long-running processes of an installation, as real ones, on a broker that can be taken away."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx

from streams.gateway.senders import hash_of
from streams.stack.children import Child, Children
from streams.stack.ports import free_port
from streams.web.people.accounts import Account, write_accounts

FAULTY = Path(__file__).with_name("faulty.py")
COMMANDS = {
    "worker": ["worker"],
    "exporter": ["exporter"],
    "cases": ["cases", "--serve"],
    "relay": ["relay"],
    "gateway": ["gateway"],
}
OF_KAFKA = [name for name in COMMANDS if name != "relay"]
TOKEN, HASH_KEY = "a-t0ken-of-machines", "a secret of more than thirty-two bytes"
_PORTS = {"worker": "IOC_WORKER_METRICS_PORT"}
_ENDING = "Ending: "
"""What a process says when it begins to end."""
_SIGTERM_CAUGHT = 1 << (signal.SIGTERM - 1)


class End(NamedTuple):
    """How a process ended."""

    code: int | None
    seconds: float
    """Since it was told to, or else since it says that it ends."""


class Installed:
    """Starts each process once; its files and logs are in ``folder``."""

    def __init__(self, bootstrap: str, folder: Path, children: Children, **environment: str) -> None:
        self.database = folder / "relay.sqlite"
        self._folder = folder
        self._machines_port = free_port()
        self._children = children
        self.fault = folder / "fault"
        """The processes have a fault from the moment that this file exists."""
        contacts, senders = folder / "contacts.yaml", folder / "senders.yaml"
        contacts.write_text(
            "contacts: {lan: {name: Lan, channels: [{type: file, path: messages.txt}]}}\n"
            "chains: [{contacts: [lan]}]\ndigest: [lan]\n"
        )
        write_accounts(folder / "accounts.yaml", {"lan": Account(name="Lan", role="viewer")})
        token = f"tokens_sha256: [{hash_of('ioc_token')}]"
        senders.write_text(f"senders: {{one: {{{token}, feeds: [environment.rain_gauges], sources: ['*']}}}}\n")
        self._environment = {
            "IOC_BOOTSTRAP_SERVERS": bootstrap,
            "IOC_PARTITIONS": "2",
            "IOC_RELAY_CONTACTS": str(contacts),
            "IOC_RELAY_DATABASE": str(self.database),
            "IOC_RELAY_MACHINES_TOKEN": TOKEN,
            "IOC_RELAY_MACHINES_PORT": str(self._machines_port),
            "IOC_PEOPLE_ACCOUNTS": str(folder / "accounts.yaml"),
            "IOC_CASES_DATABASE": str(folder / "cases.sqlite"),
            "IOC_ALERTMANAGER_URL": "http://127.0.0.1:9",
            "IOC_GATEWAY_SENDERS": str(senders),
            "IOC_HASH_KEY": HASH_KEY,
            **environment,
        }
        self.running: dict[str, Child] = {}
        self._ports: dict[str, int] = {}
        self._began: dict[str, float] = {}

    def start(self, *names: str) -> None:
        """Start processes, without waiting for them."""
        for name in names:
            port = self._ports[name] = free_port()
            own = {_PORTS.get(name, f"IOC_{name.upper()}_PORT"): str(port)}
            command = [sys.executable, str(FAULTY), str(self.fault), name, *COMMANDS[name][1:]]
            self.running[name] = self._children.start(name, command, self._environment | own, self._folder)

    def url(self, name: str) -> str:
        """Where a process answers."""
        return f"http://127.0.0.1:{self._ports[name]}"

    @property
    def relay_for_machines(self) -> str:
        """Where the relay listens to Alertmanager."""
        return f"http://127.0.0.1:{self._machines_port}"

    def wait_until_ready(self) -> None:
        with httpx.Client(trust_env=False, timeout=5, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            for name, child in self.running.items():
                child.wait_until(partial(_is_ready, client, f"{self.url(name)}/readyz"))

    def wait_until_signals_are_heard(self) -> None:
        for child in self.running.values():
            child.wait_until(partial(_catches_sigterm, child.pid))

    def told_to_stop(self) -> dict[str, End]:
        """Tell all to stop; how each ended."""
        for name, child in self.running.items():
            child.asked_to_end = True
            child.signal(signal.SIGTERM)
            self._began[name] = time.monotonic()
        return self.ends()

    def ends(self, within: float = 120.0) -> dict[str, End]:
        """How each process ends, which is told to or meets a fault sooner or later."""
        ends: dict[str, End] = {}
        deadline = time.monotonic() + within
        while len(ends) < len(self.running) and time.monotonic() < deadline:
            for name in self.running.keys() - ends.keys():
                child, now = self.running[name], time.monotonic()
                if not child.running:
                    ends[name] = End(child.exit_code, self._since_its_fault(name) or now - self._began.get(name, now))
                elif name not in self._began and _ENDING in self.last_lines(name):
                    self._began[name] = now
            time.sleep(0.05)
        return {name: ends.get(name, End(None, within)) for name in self.running}

    def _since_its_fault(self, name: str) -> float | None:
        """Seconds since it met its fault; None where it met none."""
        met = Path(f"{self.fault}.{name}")
        return time.time() - met.stat().st_mtime if met.exists() else None

    def last_lines(self, name: str) -> str:
        return self.running[name].last_lines(80)

    def log(self, name: str) -> list[str]:
        """The lines of a process' log, up to the stacks of one that was cut off."""
        text, _, _ = (self._folder / "logs" / f"{name}.log").read_text().partition("Timeout (")
        return text.removesuffix("\n").split("\n")


@contextmanager
def installed(bootstrap: str, folder: Path, **environment: str) -> Iterator[Installed]:
    """An installation none of whose processes outlives the context."""
    with Children(folder / "logs") as children:
        yield Installed(bootstrap, folder, children, **environment)


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _catches_sigterm(pid: int) -> bool:
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    return bool(int(status["SigCgt"], 16) & _SIGTERM_CAUGHT)
