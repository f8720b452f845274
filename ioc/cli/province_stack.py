"""The whole monitor on one machine: broker, workers, exporter, Prometheus, Alertmanager, relay, perhaps Grafana."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from signal import Signals
from urllib.parse import urlsplit

from dotenv import dotenv_values

from dashboards.alertmanager_config import alertmanager_config
from dashboards.grafana import environment, render_dashboards
from dashboards.prometheus_config import Access, Static, prometheus_config
from dashboards.rules import rule_files
from dashboards.rules.names import RELAY_JOB
from dashboards.runbooks import runbooks
from ioc.catalogue import Catalogue
from ioc.catalogue.reach import telemetry_of
from ioc.cli.installation import areas_of
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from streams.stack import Stack, StackStep
from streams.stack.ports import free_port, free_ports
from streams.web.people.accounts import Account, hash_of_password, hash_of_token, write_accounts
from streams.web.people.roles import Role

_CONTACTS = """\
contacts:
  duty: {{name: Trực ban IOC, channels: [{{type: file, path: '{messages}'}}]}}
  head: {{name: Trưởng ca, channels: [{{type: file, path: '{messages}'}}]}}
chains: [{{contacts: [duty, head]}}]
digest: [duty]
"""
"""Nothing leaves the machine."""


_KIND_OF_DATA = {"IOC_TOPIC_PREFIX", "IOC_CLOCK", "IOC_SIMULATED"}

_RETENTION = "100y"
"""Of Prometheus' samples: a history may be older than the ten years of a live installation."""


class OtherData(ValueError):
    """A folder holds the data of another kind of run, with which it would mix; the message says what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts answer; None where a part is not there."""

    kafka: str
    exporter: str
    prometheus: str
    alertmanager: str
    cases: str
    wall: str
    """The page for a browser, with Grafana's dashboards in it where there are any."""
    relay: str
    relay_password: Path
    """The file with the password of the account that opens the relay's page."""
    grafana: str | None


DUTY = "duty"
"""The account that opens the relay's page."""


@dataclass(frozen=True)
class _Duty:
    """The files of that account."""

    accounts: Path
    password: Path
    token: Path


