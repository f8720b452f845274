"""Three brokers with three copies of everything, of which two are enough."""

import asyncio
from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from streams.kafka.log_reader import read_latest
from streams.kafka.producer import Publisher
from streams.kafka.silence import AskingAgain
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, load_settings
from streams.stack.kafka import Kafka
from streams.stack.stack import Stack
from tests.streams.worker.workers import wait_until

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Kafka]]:
    with Stack(tmp_path_factory.mktemp("cluster")) as stack:
        yield stack.start_cluster().brokers


@pytest.fixture(scope="module")
def settings(brokers: list[Kafka]) -> Settings:
    settings = load_settings(bootstrap_servers=",".join(broker.bootstrap for broker in brokers), partitions=3)
    with topic_admin(settings) as admin:
        admin.ensure(["alpha"])
    return settings


async def publish(settings: Settings, *values: bytes) -> None:
    async with Publisher(settings) as publisher:
        for value in values:
            await publisher.send(settings.names.events("alpha"), value, value)


def kept(settings: Settings) -> set[bytes]:
    found = asyncio.run(read_latest(settings, settings.names.events("alpha")))
    return {value for records in found.values() for value in records.values()}


def test_every_topic_has_three_copies_of_which_two_must_have_what_is_acknowledged(settings: Settings) -> None:
    asyncio.run(publish(settings, b"one"))
    client = KafkaAdminClient(**settings.kafka_options())
    try:
        topics = {topic["name"]: topic["partitions"] for topic in client.describe_topics()}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
        config = client.describe_configs(asked, config_filter="all")["topic"]
    finally:
        client.close()
    assert topics.keys() >= {settings.names.state, settings.names.figures, settings.names.events("alpha")}
    assert {len(part["replica_nodes"]) for parts in topics.values() for part in parts} == {3}
    assert {config[name]["min.insync.replicas"]["value"] for name in topics} == {"2"}
    assert {config[name]["unclean.leader.election.enable"]["value"] for name in topics} == {"false"}


def given_up(asked: Kafka) -> set[int]:
    """The brokers that are gone, as far as one of them knows."""
    client = KafkaAdminClient(bootstrap_servers=asked.bootstrap)
    try:
        return {each["broker_id"] for each in AskingAgain(client).describe_cluster()["brokers"] if each["is_fenced"]}
    finally:
        client.close()


@pytest.mark.parametrize("victim", range(3))
def test_whichever_broker_is_killed_what_was_acknowledged_is_there_and_more_is_taken(
    brokers: list[Kafka], settings: Settings, victim: int
) -> None:
    before, meanwhile = b"before %d" % victim, b"without %d" % victim
    asyncio.run(publish(settings, before))
    brokers[victim].kill()
    asyncio.run(publish(settings, meanwhile))
    assert kept(settings) >= {before, meanwhile}
    brokers[victim].start()


def test_topics_can_be_made_while_the_others_still_know_a_broker_that_is_gone(
    brokers: list[Kafka], settings: Settings
) -> None:
    wait_until(lambda: not given_up(brokers[0]))
    brokers[1].kill()
    while not given_up(brokers[0]):
        with topic_admin(settings) as admin:
            assert admin.ensure(["alpha"]) == []
    brokers[1].start()
