import signal
import socket
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from streams.stack.cache import SetupError
from streams.stack.children import ChildFailed, Children
from streams.stack.kafka import Kafka

pytestmark = pytest.mark.kafka


def create_topic(bootstrap: str, name: str, **config: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1, topic_configs=config)])
    finally:
        admin.close()


async def produce(bootstrap: str, topic: str, *values: bytes, commit: bool = True) -> None:
    """Write `values` in one transaction."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=f"{topic}-writer", max_request_size=4 * 1024 * 1024 + 1024
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        for value in values:
            await producer.send_and_wait(topic, value)
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


async def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """The first `count` committed values of `topic`."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_committed_transactions_are_read_and_aborted_ones_are_not(kafka: str) -> None:
    create_topic(kafka, "stack.transactions")
    await produce(kafka, "stack.transactions", b"first", b"second")
    await produce(kafka, "stack.transactions", b"aborted", commit=False)
    await produce(kafka, "stack.transactions", b"third")
    assert await consume(kafka, "stack.transactions", 3) == [b"first", b"second", b"third"]


async def test_topic_may_take_messages_of_four_mebibytes(kafka: str) -> None:
    create_topic(kafka, "stack.large", **{"max.message.bytes": str(4 * 1024 * 1024)})
    value = bytes(4 * 1024 * 1024 - 1024)
    await produce(kafka, "stack.large", value)
    assert await consume(kafka, "stack.large", 1) == [value]


def test_broker_listens_on_one_loopback_address_only(kafka: str) -> None:
    port = int(kafka.rpartition(":")[2])
    # A server on all addresses would answer here too.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.slow
async def test_killed_broker_comes_back_at_the_same_address_with_its_data(tmp_path: Path) -> None:
    with Children(tmp_path / "logs") as children, Kafka(children, tmp_path / "broker", heap="512m") as broker:
        address = broker.bootstrap
        create_topic(address, "kept")
        await produce(address, "kept", b"before")
        broker.kill()
        assert broker.child.exit_code == -signal.SIGKILL
        broker.start()
        assert broker.bootstrap == address
        await produce(address, "kept", b"after")
        assert await consume(address, "kept", 2) == [b"before", b"after"]

        broker.stop()
        again = Kafka(children, tmp_path / "broker", heap="512m")
        again.start()
        assert again.bootstrap != address
        assert await consume(again.bootstrap, "kept", 2) == [b"before", b"after"]


def test_broker_that_refuses_its_properties_says_why(tmp_path: Path) -> None:
    with Children(tmp_path / "logs") as children:
        broker = Kafka(children, tmp_path / "broker", properties={"num.io.threads": "many"})
        with pytest.raises(ChildFailed, match=r"num\.io\.threads"):
            broker.start()


def test_a_broker_whose_port_is_taken_says_which_and_what_to_set(kafka: str, tmp_path: Path) -> None:
    with Children(tmp_path / "logs") as children:
        broker = Kafka(children, tmp_path / "broker", port=int(kafka.rpartition(":")[2]))
        with pytest.raises(SetupError, match=f"Kafka cannot listen on {kafka}: .*IOC_BOOTSTRAP_SERVERS"):
            broker.start()


def test_another_broker_on_its_port_is_not_taken_for_it(kafka: str, tmp_path: Path) -> None:
    with Children(tmp_path / "logs") as children:
        broker = Kafka(children, tmp_path / "broker", port=int(kafka.rpartition(":")[2]))
        (tmp_path / "broker" / "data").mkdir(parents=True)
        (tmp_path / "broker" / "data" / "meta.properties").write_text("version=1\ncluster.id=another\n")
        with pytest.raises(SetupError, match=f"Kafka cannot listen on {kafka}: another process does"):
            broker.answers()
