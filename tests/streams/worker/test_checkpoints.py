"""What follows from a checkpoint that failed: what may go well again is tried again, all else ends the worker."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError

from ioc.events.records import Checkpoint
from streams.settings.settings import load_settings
from streams.worker.checkpoint_writer import CheckpointWriter, Fenced, OutcomeUnknown
from streams.worker.checkpoints import Checkpoints
from streams.worker.metrics import WorkerMetrics
from streams.worker.partition import Owned, Partition

FAULT = RuntimeError("a fault that nobody foresaw")
SETTINGS = load_settings(worker_session_timeout=12.0)


class Failing:
    """Stands for shard, writer, recoveries and host of one partition, and notes what is asked of them."""

    def __init__(self, of_shard: Exception | None = None, of_writer: Exception | None = None) -> None:
        self._of_shard, self._of_writer = of_shard, of_writer
        self.asked: list[Any] = []

    def checkpoint(self) -> Checkpoint:
        if self._of_shard is not None:
            raise self._of_shard
        return Checkpoint(1, {})

    async def write(self, _: Checkpoint) -> None:
        if self._of_writer is not None:
            raise self._of_writer

    async def close(self) -> None:
        self.asked.append("close")

    def start(self, index: int, generation: int, delay: float) -> None:
        self.asked.append(("recover", index, delay))

    async def crash(self, error: BaseException) -> None:
        self.asked.append(error)


async def after(failing: Failing) -> tuple[list[Any], int]:
    """What was asked after a checkpoint, and how many partitions are left."""
    owned = Owned()
    owned.add(Partition(0, cast(Any, failing), cast(Any, failing), {}))
    await Checkpoints(SETTINGS, owned, cast(Any, failing), WorkerMetrics(), cast(Any, failing)).write_all()
    return failing.asked, len(owned)


async def test_a_checkpoint_that_is_written_leaves_the_partition_here() -> None:
    assert await after(Failing()) == ([], 1)


@pytest.mark.parametrize("failing", [lambda error: Failing(of_shard=error), lambda error: Failing(of_writer=error)])
@pytest.mark.parametrize("error", [FAULT, MemoryError(), TopicAuthorizationFailedError()], ids=repr)
async def test_a_fault_of_engine_or_writer_is_in_no_checkpoint_and_ends_the_worker(
    failing: Callable[[Exception], Failing], error: Exception
) -> None:
    assert await after(failing(error)) == (["close", error], 0)


@pytest.mark.parametrize(
    ("error", "delay"),
    [(Fenced(), 1.5 * 12.0), (OutcomeUnknown(), SETTINGS.heartbeat_interval)],
    ids=["fenced", "open"],
)
async def test_what_another_worker_or_only_the_log_can_tell_is_restored_and_ends_nothing(
    error: Exception, delay: float
) -> None:
    assert await after(Failing(of_writer=error)) == (["close", ("recover", 0, delay)], 0)


@pytest.mark.parametrize(
    "error", [KafkaTimeoutError(), TimeoutError(), AssertionError(), OSError(24, "Too many open files")], ids=repr
)
async def test_what_the_broker_may_recover_from_leaves_the_outcome_open(error: Exception) -> None:
    writer: Any = object.__new__(CheckpointWriter)
    writer._index = 0

    async def failing() -> None:
        raise error

    with pytest.raises(OutcomeUnknown):
        await writer._bounded(failing())
