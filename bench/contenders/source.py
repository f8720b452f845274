"""Records straight from aiokafka, with the settings of the product's worker, without a group."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord, TopicPartition

from bench.contenders.task import Task


async def batches(task: Task) -> AsyncIterator[list[ConsumerRecord]]:
    """The records of the task's topic, one list per partition and poll, until all of them were processed."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=task.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=1024 * 1024,
        check_crcs=False,
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(task.topic, index) for index in task.assignment])
        await consumer.seek_to_beginning()
        while not task.done:
            fetched = await consumer.getmany(timeout_ms=1000, max_records=4096)
            for records in fetched.values():
                yield records
    finally:
        await consumer.stop()
