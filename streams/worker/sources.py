"""The source topics: Faust's topic and partition on one side, subsystem and partition index on the other.

What the operator sends again is one more topic, under the name `SENT_AGAIN`.
"""

from collections.abc import Collection, Iterable, Mapping

from faust.types import TP

from ioc.events.records import SENT_AGAIN
from streams.settings.names import Names


class SplitAssignment(RuntimeError):
    """Equal partitions of different topics went to different workers; the state of one would be at two places."""


class Sources:
    """The source topics of all subsystems, under one prefix."""

    def __init__(self, names: Names, subsystems: Iterable[str]) -> None:
        self._names = names
        self._subsystems = frozenset(subsystems) | {SENT_AGAIN}

    def partition(self, subsystem: str, index: int) -> TP:
        return TP(self._names.topic_of(subsystem), index)

    def subsystem(self, partition: TP) -> str:
        return self._names.subsystem(partition.topic)

    def offsets(self, index: int, known: Mapping[str, int]) -> dict[TP, int]:
        """The offsets known by subsystem, of every source partition with this index; 0 where none is known."""
        return {self.partition(subsystem, index): known.get(subsystem, 0) for subsystem in self._subsystems}

    def indexes(self, assigned: Collection[TP]) -> set[int]:
        """The indexes that an assignment consists of. Raises SplitAssignment."""
        found: dict[int, set[str]] = {}
        for partition in assigned:
            found.setdefault(partition.partition, set()).add(self.subsystem(partition))
        for index, subsystems in found.items():
            if subsystems != self._subsystems:
                raise SplitAssignment(f"partition {index} came without {sorted(self._subsystems - subsystems)}")
        return set(found)
