"""What the page of clients says of partitioners: which are right, which are when told, and that the others are not."""

import random
import shutil
from inspect import signature
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer

from ioc.events.partitioning import partition_of
from tests.clients.toolchains import needs, run
from tests.project.pages import steps

PAGE = Path(__file__).parents[2] / "docs/howto/clients.md"
PARTITIONS = 12
KEYS = ["viet_tri", "D-1", "ä", "a" * 127, *(f"{random.Random(7 * n).getrandbits(n):x}" for n in range(1, 200))]
RIGHT = [partition_of(key.encode(), PARTITIONS) for key in KEYS]
GO = """
go mod init partitions 2> go.log
go get github.com/IBM/sarama@v1.61.1 github.com/segmentio/kafka-go@v0.4.51 github.com/twmb/franz-go@v1.22.3 2>> go.log
go mod tidy 2>> go.log
go run . {0} < keys
"""


def test_aiokafka_is_right_by_default() -> None:
    partitioner = signature(AIOKafkaProducer.__init__).parameters["partitioner"].default
    every = list(range(PARTITIONS))
    assert [partitioner(key.encode(), every, every) for key in KEYS] == RIGHT


def test_kafka_python_is_right_by_default() -> None:
    every = set(range(PARTITIONS))
    cluster = SimpleNamespace(
        topics=lambda: {"t"}, partitions_for_topic=lambda _: every, available_partitions_for_topic=lambda _: every
    )
    partitioner = KafkaProducer.DEFAULT_CONFIG["partitioner"]
    assert [partitioner.partition("t", key, key.encode(), None, None, cluster) for key in KEYS] == RIGHT


@pytest.mark.clients
@pytest.mark.timeout(1200)
async def test_of_the_clients_of_go_one_is_right_by_default_and_two_when_told(tmp_path: Path) -> None:
    needs("go")
    shutil.copy(Path(__file__).with_name("partitions") / "main.go", tmp_path)
    (step,) = [step for step in steps(PAGE) if step.title == "murmur2.go"]
    (tmp_path / step.title).write_text(step.text)
    (tmp_path / "keys").write_text("".join(f"{key}\n" for key in KEYS))
    printed = await run(GO.format(PARTITIONS), tmp_path, {})
    franz, segmentio, sarama, untold = zip(*(map(int, line.split()) for line in printed.splitlines()), strict=True)
    assert [*franz] == [*segmentio] == [*sarama] == RIGHT
    assert [*untold] != RIGHT
