"""The first broker is silent, as behind a network that fails: it takes connections and answers none."""

import ast
import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import streams
from streams.gateway.outbox import Outbox
from streams.kafka.log_reader import LogReader
from streams.kafka.producer import Publisher
from streams.kafka.source_ends import SourceEnds
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, load_settings
from streams.worker.checkpoint_writer import CheckpointWriter
from tests.streams.worker.workers import wait_until, workers

LIMIT = 20.0
"""Seconds: half of what aiokafka waits for the silent one alone."""
ROOMS = Path(streams.__file__).parent


@pytest.fixture
def settings(installation: Callable[..., Settings]) -> Iterator[Settings]:
    answering = installation(partitions=1)
    with topic_admin(answering) as admin:
        admin.ensure(["alpha"])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        brokers = f"127.0.0.1:{silent.getsockname()[1]},{answering.bootstrap_servers}"
        yield load_settings(bootstrap_servers=brokers, topic_prefix=answering.topic_prefix, partitions=1)


async def read(settings: Settings) -> None:
    async with LogReader(settings, settings.names.figures) as reader:
        assert reader.caught_up


async def look(settings: Settings) -> None:
    ends, looked = SourceEnds(settings, ["alpha"]), asyncio.Event()
    watching = asyncio.create_task(ends.watch(looked.set))
    await looked.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def publish(settings: Settings) -> None:
    async with Publisher(settings) as publisher:
        await publisher.send(settings.names.events("alpha"), b"key", b"value")


async def take(settings: Settings) -> None:
    async with Outbox(settings, ["alpha"], patience=30.0, room=1_000_000):
        pass


async def checkpoint(settings: Settings) -> None:
    writer = CheckpointWriter(settings, 0)
    await writer.open()
    await writer.close()


@pytest.mark.kafka
@pytest.mark.parametrize("use", [read, look, publish, take, checkpoint])
async def test_whoever_begins_at_a_silent_broker_goes_on_to_the_next(
    settings: Settings, use: Callable[[Settings], Awaitable[None]]
) -> None:
    async with asyncio.timeout(LIMIT):
        await use(settings)


@pytest.mark.kafka
def test_a_worker_starts_though_the_first_broker_is_silent(settings: Settings, tmp_path: Path) -> None:
    with workers(settings, tmp_path) as start:
        worker = start()
        wait_until(lambda: worker.owned() == {0})


def test_every_client_of_the_product_bears_silence() -> None:
    made, bearing = set(), set()
    for file in ROOMS.rglob("*.py"):
        called = {
            node.func.id
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if called & {"AIOKafkaConsumer", "AIOKafkaProducer"}:
            made.add(file.name)
            if called & {"bear_silence", "begin_elsewhere"}:
                bearing.add(file.name)
    assert {"checkpoint_writer.py", "log_reader.py", "outbox.py"} <= made == bearing
