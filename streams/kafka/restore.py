"""Reading back what the checkpoints of a partition index wrote."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from streams.kafka.log_reader import LogError, LogReader, compact
from streams.settings.settings import Settings

PATIENCE = 15.0
"""Seconds without a record until another broker is asked for the rest."""


class Superseded(Exception):
    """Another rebalance began: what was being restored may belong to another worker."""


@dataclass(slots=True)
class StoredRecords:
    """The newest value of every key of one partition, deleted keys left out."""

    state: dict[bytes, bytes] = field(default_factory=dict)
    figures: dict[bytes, bytes] = field(default_factory=dict)


async def read_checkpoint(
    settings: Settings, index: int, wanted: Callable[[], bool], written: Mapping[str, int] | None = None
) -> StoredRecords:
    """Read partition `index` of the state and the figures up to the end they have now, committed records only.

    A broker that was parted from the others leads no more and does not know it: what it gives ends too early. So
    whoever is to go on writing says by topic in ``written`` which offset it has written just now.

    Raises:
        Superseded: `wanted` turned false.
        LogError: the broker failed, or does not have what was written.
    """
    live, names = StoredRecords(), settings.names
    for topic, pairs in ((names.state, live.state), (names.figures, live.figures)):
        at_least = {index: written[topic]} if written else {}
        async with LogReader(settings, topic, [index], at_least) as reader:
            heard = time.monotonic()
            while not reader.caught_up:
                if not wanted():
                    raise Superseded(f"partition {index}")
                for records in (await reader.poll()).values():
                    heard = time.monotonic()
                    compact(records, pairs)
                if time.monotonic() > heard + PATIENCE:
                    raise LogError(f"{topic} partition {index} has not come to its end for {PATIENCE:g} s")
    return live
