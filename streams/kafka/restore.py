"""Reading back what the checkpoints of a partition index wrote."""

from collections.abc import Callable
from dataclasses import dataclass, field

from streams.kafka.log_reader import LogReader, compact
from streams.settings.settings import Settings


class Superseded(Exception):
    """Another rebalance began: what was being restored may belong to another worker."""


@dataclass(slots=True)
class StoredRecords:
    """The newest value of every key of one partition, deleted keys left out."""

    state: dict[bytes, bytes] = field(default_factory=dict)
    figures: dict[bytes, bytes] = field(default_factory=dict)


async def read_checkpoint(settings: Settings, index: int, wanted: Callable[[], bool]) -> StoredRecords:
    """Read partition `index` of the state and the figures up to the end they have now, committed records only.

    Raises:
        Superseded: `wanted` turned false.
        LogError: the broker failed.
    """
    live = StoredRecords()
    for topic, pairs in ((settings.names.state, live.state), (settings.names.figures, live.figures)):
        async with LogReader(settings, topic, [index]) as reader:
            while not reader.caught_up:
                if not wanted():
                    raise Superseded(f"partition {index}")
                for records in (await reader.poll()).values():
                    compact(records, pairs)
    return live
