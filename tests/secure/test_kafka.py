"""Kafka with TLS, logins and grants: what is allowed works end to end, all else is refused in one clear line."""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.kafka.access import Grant, planned_grants, users
from streams.kafka.log_reader import LogError, LogReader
from streams.kafka.producer import Publisher, PublishError
from streams.kafka.topics import topic_admin
from streams.settings.names import Names
from streams.settings.secrets.certificates import Authority
from streams.settings.settings import Settings
from tests.secure.installation import Installation, catalogue
from tests.secure.page import Page

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]
STATISTICS = "ioc.events.statistics"
WRONG = "wr0ng-passw0rd"
Refused = Callable[..., str]


async def send(settings: Settings, topic: str, value: bytes = b"{}") -> None:
    async with Publisher(settings) as publisher:
        await publisher.send(topic, b"key", value)


async def read(settings: Settings, topic: str) -> None:
    async with LogReader(settings, topic) as reader:
        while not reader.caught_up:
            await reader.poll()


def total(persons: int) -> str:
    return f'ioc_statistics_people_settled_persons{{window="total"}} {float(persons)}'


def test_an_event_sent_by_its_feed_is_a_figure_on_the_page(installed: Installation, running: Page) -> None:
    published = installed.publish("feed-statistics.reporting", range(20))
    assert published.returncode == 0, published.stderr
    running.wait_for(total(40))


def test_what_cannot_be_applied_is_a_dead_letter_that_the_reader_sees(installed: Installation, running: Page) -> None:
    asyncio.run(
        send(installed.settings(installed.as_user("feed-statistics.reporting")), STATISTICS, b'{"not": "an event"}')
    )
    end = time.monotonic() + 120
    while "statistics/" not in (listed := installed.run("dlq", "list", **installed.as_user("dead-letters"))).stdout:
        assert time.monotonic() < end, listed.stdout + listed.stderr
        time.sleep(0.5)


def test_a_feed_that_writes_to_anothers_topic_is_refused_and_nothing_arrives(installed: Installation) -> None:
    before = installed.records(STATISTICS)
    done = installed.publish("feed-health.hospitals", range(100, 103))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "the Kafka user ioc-feed-health.hospitals may not write ioc.events.statistics" in done.stderr
    assert "IOC_SASL_USERNAME" in done.stderr
    assert "`ioc acls --apply`" in done.stderr
    assert installed.records(STATISTICS) == before


