"""Whether a worker makes progress: a hung one still answers, so an answer alone says nothing."""

import time
from collections.abc import Callable, Mapping

from streams.worker.partitions import Partitions

PATIENCE = 30.0
"""Seconds without progress, while there is something to do, after which a worker is stuck."""

EndOffset = Callable[[str, int], int | None]
Source = tuple[str, int]
"""A subsystem and a partition index."""


class Health:
    """Looks at the partitions again and again; asked from another thread, so that it answers for a hung loop too.

    Args:
        partitions: those of this worker.
        end_offset: the next offset of a subsystem's partition on the broker, None if not known yet.
        clock: seconds that never go back.
    """

    def __init__(
        self, partitions: Partitions, end_offset: EndOffset, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._partitions = partitions
        self._end_offset = end_offset
        self._clock = clock
        self._looked = clock()
        self._waiting: Mapping[Source, tuple[int, float]] = {}

    def look(self) -> None:
        """Note where records wait and since when the same one is next; to be called by the worker's event loop."""
        now = self._clock()
        waiting: dict[Source, tuple[int, float]] = {}
        for partition in self._partitions:
            for subsystem, state in partition.shard.sources.items():
                end = self._end_offset(subsystem, partition.index)
                if end is not None and end > max(0, state.position):
                    source = (subsystem, partition.index)
                    known = self._waiting.get(source)
                    waiting[source] = known if known and known[0] == state.position else (state.position, now)
        self._waiting = waiting
        self._looked = now

    def stuck(self) -> list[str]:
        """What should make progress and has made none for 30 s; empty while all goes well."""
        now = self._clock()
        if now - self._looked > PATIENCE:
            return [f"the event loop has stood still for {now - self._looked:.0f} s"]
        return [
            f"{subsystem} partition {index}: records wait and none was applied for {now - since:.0f} s"
            for (subsystem, index), (_, since) in sorted(self._waiting.items())
            if now - since > PATIENCE
        ]

    def unready(self) -> list[str]:
        """Why this worker does not do its part now; empty where it does."""
        assigned = self._partitions.assigned
        if assigned is None:
            return [*self.stuck(), "no partitions were assigned yet"]
        missing = sorted(assigned - {partition.index for partition in self._partitions})
        return [*self.stuck(), *([f"partitions without their state: {missing}"] if missing else [])]
