import asyncio
import os
from collections.abc import Callable

import pytest
from aiokafka.structs import ConsumerRecord

from ioc.events.partitioning import partition_of
from streams.kafka.log_reader import LogReader
from streams.kafka.producer import MessageTooLargeError, Publisher, PublishError
from streams.kafka.topics import MAX_MESSAGE_BYTES, Drift, topic_admin
from streams.settings.names import Names
from streams.settings.settings import Settings, load_settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(installation: Callable[..., Settings]) -> Settings:
    made = installation()
    with topic_admin(made) as admin:
        admin.ensure(["health"])
    return made


@pytest.fixture
def topic(settings: Settings) -> str:
    return Names(settings.topic_prefix).events("health")


async def read(settings: Settings, topic: str) -> list[ConsumerRecord]:
    found: list[ConsumerRecord] = []
    async with asyncio.timeout(60), LogReader(settings, topic) as reader:
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                found += records
    return found


async def test_every_record_arrives_once_in_order_in_the_partition_of_its_key(settings: Settings, topic: str) -> None:
    async with Publisher(settings) as publisher:
        for number in range(20_000):
            await publisher.send(topic, b"dossier-%d" % (number % 7), b"%d %s" % (number, b"x" * 200))
    assert publisher.delivered == 20_000
    records = await read(settings, topic)
    assert sorted(int(record.value.split()[0]) for record in records) == [*range(20_000)]
    assert all(record.partition == partition_of(record.key, 3) for record in records)
    for partition in range(3):
        numbers = [int(record.value.split()[0]) for record in records if record.partition == partition]
        assert numbers == sorted(numbers)


async def test_concurrent_senders_lose_nothing(settings: Settings, topic: str) -> None:
    async def sender(name: int) -> None:
        for number in range(2_000):
            await publisher.send(topic, b"one-key", b"%d %d %s" % (name, number, b"x" * 500))

    async with Publisher(settings) as publisher:
        await asyncio.gather(*map(sender, range(5)))
    records = await read(settings, topic)
    assert len(records) == 10_000
    for name in range(5):
        own = [record.value.split() for record in records if int(record.value.split()[0]) == name]
        assert [int(words[1]) for words in own] == [*range(2_000)]


async def test_headers_tombstones_and_partitions_arrive_as_given(settings: Settings, topic: str) -> None:
    async with Publisher(settings) as publisher:
        await publisher.send(topic, b"k", None, [("ce_id", b"1")], partition=2)
        await publisher.send(topic, None, b"v", partition=1)
    found = {record.partition: (record.key, record.value, record.headers) for record in await read(settings, topic)}
    assert found == {2: (b"k", None, (("ce_id", b"1"),)), 1: (None, b"v", ())}


async def test_records_arrive_though_no_batch_is_full_and_nobody_flushes(settings: Settings, topic: str) -> None:
    async with asyncio.timeout(30), Publisher(settings) as publisher, LogReader(settings, topic) as reader:
        await publisher.send(topic, b"k", b"v")
        while not await reader.poll():
            pass


async def test_a_message_of_nearly_four_mebibytes_arrives(settings: Settings, topic: str) -> None:
    value = os.urandom(MAX_MESSAGE_BYTES - 2048)
    async with Publisher(settings) as publisher:
        await publisher.send(topic, b"k", value)
    assert [record.value for record in await read(settings, topic)] == [value]


async def test_a_larger_message_is_refused_and_the_others_arrive(settings: Settings, topic: str) -> None:
    async with Publisher(settings) as publisher:
        await publisher.send(topic, b"k", b"before")
        with pytest.raises(MessageTooLargeError, match="the record with key big has 4195331 bytes"):
            await publisher.send(topic, b"big", b"x" * MAX_MESSAGE_BYTES)
        await publisher.send(topic, b"k", b"after")
    assert [record.value for record in await read(settings, topic)] == [b"before", b"after"]


async def test_what_the_broker_refuses_surfaces_and_stops_the_publisher(settings: Settings, topic: str) -> None:
    with topic_admin(settings) as admin:
        await asyncio.to_thread(admin.repair, [Drift(topic, "max.message.bytes", "10000", None)])
    refused = r"stopped after 0 delivered records: .* 1 records not delivered: larger than the topic's max\.message"
    with pytest.raises(PublishError, match=refused):  # noqa: PT012 (leaving the context raises too)
        async with Publisher(settings) as publisher:
            await publisher.send(topic, b"k", os.urandom(20_000))
            with pytest.raises(PublishError, match=refused):
                await publisher.flush()
            with pytest.raises(PublishError, match=refused):
                await publisher.send(topic, b"k", b"v")


async def test_a_broker_that_does_not_answer_is_named() -> None:
    with pytest.raises(PublishError, match=r"no Kafka broker answers at 127\.0\.0\.1:1"):
        async with Publisher(load_settings(bootstrap_servers="127.0.0.1:1")):
            pass


async def test_a_record_without_key_and_partition_is_refused(settings: Settings, topic: str) -> None:
    async with Publisher(settings) as publisher:
        with pytest.raises(ValueError, match="needs a key or a partition"):
            await publisher.send(topic, None, b"v")
        with pytest.raises(ValueError, match="has partitions 0 to 2, not 3"):
            await publisher.send(topic, b"k", b"v", partition=3)
