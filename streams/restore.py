"""Reading back what the checkpoints of a partition index wrote."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from streams.settings import Settings

log = logging.getLogger(__name__)

_POLL_MS = 200
_POLL_RECORDS = 10_000
_FETCH_BYTES = 4 * 1024 * 1024


class Superseded(Exception):
    """Another rebalance began: what was being restored may belong to another worker."""


@dataclass(slots=True)
class Live:
    """The newest value of every key of one partition, deleted keys left out."""

    state: dict[bytes, bytes] = field(default_factory=dict)
    figures: dict[bytes, bytes] = field(default_factory=dict)


async def read_live(settings: Settings, index: int, wanted: Callable[[], bool]) -> Live:
    """Read partition `index` of the state and the figures up to the end they have now, committed records only.

    Raises:
        Superseded: `wanted` turned false.
        aiokafka.errors.KafkaError: the broker failed.
    """
    names = settings.names
    live = Live()
    targets = {TopicPartition(names.state, index): live.state, TopicPartition(names.figures, index): live.figures}
    consumer = AIOKafkaConsumer(
        **settings.kafka_options(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
        check_crcs=False,
    )
    await consumer.start()
    try:
        consumer.assign(list(targets))
        await consumer.seek_to_beginning(*targets)
        ends = await consumer.end_offsets(list(targets))
        while [tp for tp in targets if await consumer.position(tp) < ends[tp]]:
            if not wanted():
                raise Superseded(f"partition {index}")
            for tp, records in (await consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)).items():
                _compact(records, targets[tp])
    finally:
        await consumer.stop()
    return live


def _compact(records: list, live: dict[bytes, bytes]) -> None:
    for record in records:
        if record.value is None:
            live.pop(record.key, None)
        else:
            live[record.key] = record.value
