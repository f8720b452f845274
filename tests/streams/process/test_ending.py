"""Every process ends when it must: told to, or by a fault of its own, whatever hangs, Kafka there or gone."""

import json
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from ioc.catalogue import Catalogue
from streams.kafka.topics import topic_admin
from streams.process.ending import TIME_LIMIT
from streams.settings.settings import load_settings
from streams.stack.children import Children
from streams.stack.kafka import Kafka
from tests.streams.gateway.sent import records_of
from tests.streams.process.faulty import FAULT
from tests.streams.process.installed import COMMANDS, HASH_KEY, OF_KAFKA, TOKEN, End, Installed, installed
from tests.streams.process.load import Load, load

pytestmark = pytest.mark.kafka

UNDER_LOAD = [name for name in COMMANDS if name != "worker"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[Kafka]:
    """A broker with an installation's topics, and nothing in them."""
    folder = tmp_path_factory.mktemp("broker")
    with Children(folder / "logs") as children, Kafka(children, folder / "broker") as broker:
        with topic_admin(load_settings(bootstrap_servers=broker.bootstrap, partitions=2)) as admin:
            admin.ensure(catalogue.subsystems)
        yield broker


@pytest.fixture(scope="module")
def without_kafka(broker: Kafka, tmp_path_factory: pytest.TempPathFactory) -> dict[str, End]:
    """How each ended that was told to while Kafka was gone."""
    with installed(broker.bootstrap, tmp_path_factory.mktemp("gone")) as all_of_it:
        all_of_it.start(*COMMANDS)
        all_of_it.wait_until_ready()
        broker.kill()
        try:
            return all_of_it.told_to_stop()
        finally:
            broker.start()


@pytest.fixture(scope="module")
def idle(broker: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installed, dict[str, End]]]:
    """How each ended whose main loop met a fault while it had nothing to do."""
    with installed(broker.bootstrap, tmp_path_factory.mktemp("idle")) as all_of_it:
        all_of_it.start(*COMMANDS)
        all_of_it.wait_until_ready()
        all_of_it.fault.touch()
        yield all_of_it, all_of_it.ends()


class Loaded(NamedTuple):
    """How each ended whose main loop met a fault while it had much to do; a worker's end is tested with its engine."""

    installed: Installed
    ends: dict[str, End]
    load: Load


@pytest.fixture(scope="module")
def loaded(broker: Kafka, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    settings = load_settings(bootstrap_servers=broker.bootstrap, partitions=2)
    with installed(broker.bootstrap, tmp_path_factory.mktemp("loaded")) as all_of_it:
        all_of_it.start(*UNDER_LOAD)
        all_of_it.wait_until_ready()
        with load(settings, catalogue, all_of_it.url("gateway"), all_of_it.relay_for_machines) as work:
            all_of_it.running["relay"].wait_until(lambda: work.is_under_way)
            all_of_it.fault.touch()
            ends = all_of_it.ends()
        yield Loaded(all_of_it, ends, work)


@pytest.fixture(scope="module")
def starting(broker: Kafka, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installed, dict[str, End]]:
    """How each ended whose main loop met a fault at once; their logs are in JSON."""
    with installed(broker.bootstrap, tmp_path_factory.mktemp("starting"), IOC_LOG_FORMAT="json") as all_of_it:
        all_of_it.fault.touch()
        all_of_it.start(*COMMANDS)
        return all_of_it, all_of_it.ends()


@pytest.mark.parametrize("name", COMMANDS)
def test_told_to_while_kafka_is_gone_it_ends_in_time(without_kafka: dict[str, End], name: str) -> None:
    assert without_kafka[name].code == 0
    assert without_kafka[name].seconds < TIME_LIMIT


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fault_while_idle_ends_it_in_time_and_is_told(idle: tuple[Installed, dict[str, End]], name: str) -> None:
    all_of_it, ends = idle
    assert ends[name].code == 1
    assert ends[name].seconds < TIME_LIMIT
    assert FAULT in all_of_it.last_lines(name)


@pytest.mark.parametrize("name", UNDER_LOAD)
def test_a_fault_under_load_ends_it_in_time_and_is_told(loaded: Loaded, name: str) -> None:
    assert loaded.ends[name].code == 1
    assert loaded.ends[name].seconds < TIME_LIMIT
    assert FAULT in loaded.installed.last_lines(name)


async def test_what_was_acknowledged_before_a_fault_is_there(loaded: Loaded, broker: Kafka) -> None:
    settings = load_settings(bootstrap_servers=broker.bootstrap, partitions=2)
    assert len(await records_of(settings, "environment", *loaded.load.events)) >= len(loaded.load.events)
    with closing(sqlite3.connect(loaded.installed.database)) as database:
        kept = {fingerprint for (fingerprint,) in database.execute("SELECT fingerprint FROM episodes")}
    assert kept >= set(loaded.load.alerts)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fault_at_the_start_ends_it(starting: tuple[Installed, dict[str, End]], name: str) -> None:
    assert starting[1][name].code == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_line_of_a_log_in_json_is_an_object_that_says_when_who_and_what(
    starting: tuple[Installed, dict[str, End]], name: str
) -> None:
    lines = starting[0].log(name)
    # The trail has lines of its own kind, which say when and who as it keeps them.
    said = [each for each in map(json.loads, lines) if each.keys() != {"trail"}]
    assert all({"time", "level", "logger", "message"} <= each.keys() for each in said)
    assert all(datetime.fromisoformat(each["time"]).utcoffset() == timedelta(0) for each in said)
    assert any(FAULT in each["message"] and "Traceback" in each.get("exception", "") for each in said)
    assert not any(secret in line for line in lines for secret in (TOKEN, HASH_KEY))
    assert not [each for each in said if each["logger"].startswith("kafka") and each["level"] == "INFO"]


def test_told_to_while_they_wait_for_kafka_at_the_start_all_end_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        with installed(f"{host}:{port}", tmp_path) as all_of_it:
            all_of_it.start(*OF_KAFKA)
            all_of_it.wait_until_signals_are_heard()
            ends = all_of_it.told_to_stop()
    assert {end.code for end in ends.values()} <= {0, 128 + signal.SIGTERM}
    assert max(end.seconds for end in ends.values()) < TIME_LIMIT