def test_a_wrong_password_is_refused_in_one_line(installed: Installation, refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(WRONG)
    tell_the_password(refused("topics", **installed.as_user("worker", sasl_password_file=file)))


def tell_the_password(said: str) -> None:
    assert "does not know the Kafka user ioc-worker with this password" in said
    assert "IOC_SASL_PASSWORD_FILE" in said
    assert WRONG not in said


def test_an_expired_certificate_is_refused_in_one_line(installed: Installation, refused: Refused) -> None:
    installed.authority.issue("expired", until=datetime.now(UTC) - timedelta(days=2))
    said = refused("topics", **installed.with_certificate("expired"))
    assert re.search(r"IOC_CERT_FILE: the certificate \S+expired.crt expired on .*: put a renewed one there", said)


def test_a_certificate_of_a_strange_authority_is_refused_in_one_line(
    installed: Installation, refused: Refused, tmp_path: Path
) -> None:
    strange = Authority(tmp_path).issue("ioc-worker", until=datetime.now(UTC) + timedelta(days=1))
    said = refused("topics", **installed.with_certificate("kafka", cert_file=strange.cert, key_file=strange.key))
    assert f"does not accept {strange.cert}: set IOC_CERT_FILE" in said


def test_a_broker_that_our_authority_does_not_vouch_for_is_not_trusted(
    installed: Installation, refused: Refused, tmp_path: Path
) -> None:
    said = refused("topics", **installed.as_user("admin", ca_file=Authority(tmp_path).cert_file))
    assert "shows a certificate that does not hold" in said
    assert "set IOC_CA_FILE" in said


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
def test_without_a_login_nobody_gets_in(protocol: str, installed: Installation, refused: Refused) -> None:
    said = refused("topics", **installed.as_user("admin", security_protocol=protocol))
    assert "IOC_BOOTSTRAP_SERVERS" in said
    assert "IOC_SECURITY_PROTOCOL" in said


FORBIDDEN = {
    "a feed reads nothing": ("feed-statistics.reporting", read, STATISTICS),
    "the exporter writes no figures": ("exporter", send, "ioc.figures"),
    "the exporter reads no events": ("exporter", read, STATISTICS),
    "the worker sends no events": ("worker", send, STATISTICS),
    "the gateway reads no events": ("gateway", read, STATISTICS),
    "the gateway writes no figures": ("gateway", send, "ioc.figures"),
    "the pages of cases read no events": ("cases", read, STATISTICS),
    "the pages of cases read no dead letters": ("cases", read, "ioc.dead-letters"),
    "the pages of cases write no state": ("cases", send, "ioc.state"),
    "who reads dead letters reads no events": ("dead-letters", read, STATISTICS),
    "who reads dead letters reads no state": ("dead-letters", read, "ioc.state"),
    "who reads dead letters sends none": ("dead-letters", send, "ioc.dead-letters"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nobody_may_do_more_than_needed(what: str, installed: Installation) -> None:
    role, attempt, topic = FORBIDDEN[what]
    work: Coroutine[None, None, None] = attempt(installed.settings(installed.as_user(role)), topic)
    with pytest.raises((PublishError, LogError), match=rf"the Kafka user ioc-{role} may not"):
        asyncio.run(work)


def test_the_gateway_may_write_every_feeds_topic(installed: Installation) -> None:
    gateway = installed.settings(installed.as_user("gateway"))
    before = installed.records("ioc.events.tourism")
    asyncio.run(send(gateway, "ioc.events.tourism"))
    assert installed.records("ioc.events.tourism") == before + 1


def test_grants_applied_once_are_not_changed_again(installed: Installation) -> None:
    again = installed.run("acls", **installed.as_user("admin"))
    assert again.returncode == 0, again.stdout
    assert re.search(r"^\d+ grants, 0 differ$", again.stdout, re.MULTILINE)


def test_a_grant_that_the_catalogue_does_not_know_is_found_and_taken_back(installed: Installation) -> None:
    settings = installed.settings(installed.as_user("admin"))
    planned = planned_grants(settings.names, catalogue().subsystems)
    too_much = Grant("ioc-feed-health.hospitals", "TOPIC", STATISTICS, "WRITE")
    with topic_admin(settings) as admin:
        admin.access.apply(admin.access.compare([*planned, too_much]))
    shown = installed.run("acls", **installed.as_user("admin"))
    assert shown.returncode == 1
    assert shown.stdout.count("superfluous") == 1
    assert "taken back" in installed.run("acls", "--apply", **installed.as_user("admin")).stdout
    assert installed.run("acls", **installed.as_user("admin")).returncode == 0


def test_what_comes_while_a_worker_is_refused_is_counted_later(
    installed: Installation, running: Page, refused: Refused
) -> None:
    running.worker.stop()
    assert installed.publish("feed-statistics.reporting", range(20, 25)).returncode == 0
    wrong = installed.folder / "wrong-password"
    wrong.write_text(WRONG)
    tell_the_password(refused("worker", **installed.as_user("worker", sasl_password_file=wrong)))
    installed.start_worker()
    running.wait_for(total(50))


def command_lines() -> dict[str, str]:
    """How every process of this machine was started."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # It has ended meanwhile.
            found[str(file)] = file.read_text(errors="replace")
    return found


def test_no_secret_is_in_a_log_an_error_or_the_list_of_processes(installed: Installation, running: Page) -> None:
    keys = [file.read_text().splitlines()[1] for file in installed.authority.folder.glob("*.key")]
    known = [file.read_text().strip() for file in installed.passwords.iterdir()]
    assert len(known) == len(users(Names("ioc"), catalogue().subsystems))
    known += [file.read_text().strip() for file in installed.folder.glob("*-token")]
    told = {
        **{log.name: log.read_text(errors="replace") for log in installed.children.logs.iterdir()},
        **{f"output {number}": said for number, said in enumerate(installed.said)},
        **command_lines(),
        "page": running.get().text,
    }
    assert any("kafka.Kafka" in text for text in told.values())
    assert any("ioc.cli" in text for text in told.values())
    found = [name for name, text in told.items() if any(secret in text for secret in [*keys, *known, WRONG])]
    assert found == []
