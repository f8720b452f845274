"""Whether an event may count: what its time, its key and its former copies say against it."""

from datetime import datetime
from functools import partial
from pathlib import Path
from traceback import extract_tb

from ioc.catalogue.model import Subsystem
from ioc.engine.duplicates import Duplicates, FormerDuplicates
from ioc.engine.redelivery import Redeliveries, Rejected
from ioc.engine.store.checkpoint_header import SourceState
from ioc.engine.store.keys import Kind, StoredKey
from ioc.events.dead_letter import RecordPosition
from ioc.events.decoding import Rejection
from ioc.events.partitioning import belongs, partition_of
from ioc.time.instants import EpochMs

INTERNAL = "internal"
"""The reason for which an event is rejected that the engine fails on."""


class Judge:
    """Judges the events of one subsystem and partition by what is remembered of those before."""

    def __init__(self, subsystem: Subsystem, source: SourceState, partition: int, partitions: int) -> None:
        slug = subsystem.subsystem
        self._source = source
        self.former_duplicates = FormerDuplicates(StoredKey(slug, Kind.DUPLICATES))
        self.duplicates = {
            feed: Duplicates(
                StoredKey(slug, f"{Kind.DUPLICATES}@{feed}"),
                spec.duplicate_horizon.seconds,
                source.feed(feed),
                self.former_duplicates,
            )
            for feed, spec in subsystem.feeds.items()
            if spec.duplicate_horizon.seconds
        }
        """By feed; a feed with a horizon of 0 has none."""
        self.redeliveries = Redeliveries(StoredKey(slug, Kind.REDELIVERIES))
        self.rejected = Rejected(StoredKey(slug, Kind.REJECTED))
        self.belongs = partial(belongs, partition, partitions)
        """Whether a key belongs to this partition."""
        self._partition = partition
        self._partitions = partitions

    def passed(self, first: RecordPosition, topic: str) -> bool:
        """Whether the event first seen there counted already, in a former copy or there itself."""
        if first in self.redeliveries:
            return True
        own = first.topic == topic and first.partition == self._partition
        # In a rebuild it may come before the event itself, which then is told by its id.
        judged = range(self.rejected.known_from, self._source.position)
        return own and first.offset in judged and first.offset not in self.rejected

    def check_key(self, key: bytes | None, wanted: str) -> None:
        """Raises Rejection where a record has not the key of its event, or lies in another partition than its own."""
        if key is None or key != wanted.encode():
            # What a key holds that is none may be anything, such as somebody's name.
            shown = "no key" if key is None else "another key"
            raise Rejection("misrouted", f"the record has {shown}; the key of this event is {wanted!r}", "partitionkey")
        if partition_of(key, self._partitions) != self._partition:
            raise Rejection(
                "misrouted",
                f"the key {wanted!r} belongs to partition {partition_of(key, self._partitions)} (murmur2); "
                "with librdkafka set partitioner=murmur2_random",
                "partitionkey",
            )


def impossible(moment: datetime, time: EpochMs) -> Rejection:
    """Why an event cannot have happened then."""
    if time < 0:
        return Rejection("invalid_value", f"{moment.isoformat()} is before 1970, a clock never set", "time")
    return Rejection("future", f"{moment.isoformat()} is more than 5 minutes after it was appended", "time")


def internal(error: Exception) -> Rejection:
    """What an event is rejected for that the engine fails on, with the place in the program."""
    place = extract_tb(error.__traceback__)[-1]
    return Rejection(INTERNAL, f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})")
