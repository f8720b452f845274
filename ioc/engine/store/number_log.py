"""64-bit numbers stored in records of so many, by bucket; the last record of a bucket is rewritten until it is full.

With one record per checkpoint, half a second of events each, two days of hashes would be hundreds of thousands of
records per subsystem and partition, all of which a restore has to read.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping

from ioc.engine.store.keys import StoredKey
from ioc.events.records import Record

RECORD_NUMBERS = 512
"""Numbers in a record at the most: 4 KiB that a checkpoint writes again for a few new ones."""


class NumberLog:
    """Where the numbers of each bucket are stored; ``head`` is that of the records' keys."""

    def __init__(self, head: StoredKey) -> None:
        self.head = head
        self._last: dict[int, tuple[int, array[int]]] = {}

    def append(self, bucket: int, numbers: Iterable[int]) -> Iterator[Record]:
        """The records that store more numbers of a bucket."""
        part, last = self._last.get(bucket, (1, array("Q")))
        last.extend(numbers)
        for first in range(0, len(last), RECORD_NUMBERS):
            kept = last[first : first + RECORD_NUMBERS]
            self._last[bucket] = part, kept
            yield Record(self._key(bucket, part), kept.tobytes())
            part += 1

    def drop(self, bucket: int) -> Iterator[Record]:
        """Tombstones of everything stored of a bucket."""
        parts, _ = self._last.pop(bucket, (0, None))
        for part in range(1, parts + 1):
            yield Record(self._key(bucket, part), None)

    def restore(self, records: Mapping[StoredKey, bytes]) -> "Iterator[tuple[int, array[int]]]":
        """Take stored records back, in any order; gives the bucket and the numbers of each."""
        for key, value in records.items():
            bucket, part = map(int, key.record.split("/"))
            numbers: array[int] = array("Q")
            numbers.frombytes(value)
            if part > self._last.get(bucket, (0, None))[0]:
                self._last[bucket] = part, numbers[:]
            yield bucket, numbers

    def _key(self, bucket: int, part: int) -> bytes:
        return self.head.of(f"{bucket}/{part}")
