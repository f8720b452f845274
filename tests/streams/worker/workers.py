"""What the worker's tests need: real worker processes, published events, and the exact totals of the log."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient, TopicPartition

import streams
from streams.kafka.restore import read_checkpoint
from streams.kafka.topics import topic_admin
from streams.settings.names import Names
from streams.settings.settings import Settings
from streams.stack.ports import free_port

SUBSYSTEMS = ("alpha", "beta")
ROOT = Path(streams.__file__).parent.parent
COUNTING = (sys.executable, str(Path(__file__).with_name("counting_worker.py")))
IOC = (sys.executable, "-m", "ioc.cli", "worker")


class WorkerProcess:
    """A worker in its own process, and what its platform metrics say."""

    def __init__(self, settings: Settings, log: Path, program: Sequence[str] = COUNTING, **environment: str) -> None:
        self.log = log
        self.port = free_port()
        given = {
            "IOC_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "IOC_TOPIC_PREFIX": settings.topic_prefix,
            "IOC_PARTITIONS": str(settings.partitions),
            "IOC_WORKER_SESSION_TIMEOUT": str(settings.worker_session_timeout),
            "IOC_WORKER_METRICS_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }
        if settings.source_prefix is not None:
            given["IOC_SOURCE_PREFIX"] = settings.source_prefix
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                program,
                env=os.environ | given | environment,
                stdout=output,
                stderr=output,
            )

    def metrics(self) -> list[str]:
        """The lines of its metrics; none while it is not there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as reply:
                return reply.read().decode().splitlines()
        except OSError:
            return []

    def answer(self, path: str) -> tuple[int, str]:
        """Status and text of a page of it; status 0 while it is not there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def value(self, name: str) -> float:
        """The sum of a metric's samples."""
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.metrics() if line.split("{")[0].split(" ")[0] == name)

    def owned(self) -> set[int]:
        """The partition indexes whose state it holds."""
        ages = [line for line in self.metrics() if line.startswith("ioc_worker_checkpoint_age_seconds{")]
        return {int(line.split('"')[1]) for line in ages}

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash would (kill -9)."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """Stop it in order and return its exit code."""
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def workers(
    settings: Settings, folder: Path, program: Sequence[str] = COUNTING, subsystems: Sequence[str] = SUBSYSTEMS
) -> Iterator[Callable[..., WorkerProcess]]:
    """Makes worker processes; none outlives the test."""
    with topic_admin(settings) as admin:
        admin.ensure(subsystems)
    started: list[WorkerProcess] = []

    def start(**environment: str) -> WorkerProcess:
        started.append(WorkerProcess(settings, folder / f"worker-{len(started)}.log", program, **environment))
        return started[-1]

    try:
        yield start
    finally:
        running = [worker for worker in started if worker.process.poll() is None]
        for worker in running:
            worker.signal(signal.SIGCONT)
            worker.process.terminate()
        for worker in running:
            try:
                worker.process.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()


def publish(settings: Settings, count: int, start: int = 0) -> None:
    """Publish `count` events, half of them to each subsystem, with 200 different keys."""
    asyncio.run(_publish(settings, range(start, start + count)))


async def _publish(settings: Settings, numbers: range) -> None:
    names = Names(settings.topic_prefix)
    producer = AIOKafkaProducer(**settings.kafka_options(), compression_type="zstd", linger_ms=20)
    await producer.start()
    for number in numbers:
        topic = names.events(SUBSYSTEMS[number % 2])
        await producer.send(topic, b"%d " % number + bytes(100), key=b"key-%d" % (number % 200))
    await producer.stop()


def send(settings: Settings, subsystem: str, value: bytes) -> None:
    """Publish one record."""

    async def send_one() -> None:
        async with AIOKafkaProducer(**settings.kafka_options()) as producer:
            await producer.send_and_wait(Names(settings.topic_prefix).events(subsystem), value, key=b"key")

    asyncio.run(send_one())


def publish_in_transactions(settings: Settings, commits: Sequence[bool], each: int) -> None:
    """Publish `each` events to alpha per transaction; those that do not commit are aborted."""
    asyncio.run(_publish_in_transactions(settings, commits, each))


async def _publish_in_transactions(settings: Settings, commits: Sequence[bool], each: int) -> None:
    topic = Names(settings.topic_prefix).events("alpha")
    producer = AIOKafkaProducer(**settings.kafka_options(), transactional_id=f"{settings.topic_prefix}-feed")
    await producer.start()
    for commit in commits:
        await producer.begin_transaction()
        for number in range(each):
            await producer.send(topic, b"{}", key=b"key-%d" % number)
        await producer.flush()
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    await producer.stop()


def overwrite_state(settings: Settings, index: int, key: bytes, value: bytes) -> None:
    """Write a record into the state that no checkpoint's header knows of."""

    async def write() -> None:
        async with AIOKafkaProducer(**settings.kafka_options()) as producer:
            await producer.send_and_wait(Names(settings.topic_prefix).state, value, key=key, partition=index)

    asyncio.run(write())


def committed(settings: Settings) -> int:
    """The sum of the group's committed offsets."""
    admin = KafkaAdminClient(**settings.kafka_options())
    try:
        group = Names(settings.topic_prefix).group
        return sum(offset.offset for offset in admin.list_group_offsets([group])[group].values())
    finally:
        admin.close()


def end(settings: Settings) -> int:
    """The sum of the source topics' end offsets."""
    with topic_admin(settings) as admin:
        states = [state for state in admin.states() if ".events." in state.name]
    return sum(offset for state in states for offset in state.end_offsets.values())


def delete_records(settings: Settings, subsystem: str, index: int, before: int) -> None:
    """Let the broker forget the records of a source partition below an offset, as retention does."""
    admin = KafkaAdminClient(**settings.kafka_options())
    try:
        admin.delete_records({TopicPartition(Names(settings.topic_prefix).events(subsystem), index): before})
    finally:
        admin.close()


def expected(count: int) -> Counter[str]:
    """What must be counted after `count` events."""
    return Counter(f"{SUBSYSTEMS[number % 2]}/key-{number % 200}" for number in range(count))


def counted(settings: Settings) -> Counter[str]:
    """What the checkpoints in the log say now."""
    return asyncio.run(_counted(settings))


async def _counted(settings: Settings) -> Counter[str]:
    total: Counter[str] = Counter()
    partitions = [read_checkpoint(settings, index, lambda: True) for index in range(settings.partitions)]
    for live in await asyncio.gather(*partitions):
        for value in live.state.values():
            total.update(json.loads(value))
    return total


def wait_until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for a condition that must come true; raises AssertionError if it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.3)


def wait_for_total(settings: Settings, count: int, seconds: float = 120.0) -> None:
    """Wait until `count` events are counted; never may there be more."""

    def complete() -> bool:
        total = counted(settings).total()
        assert total <= count, f"{total} counted of {count}"
        return total == count

    wait_until(complete, seconds)
