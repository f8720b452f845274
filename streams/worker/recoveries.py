"""Partitions whose state was dropped though they may still be this worker's: after a while they are restored."""

import asyncio

from streams.kafka.restore import Superseded
from streams.worker.host import Host
from streams.worker.partition import Owned
from streams.worker.restorer import Restorer
from streams.worker.sources import Sources


class Recoveries:
    """Restores dropped partitions, unless an assignment comes first."""

    def __init__(self, owned: Owned, restorer: Restorer, sources: Sources, host: Host) -> None:
        self._owned = owned
        self._restorer = restorer
        self._sources = sources
        self._host = host
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def start(self, index: int, generation: int, delay: float) -> None:
        """Restore a partition of a generation in ``delay`` seconds; one of a former generation is settled already."""
        if generation == self._owned.generation:
            self._tasks[index] = asyncio.create_task(self._recover(index, generation, delay), name=f"recover-{index}")

    async def stop(self) -> None:
        """Give up those that are under way."""
        tasks = [*self._tasks.values()]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _recover(self, index: int, generation: int, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            partition = await self._restorer.restore(index, lambda: self._owned.generation == generation)
            self._owned.add(partition)
            await self._host.rewind(self._sources.offsets(index, partition.shard.positions))
        except Superseded:
            pass
        except Exception as error:
            await self._host.crash(error)
