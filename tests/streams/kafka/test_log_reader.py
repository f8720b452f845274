import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from streams.kafka.log_reader import LogError, LogReader, read_latest
from streams.kafka.topics import topic_admin
from streams.settings.names import Names
from streams.settings.settings import Settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(installation: Callable[..., Settings]) -> Settings:
    made = installation()
    with topic_admin(made) as admin:
        admin.ensure([])
    return made


@pytest.fixture
def topic(settings: Settings) -> str:
    return Names(settings.topic_prefix).state


@pytest.fixture
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    options = settings.kafka_options()
    async with AIOKafkaProducer(**options, transactional_id=settings.topic_prefix) as started:
        yield started


async def write(
    producer: AIOKafkaProducer, topic: str, partition: int, pairs: dict[bytes, bytes | None], commit: bool = True
) -> None:
    await producer.begin_transaction()
    for key, value in pairs.items():
        await producer.send(topic, key=key, value=value, partition=partition)
    await (producer.commit_transaction() if commit else producer.abort_transaction())


async def test_the_newest_value_of_each_key_is_live(producer: AIOKafkaProducer, settings: Settings, topic: str) -> None:
    await write(producer, topic, 0, {b"a": b"1", b"b": b"1"})
    await write(producer, topic, 0, {b"a": b"2", b"c": b"1"})
    await write(producer, topic, 2, {b"a": b"3"})
    assert await read_latest(settings, topic) == {0: {b"a": b"2", b"b": b"1", b"c": b"1"}, 1: {}, 2: {b"a": b"3"}}


async def test_deleted_keys_are_not_live(producer: AIOKafkaProducer, settings: Settings, topic: str) -> None:
    await write(producer, topic, 1, {b"a": b"1", b"b": b"1"})
    await write(producer, topic, 1, {b"a": None})
    assert await read_latest(settings, topic, [1]) == {1: {b"b": b"1"}}


async def test_aborted_records_are_not_read_and_do_not_hold_the_reader_up(
    producer: AIOKafkaProducer, settings: Settings, topic: str
) -> None:
    await write(producer, topic, 0, {b"a": b"1"})
    await write(producer, topic, 0, {b"a": b"2"}, commit=False)
    async with asyncio.timeout(20):
        assert await read_latest(settings, topic, [0]) == {0: {b"a": b"1"}}


async def test_a_reader_goes_on_after_it_has_caught_up(
    producer: AIOKafkaProducer, settings: Settings, topic: str
) -> None:
    await write(producer, topic, 0, {b"a": b"1"})
    async with LogReader(settings, topic) as reader:
        assert not reader.caught_up
        async with asyncio.timeout(20):
            before = [record.key for records in await until_caught_up(reader) for record in records]
            await write(producer, topic, 2, {b"z": b"1"})
            while not (later := await reader.poll()):
                pass
        assert before == [b"a"]
        assert [record.key for record in later[2]] == [b"z"]


async def until_caught_up(reader: LogReader) -> list[list[ConsumerRecord]]:
    found: list[list[ConsumerRecord]] = []
    while not reader.caught_up:
        found += (await reader.poll()).values()
    return found


async def test_an_empty_topic_is_caught_up_with_at_once(settings: Settings, topic: str) -> None:
    async with LogReader(settings, topic) as reader:
        assert reader.caught_up


async def test_a_topic_that_does_not_exist_is_named_and_not_made(settings: Settings) -> None:
    with pytest.raises(LogError, match="there is no topic nowhere"):
        await read_latest(settings, "nowhere")
    with topic_admin(settings.model_copy(update={"topic_prefix": "nowhere"})) as admin:
        assert admin.states() == []


async def test_a_partition_that_does_not_exist_is_refused(settings: Settings, topic: str) -> None:
    with pytest.raises(LogError, match="has 3 partitions"):
        await read_latest(settings, topic, [3])
