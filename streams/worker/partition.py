"""One partition index: its state over all source topics, and the one writer of its checkpoints."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from ioc.engine.shard import Shard
from ioc.events.records import Batch, Checkpoint
from streams.worker.checkpoint_writer import CheckpointWriter


@dataclass(slots=True)
class Partition:
    """A partition index whose state is here. Times are monotonic seconds."""

    index: int
    shard: Shard
    writer: CheckpointWriter
    checkpointed: dict[str, int]
    """The next offset of each subsystem, as covered by the last finished checkpoint."""
    due: float = 0.0
    """When its next checkpoint may begin."""
    changed_at: float | None = None
    """When the first change was made that no checkpoint holds yet."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by its checkpoint: there is one at a time."""

    def apply(self, batch: Batch) -> None:
        """Change the state by a batch."""
        self.shard.apply(batch)
        if self.changed_at is None:
            self.changed_at = time.monotonic()

    def take_changes(self) -> Checkpoint | None:
        """What changed since the last checkpoint; None if nothing did."""
        self.changed_at = None
        return self.shard.checkpoint()

    async def write(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint. Raises what its writer raises."""
        await self.writer.write(checkpoint)
        self.checkpointed = dict(checkpoint.positions)


class Owned:
    """The partitions whose state is here."""

    def __init__(self) -> None:
        self._by_index: dict[int, Partition] = {}
        self.generation = -1
        """The generation of the group that assigned them."""

    def __iter__(self) -> Iterator[Partition]:
        return iter([*self._by_index.values()])

    def __len__(self) -> int:
        return len(self._by_index)

    def __contains__(self, partition: Partition) -> bool:
        return self._by_index.get(partition.index) is partition

    def get(self, index: int) -> Partition | None:
        """The partition of an index; None where its state is elsewhere, or still being restored."""
        return self._by_index.get(index)

    def add(self, partition: Partition) -> None:
        self._by_index[partition.index] = partition

    async def drop(self, partition: Partition) -> None:
        """Forget a partition with all that no checkpoint holds; the log has the rest."""
        if partition in self:
            del self._by_index[partition.index]
            await partition.writer.close()