class ProvinceStack:
    """Starts all parts; a context manager that stops them all."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        workers: int,
        folder: Path | None,
        progress: Callable[[StackStep], None],
        *,
        exporters: int = 1,
        history: tuple[datetime, datetime] | None = None,
    ) -> None:
        """``settings``: the clock, whether the data is simulated, the catalogue, and ports that are taken if free.

        ``history``: when the first and the last event happened, where no more will come; it takes no port of the
        settings, so that nobody finds it where they look for what is live. Raises OtherData.
        """
        self.settings = settings
        self._catalogue = catalogue
        self._workers = workers
        self._exporters = exporters
        self._history = history
        self._stack = Stack(folder, progress)
        self._refuse_other_data()

    @property
    def logs(self) -> Path:
        return self._stack.logs

    @property
    def folder(self) -> Path:
        """Where data, logs and configuration are."""
        return self._stack.folder

    @property
    def env_file(self) -> Path:
        """The settings of this stack, for ``ioc --env-file``; there once it has started."""
        return self._stack.folder / "ioc.env"

    @property
    def messages(self) -> Path | None:
        """Where the relay writes its messages; None where the settings name other contacts."""
        return self._stack.logs / "messages.txt" if self.settings.relay.contacts is None else None

    def __enter__(self) -> "ProvinceStack":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def failed(self) -> list[str]:
        """Names of the parts that ended by themselves."""
        return [child.name for child in self._stack.children.failed()]

    def kill(self, name: str) -> None:
        """End a part as a crash would, such as ``worker-1``, ``exporter`` or ``exporter-2``."""
        self._stack.children.named(name).kill()

    def signal(self, name: str, number: Signals) -> None:
        """Send a part a signal; SIGSTOP makes it hang until SIGCONT."""
        self._stack.children.named(name).signal(number)

    def start(self) -> Addresses:
        """Start everything; raises SetupError, ChildFailed."""
        settings = self.settings
        kafka_port = self._free_port(_port(f"kafka://{settings.bootstrap_servers.split(',')[0]}"))
        kafka = self._stack.start_kafka(port=kafka_port)
        exporter_ports = [self._free_port(settings.exporter.port), *free_ports(self._exporters)][: self._exporters]
        self.settings = settings.model_copy(update={"bootstrap_servers": kafka.bootstrap})
        variables = self._variables(kafka.bootstrap, exporter_ports[0])
        with topic_admin(self.settings) as admin:
            admin.ensure(self._catalogue.subsystems, telemetry_of(self._catalogue.subsystems))
        worker_ports = free_ports(self._workers)
        for number, port in enumerate(worker_ports, 1):
            own = {"IOC_WORKER_METRICS_PORT": str(port), "IOC_WORKER_INSTANCE_ID": f"worker-{number}"}
            self._stack.start_python(f"worker-{number}", "ioc.cli", "worker", env=variables | own)
        for number, port in enumerate(exporter_ports, 1):
            url, own = f"http://127.0.0.1:{port}", {"IOC_EXPORTER_PORT": str(port)}
            name = "exporter" if number == 1 else f"exporter-{number}"
            self._stack.serve_python(name, "ioc.cli", "exporter", url=url, ready="/healthz", env=variables | own)
        cases = self._start_cases(variables)
        relay = f"http://127.0.0.1:{self._free_port(self.settings.relay.port)}"
        machines = f"http://127.0.0.1:{self._free_port(self.settings.relay_machines.port)}"
        token, duty = self._secret("relay-machines-token"), self._duty_account()
        alertmanager = self._start_alertmanager(machines, token)
        prometheus = self._start_prometheus(exporter_ports, worker_ports, (relay, machines), token, alertmanager)
        grafana = self._start_grafana(prometheus, cases, relay)
        variables |= {
            "IOC_PROMETHEUS_URL": prometheus,
            "IOC_ALERTMANAGER_URL": alertmanager,
            "IOC_RELAY_URL": relay,
            "IOC_RELAY_TOKEN_FILE": str(duty.token),
            **({"IOC_GRAFANA_URL": grafana} if grafana else {}),
        }
        machine_variables = {
            "IOC_RELAY_MACHINES_PORT": str(_port(machines)),
            "IOC_RELAY_MACHINES_TOKEN_FILE": str(token),
            "IOC_PEOPLE_ACCOUNTS": str(duty.accounts),
        }
        self._start_relay(relay, variables | machine_variables)
        wall = self._start_wall(variables)
        self._write_env_file(variables)
        exporter = f"http://127.0.0.1:{exporter_ports[0]}"
        return Addresses(
            kafka.bootstrap, exporter, prometheus, alertmanager, cases, wall, relay, duty.password, grafana
        )

    def _refuse_other_data(self) -> None:
        """Prometheus keeps everything of a folder under the same names, whatever topics it came from."""
        former = dotenv_values(self.env_file) if self.env_file.exists() else {}
        own = self._kind_of_data()
        if any(former.get(name, value) != value for name, value in own.items()):
            raise OtherData(
                f"{self.folder} holds the data of another kind of run (of {_kind(former)}, not {_kind(own)}): name "
                "another --folder, or remove this one"
            )

    def _kind_of_data(self) -> dict[str, str]:
        return {
            "IOC_TOPIC_PREFIX": self.settings.topic_prefix,
            "IOC_CLOCK": self.settings.clock.value,
            "IOC_SIMULATED": str(self.settings.simulated).lower(),
        }

    def _free_port(self, preferred: int | None) -> int:
        """A history takes no preferred one, where it would answer in the place of what is live."""
        return free_port(preferred if self._history is None else None)

    def _start_cases(self, variables: Mapping[str, str]) -> str:
        port = self._free_port(self.settings.cases.port)
        url = f"http://127.0.0.1:{port}"
        own = {**variables, "IOC_CASES_PORT": str(port)}
        # Nobody asks for cases while the figures are still coming in.
        command = ("ioc.cli", "cases", "--serve")
        self._stack.serve_python("cases", *command, url=url, ready="/healthz", env=own, niceness=19)
        return f"{url}/cases"

    def _start_wall(self, variables: Mapping[str, str]) -> str:
        port = self._free_port(self.settings.wall.port)
        url, own = f"http://127.0.0.1:{port}", {**variables, "IOC_WALL_PORT": str(port)}
        self._stack.serve_python("wall", "ioc.cli", "wall", url=url, ready="/healthz", env=own)
        return url

    def _variables(self, bootstrap: str, exporter_port: int) -> dict[str, str]:
        """What every process of the stack is told."""
        settings = self.settings
        paths = {
            "IOC_CATALOGUE": settings.catalogue,
            "IOC_SUBSYSTEMS": settings.subsystems,
            "IOC_UNITS": settings.units,
        }
        return {
            "IOC_BOOTSTRAP_SERVERS": bootstrap,
            **self._kind_of_data(),
            "IOC_EXPORTER_PORT": str(exporter_port),
            **{name: str(path.resolve()) for name, path in paths.items() if path is not None},
        }

    def _write_env_file(self, variables: Mapping[str, str]) -> None:
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")

    def _start_alertmanager(self, relay: str, token: Path) -> str:
        config = self._write("alertmanager.yml", alertmanager_config(self._catalogue, relay, token_file=str(token)))
        port = self._free_port(_port(str(self.settings.alertmanager_url)))
        return self._stack.start_alertmanager(config, port=port).url

    def _start_prometheus(
        self, exporter_ports: list[int], worker_ports: list[int], relay: tuple[str, str], token: Path, alertmanager: str
    ) -> str:
        """``relay``: for people and for machines."""
        pages, machines = relay
        port = self._free_port(_port(str(self.settings.prometheus_url)))
        nodes = self._stack.start_node_exporter().url
        config = self._write(
            "prometheus/prometheus.yml",
            prometheus_config(
                exporters=Static([f"127.0.0.1:{exporter}" for exporter in exporter_ports]),
                workers=Static([f"127.0.0.1:{worker}" for worker in worker_ports]),
                relays=Static([machines.removeprefix("http://")]),
                nodes=Static([nodes.removeprefix("http://")]),
                alertmanagers=Static([alertmanager.removeprefix("http://")]),
                prometheus=Static([f"127.0.0.1:{port}"]),
                access={RELAY_JOB: Access(str(token))},
            ),
        )
        for name, text in rule_files(self._catalogue, f"{pages}/runbooks").items():
            self._write(f"prometheus/rules/{name}", text)
        return self._stack.start_prometheus(config, port=port, retention=_RETENTION).url

    def _start_grafana(self, prometheus: str, cases: str, relay: str) -> str | None:
        folder = self._stack.folder / "config" / "grafana"
        areas = areas_of(self.settings, self._catalogue)
        pages = render_dashboards(self._catalogue, cases.removesuffix("/cases"), relay, self._history, areas)
        for name, text in pages.items():
            self._write(f"grafana/{name}", text)
        variables = environment(folder / "dashboards", prometheus)
        service = self._stack.start_grafana(folder / "provisioning", env=variables)
        return None if service is None else service.url

    def _start_relay(self, url: str, variables: Mapping[str, str]) -> None:
        """The relay; it tells the contacts of the settings, or else writes its messages to a file."""
        contacts = self.settings.relay.contacts
        if contacts is None:
            contacts = self._write("contacts.yaml", _CONTACTS.format(messages=self.messages))
        for name, text in runbooks(self._catalogue).items():
            self._write(f"runbooks/{name}", text)
        own = {
            "IOC_RELAY_CONTACTS": str(contacts),
            "IOC_RELAY_DATABASE": str(self._stack.folder / "relay" / "relay.sqlite"),
            "IOC_RELAY_RUNBOOKS": str(self._stack.folder / "config" / "runbooks"),
            "IOC_RELAY_PORT": str(_port(url)),
        }
        self._stack.serve_python("relay", "ioc.cli", "relay", url=url, ready="/healthz", env={**variables, **own})

    def _duty_account(self) -> "_Duty":
        """The one account of the stack: it may do all."""
        password, token = self._secret("relay-password"), self._secret("relay-token")
        accounts = self._stack.folder / "config" / "accounts.yaml"
        duty = Account(
            name="Trực ban IOC",
            role=str(Role.ADMINISTRATOR),
            password=hash_of_password(password.read_text()),
            tokens_sha256=[hash_of_token(token.read_text())],
        )
        write_accounts(accounts, {DUTY: duty})
        return _Duty(accounts, password, token)

    def _secret(self, name: str) -> Path:
        """A file with a random secret, readable by its owner alone."""
        path = self._stack.folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        return path

    def _write(self, name: str, text: str) -> Path:
        path = self._stack.folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def _kind(variables: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name}={variables[name]}" for name in sorted(variables) if name in _KIND_OF_DATA)


def _port(url: str) -> int | None:
    return urlsplit(url).port
