"""One secure broker for all tests of this folder, set up with our own commands as the docs say."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from streams.secrets.certificates import Authority
from streams.stack.children import Children
from streams.stack.kafka import Kafka, Security
from tests.secure.installation import PARTS, Installation
from tests.secure.page import Page


@pytest.fixture(scope="package")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Certificates, users, grants and topics made; nothing runs yet."""
    folder = tmp_path_factory.mktemp("secure")
    authority = Authority(folder / "certificates")
    soon = datetime.now(UTC) + timedelta(days=1)
    for name in ("kafka", *(f"ioc-{part}" for part in PARTS)):
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
