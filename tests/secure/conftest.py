"""One secure broker for all tests of this folder, set up with our own commands as the docs say."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.alertmanager_config import alertmanager_config
from dashboards.prometheus_config import Access, Static, prometheus_config
from dashboards.rules.names import ALERTMANAGER_JOB, EXPORTER_JOB, GATEWAY_JOB, PROMETHEUS_JOB, RELAY_JOB, WORKER_JOB
from ioc.catalogue import load
from streams.settings.secrets.certificates import Authority
from streams.settings.secrets.folder import fill
from streams.stack.children import Children
from streams.stack.kafka import Kafka, Security
from streams.stack.monitoring import start_alertmanager, start_prometheus
from streams.stack.ports import free_port
from streams.stack.service import Service
from tests.secure.installation import PARTS, SERVERS, Installation
from tests.secure.page import Page
from tests.secure.servers import Logins, address_of, start_servers


@pytest.fixture(scope="package")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Certificates, users, grants and topics made; nothing runs yet."""
    folder = tmp_path_factory.mktemp("secure")
    authority = Authority(folder / "certificates")
    soon = datetime.now(UTC) + timedelta(days=1)
    for name in ("kafka", *(f"ioc-{part}" for part in SERVERS)):
        authority.issue(name, ["localhost", "127.0.0.1"], until=soon)
    security = Security(authority.folder / "kafka.pem", authority.cert_file)
    with (
        Children(folder / "logs") as below,
        Kafka(below, folder / "broker", heap="512m", security=security) as broker,
        Children(folder / "logs") as parts,
    ):
        made = Installation(folder, broker, authority, parts)
        setup = made.run("acls", "--apply", "--passwords", str(made.passwords), **made.with_certificate("kafka"))
        assert setup.returncode == 0, setup.stderr
        topics = made.run("topics", **made.as_user("admin"))
        assert topics.returncode == 0, topics.stderr
        yield made


@pytest.fixture(scope="package")
def running(installed: Installation) -> Page:
    """A worker that logs in with its password, and an exporter that shows its certificate; both serve HTTPS."""
    worker = installed.start_worker()
    installed.start("exporter", "exporter", **installed.with_certificate("ioc-exporter") | installed.web("exporter"))
    return Page(installed, worker)


@pytest.fixture(scope="package")
def logins(installed: Installation) -> Logins:
    """Who may ask Prometheus and Alertmanager, as `ioc secrets` has it."""
    folder = installed.folder / "logins"
    fill(folder, [], ["localhost"], datetime.now(UTC) + timedelta(days=1))
    return Logins(folder)


@pytest.fixture(scope="package")
def alertmanager(installed: Installation, logins: Logins) -> str:
    """An Alertmanager that asks who is there, and tells the relay by HTTPS."""
    file = installed.folder / "alertmanager.yml"
    url, token = address_of(installed, "relay"), str(installed.token("relay"))
    authority = str(installed.authority.cert_file)
    file.write_text(alertmanager_config(load(), url, token_file=token, ca_file=authority))
    folder, doorman = installed.folder / "alertmanager", logins.doorman("alertmanager")
    return start_alertmanager(installed.children, folder, file, doorman=doorman).url


@pytest.fixture(scope="package")
def served(installed: Installation, running: Page, alertmanager: str, logins: Logins) -> Installation:
    """All servers, once each answers who has its token."""
    start_servers(installed, alertmanager, logins)
    return installed


@pytest.fixture(scope="package")
def prometheus(served: Installation, logins: Logins, alertmanager: str) -> Service:
    """A Prometheus that scrapes all of them every second, and asks who asks it."""
    targets = {part: Static([f"127.0.0.1:{served.ports[part]}"]) for part in PARTS}
    authority, port = str(served.authority.cert_file), free_port()
    scraped = {job: Access(str(served.token(part)), authority) for part, job in JOBS.items()}
    asked = {
        job: Access(login=("prometheus", str(logins.password_file(server, "prometheus"))))
        for job, server in ((PROMETHEUS_JOB, "prometheus"), (ALERTMANAGER_JOB, "alertmanager"))
    }
    text = prometheus_config(
        exporters=targets["exporter"],
        workers=targets["worker"],
        gateways=targets["gateway"],
        relays=targets["relay"],
        nodes=Static([]),
        alertmanagers=Static([alertmanager.removeprefix("http://")]),
        prometheus=Static([f"127.0.0.1:{port}"]),
        interval="1s",
        access=scraped | asked,
    )
    config = served.folder / "prometheus-config" / "prometheus.yml"
    (config.parent / "rules").mkdir(parents=True)
    config.write_text(text)
    # That it comes to Alertmanager shows that its password does. It waits until Alertmanager is known: what was told to
    # nobody is told again a minute later.
    known = f'up{{job="{ALERTMANAGER_JOB}"}} == 1'
    rule = (
        f"groups: [{{name: t, rules: [{{alert: IocOfPrometheus, expr: '{known}', for: 3s, labels: {{class: page}}}}]}}]"
    )
    (config.parent / "rules" / "t.yml").write_text(rule)
    doorman = logins.doorman("prometheus")
    return start_prometheus(served.children, served.folder / "prometheus", config, port=port, doorman=doorman)


JOBS = {"exporter": EXPORTER_JOB, "worker": WORKER_JOB, "gateway": GATEWAY_JOB, "relay": RELAY_JOB}


@pytest.fixture
def refused(installed: Installation) -> Callable[..., str]:
    """Runs a command that must be refused; gives what it said, which must be one line."""

    def run(*arguments: str, **variables: str) -> str:
        done = installed.run(*arguments, **variables)
        assert done.returncode == 1, done.stdout
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        return lines[0]

    return run
