"""`ioc heartbeat` sends what makes a feed heard: once, or until it is stopped."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from aiokafka.structs import ConsumerRecord

from ioc.catalogue import Catalogue
from ioc.engine.plan import compile_plan
from ioc.engine.subsystem_state import SubsystemState
from ioc.events.records import Batch
from streams.kafka.log_reader import LogReader
from streams.settings.settings import Settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def command(settings: Settings) -> Iterator[list[str]]:
    environment = {"IOC_BOOTSTRAP_SERVERS": settings.bootstrap_servers, "IOC_TOPIC_PREFIX": settings.topic_prefix}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, str(value))
        yield [sys.executable, "-m", "ioc.cli", "heartbeat"]


async def heartbeats(settings: Settings, subsystem: str, feed: str) -> list[ConsumerRecord]:
    """The feed's heartbeats in its subsystem's topic."""
    wanted, found = f"vn.phutho.{subsystem}.{feed}.heartbeat_sent.v1", []
    async with LogReader(settings, settings.names.events(subsystem)) as reader:
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                found += [record for record in records if json.loads(record.value).get("type") == wanted]
    return found


def run(command: list[str], feed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, feed], check=False, capture_output=True, text=True)


def stop_after(lines: int, command: list[str]) -> tuple[list[str], int]:
    """What a command said until it was told to stop, and how it ended."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGTERM)
        return told, process.wait()


async def test_one_heartbeat_is_told_in_one_line_and_makes_its_feed_heard(
    command: list[str], settings: Settings, catalogue: Catalogue
) -> None:
    done = await asyncio.to_thread(run, command, "citizen_feedback.portal")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert done.stdout.startswith("citizen_feedback.portal: heartbeat of ")
    [record] = await heartbeats(settings, "citizen_feedback", "portal")
    plan = compile_plan(catalogue).subsystems["citizen_feedback"]
    state = SubsystemState(plan, record.partition, settings.partitions)
    batch = Batch(
        "citizen_feedback", record.partition, [record.offset], [record.timestamp], [record.key], [record.value], [()]
    )
    assert list(state.apply(batch)) == []
    assert state.source.feeds["portal"].heard == record.timestamp


async def test_it_beats_until_it_is_stopped(command: list[str], settings: Settings) -> None:
    told, ended = await asyncio.to_thread(stop_after, 2, [*command, "health.hospitals", "--every", "1s"])
    assert ended == 0
    assert all(line.startswith("health.hospitals: heartbeat of ") for line in told)
    assert len(await heartbeats(settings, "health", "hospitals")) >= len(told)


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        ("environment.rain_gauges", "environment.rain_gauges has no heartbeat"),
        ("health.hospital", "there is no feed 'health.hospital': did you mean `health.hospitals`?"),
    ],
)
def test_a_feed_that_has_no_heartbeat_is_refused_in_one_line(command: list[str], feed: str, told: str) -> None:
    done = run(command, feed)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert told in done.stderr
