"""What a writer of checkpoints says when another one has taken over."""

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from ioc.engine.history import Entry, encode_history
from ioc.engine.shard import Shard
from ioc.engine.store.entity_log import NEVER, Entity
from ioc.engine.store.keys import BARRIER
from ioc.events.records import Batch, Checkpoint, Record
from ioc.time.instants import EpochMs
from streams.kafka import restore
from streams.kafka.log_reader import LogError
from streams.kafka.restore import read_checkpoint
from streams.kafka.topics import MAX_MESSAGE_BYTES, topic_admin
from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import CheckpointWriter, Fenced, OutcomeUnknown
from tests.packaged import packaged_plan

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


async def test_whoever_takes_over_reads_at_least_what_it_has_just_written(
    installation: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = installation(partitions=1)
    with topic_admin(settings) as admin:
        admin.ensure([])
    first, second = CheckpointWriter(settings, 0), CheckpointWriter(settings, 0)
    await first.open()
    await first.write(checkpoint(1))
    await second.open()
    stored = await read_checkpoint(settings, 0, lambda: True, second.written)
    assert len(stored.state) == 1
    assert BARRIER not in {*stored.state, *stored.figures}
    # A broker that was parted from the others gives what there was when it was.
    monkeypatch.setattr(restore, "PATIENCE", 0.5)
    beyond = {topic: offset + 2 for topic, offset in second.written.items()}
    with pytest.raises(LogError, match="has not come to its end"):
        await read_checkpoint(settings, 0, lambda: True, beyond)
    await first.close()
    await second.close()


async def test_a_thousand_dossiers_of_a_thousand_events_are_stored_in_one_checkpoint(
    installation: Callable[..., Settings],
) -> None:
    settings, plan = installation(partitions=1), packaged_plan()
    with topic_admin(settings) as admin:
        admin.ensure([])
    shard = Shard(plan, 0, 1)
    dossiers = shard.states["public_services"].entities["dossier"]
    opened, went_on = (
        dossiers.lifecycle.events.index(f"dossier.{event}") for event in ("accepted", "supplement_requested")
    )
    known = tuple("x" for _ in dossiers.lifecycle.kept[opened])
    history = [Entry(EpochMs(0), opened, known)]
    history += [Entry(EpochMs(1_753_300_000_000 + second), went_on, ()) for second in range(1, 1_000)]
    content = encode_history(history)
    assert 1_000 * len(content) > 2 * MAX_MESSAGE_BYTES
    for number in range(1_000):
        dossiers._log.put(f"D{number}", Entity(NEVER, content))
    # Something must have been consumed.
    shard.apply(Batch("public_services", 0, [0], [EpochMs(1_753_300_900_000)], [b"k"], [b"{"], [()]))
    stored = shard.checkpoint()
    assert stored is not None
    writer = CheckpointWriter(settings, 0)
    await writer.open()
    await writer.write(stored)
    await writer.close()
    live = await read_checkpoint(settings, 0, lambda: True)
    restored = Shard.restore(plan, 0, 1, live.state.items(), live.figures.items())
    assert len(restored.states["public_services"].entities["dossier"]) == 1_000


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
