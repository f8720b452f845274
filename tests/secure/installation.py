"""An installation on a broker that asks everybody who they are, and how its parts run in it."""

import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ioc.catalogue import load
from ioc.catalogue.model import Catalogue
from ioc.cli.main import main
from streams.kafka.topics import topic_admin
from streams.settings.secrets.certificates import Authority
from streams.settings.settings import Settings, load_settings
from streams.stack.children import Child, Children
from streams.stack.kafka import Kafka
from streams.stack.ports import free_ports
from streams.web.people.accounts import Account, hash_of_token, write_accounts
from streams.web.people.roles import Role

IOC = (sys.executable, "-m", "ioc.cli")
PARTS = ("exporter", "worker", "gateway", "relay")
"""What has a web server for machines."""
SERVERS = (*PARTS, "wall")
"""What has a web server that asks for a token of its own."""
PAGES = ("relay", "cases")
"""What has one for people."""

_SERVERS = {"worker": "worker_metrics", "relay": "relay_machines"}
_TOKENS = {"gateway": "gateway_metrics", **_SERVERS}
"""How the settings of a part's server and of its token begin, where not with the part's name."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Installation:
    """The secure broker, everybody's secrets, and what our commands and processes said in it."""

    folder: Path
    broker: Kafka
    authority: Authority
    children: Children
    said: list[str] = field(default_factory=list)
    pages: dict[str, int] = field(default_factory=lambda: dict(zip(PAGES, free_ports(len(PAGES)), strict=True)))
    """Ports of the servers for people."""
    ports: dict[str, int] = field(default_factory=lambda: dict(zip(SERVERS, free_ports(len(SERVERS)), strict=True)))

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords"

    def as_user(self, role: str, **more: object) -> dict[str, str]:
        """The variables of a part that logs in with its password; `more` are further settings."""
        user = f"ioc-{role}"
        given = {
            "bootstrap_servers": self.broker.bootstrap,
            "security_protocol": "SASL_SSL",
            "sasl_username": user,
            "sasl_password_file": self.passwords / user,
        }
        return self._variables(given | more)

    def with_certificate(self, name: str, **more: object) -> dict[str, str]:
        """The variables of a part that shows the certificate of this name."""
        given = {
            "bootstrap_servers": self.broker.mutual,
            "security_protocol": "SSL",
            "cert_file": self.authority.folder / f"{name}.crt",
            "key_file": self.authority.folder / f"{name}.key",
        }
        return self._variables(given | more)

    def token(self, part: str) -> Path:
        """The file of the token that a part asks for."""
        file = self.folder / f"{part}-token"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(f"t0ken-{secrets.token_hex(16)}\n")
        return file

    def web(self, part: str) -> dict[str, str]:
        """The variables of a part's web server: HTTPS, with a token."""
        server, pair = _SERVERS.get(part, part), self.authority.folder / f"ioc-{part}"
        given = {
            f"{server}_port": self.ports[part],
            f"{server}_cert_file": pair.with_suffix(".crt"),
            f"{server}_key_file": pair.with_suffix(".key"),
            f"{_TOKENS.get(part, part)}_token_file": self.token(part),
        }
        return self._variables(given)

    @property
    def accounts(self) -> Path:
        """The file of accounts: one of the name of every role, each with a token in a file of that name."""
        file = self.folder / "accounts.yaml"
        if not file.exists():
            known = {}
            for role in Role:
                token = self.token(str(role)).read_text().strip()
                tokens = [hash_of_token(token)]
                known[str(role)] = Account(name=f"Nguyễn {role}", role=str(role), tokens_sha256=tokens)
            write_accounts(file, known)
        return file

    def pages_of(self, part: str) -> dict[str, str]:
        """The variables of a part's server for people: HTTPS, and the accounts."""
        pair, port = self.authority.folder / "ioc-relay", self.pages[part]
        given = {
            f"{part}_port": port,
            f"{part}_url": f"https://127.0.0.1:{port}",
            f"{part}_cert_file": pair.with_suffix(".crt"),
            f"{part}_key_file": pair.with_suffix(".key"),
            "people_accounts": self.accounts,
        }
        return self._variables(given)

    def start_worker(self) -> Child:
        """A worker that logs in with its password."""
        return self.start("worker", "worker", **self.as_user("worker") | self.web("worker"))

    def settings(self, variables: dict[str, str]) -> Settings:
        return load_settings(**{name.removeprefix("IOC_").lower(): value for name, value in variables.items()})

    def run(self, *arguments: str, given: str = "", **variables: str) -> Outcome:
        """Run an `ioc` command to its end; within this process, but for those that make it their own."""
        if arguments[0] in {"worker", "exporter"}:
            environment = os.environ | variables
            done = subprocess.run(
                [*IOC, *arguments], check=False, env=environment, capture_output=True, text=True, timeout=240
            )
            outcome = Outcome(done.returncode, done.stdout, done.stderr)
        else:
            outcome = _run_here(arguments, given, variables)
        self.said += [outcome.stdout, outcome.stderr]
        return outcome

    def start(self, name: str, *arguments: str, **variables: str) -> Child:
        """Start an `ioc` process that stays."""
        return self.children.start(name, [*IOC, *arguments], variables)

    def publish(self, user: str, numbers: Iterable[int]) -> Outcome:
        """Send settlements, one per number, as this feed with `ioc publish`."""
        lines = "".join(f"{json.dumps(settlement(number))}\n" for number in numbers)
        return self.run("publish", "-", given=lines, **self.as_user(user))

    def records(self, topic: str) -> int:
        """How many records a topic has, as the admin sees it."""
        with topic_admin(self.settings(self.as_user("admin"))) as admin:
            return next(sum(state.end_offsets.values()) for state in admin.states() if state.name == topic)

    def _variables(self, settings: dict[str, Any]) -> dict[str, str]:
        common = {"ca_file": self.authority.cert_file, "partitions": 2, "clock": "event"}
        return {f"IOC_{name.upper()}": str(value) for name, value in (common | settings).items()}


def _run_here(arguments: Sequence[str], given: str, variables: Mapping[str, str]) -> Outcome:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        patch.dict(os.environ, variables),
        patch.object(sys, "argv", ["ioc", *arguments]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()))),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


@cache
def catalogue() -> Catalogue:
    """The packaged catalogue."""
    return load(None)


def settlement(number: int) -> dict[str, object]:
    """A CloudEvent: two persons leave the civil service."""
    unit = catalogue().province.units[0].code
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": "/test",
        "type": catalogue().subsystems["statistics"].event_type("staff.settled"),
        "partitionkey": f"d{number}",
        "time": f"2025-07-24T04:{number // 60:02}:{number % 60:02}+07:00",
        "data": {
            "decision": f"d{number}",
            "unit": unit,
            "policy": "resignation",
            "persons": 2,
        },
    }
