"""What a writer of checkpoints says when another one has taken over."""

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from ioc.events.records import Checkpoint, Record
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import CheckpointWriter, Fenced, OutcomeUnknown

pytestmark = pytest.mark.kafka


def checkpoint(state: int, figures: int = 1) -> Checkpoint:
    """With so many records of 100 kB in the state, which takes some batches."""
    records = [Record(b"%d" % number, bytes(range(256)) * 400) for number in range(state)]
    return Checkpoint(1, {}, records, records[:figures])


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """aiokafka forgets futures that failed: asyncio shall report them now, not in the midst of what comes next."""
    yield
    gc.collect()


async def test_a_writer_is_fenced_by_the_next_one_however_much_it_was_sending(
    installation: Callable[..., Settings],
) -> None:
    settings = installation(partitions=1)
    with topic_admin(settings) as admin:
        admin.ensure([])
    first, second = CheckpointWriter(settings, 0), CheckpointWriter(settings, 0)
    await first.open()
    await first.write(checkpoint(1))
    await second.open()
    with pytest.raises(Fenced):
        await first.write(checkpoint(200, figures=200))
    # It is of no use any more, and says so instead of failing an assertion.
    with pytest.raises((Fenced, OutcomeUnknown)):
        await first.write(checkpoint(1))
    await second.write(checkpoint(1))
    await first.close()
    await second.close()


class Unhurried(CheckpointWriter):
    """Turns to the next topic when the broker has answered for the one before."""

    async def _send(self, topic: str, records: Iterable[Record], deliveries: list[asyncio.Future[Any]]) -> None:
        await super()._send(topic, records, deliveries)
        await asyncio.wait(deliveries)


async def test_a_writer_that_is_fenced_between_two_topics_says_so(installation: Callable[..., Settings]) -> None:
    settings = installation(partitions=1)
    with topic_admin(settings) as admin:
        admin.ensure([])
    first, second = Unhurried(settings, 0), CheckpointWriter(settings, 0)
    await first.open()
    await first.write(checkpoint(1))
    await second.open()
    with pytest.raises(Fenced):
        await first.write(checkpoint(1))
    await first.close()
    await second.close()
