"""What must be found again: the count and the hash of everything that lives in the log of a partition index.

The hash is a sum of the hashes of all live records, so it neither depends on their order nor on what compaction
has removed, and a record lost, repeated in an older version or altered changes it.
"""

from collections.abc import Iterable

import xxhash

from ioc.events.records import Record

_MODULUS = 1 << 63


class LogDigest:
    """Count and hash of the live records of one log."""

    def __init__(self) -> None:
        self._hashes: dict[bytes, int] = {}
        self.hash = 0

    def __len__(self) -> int:
        return len(self._hashes)

    def enter(self, records: Iterable[Record]) -> None:
        """Take written records in; a tombstone takes its key out."""
        for record in records:
            former = self._hashes.pop(record.key, 0)
            current = 0
            if record.value is not None:
                current = self._hashes[record.key] = record_hash(record.key, record.value)
            self.hash = (self.hash + current - former) % _MODULUS


def record_hash(key: bytes, value: bytes) -> int:
    """The hash of one record."""
    hashed = xxhash.xxh3_64(key)
    hashed.update(b"\0")
    hashed.update(value)
    return hashed.intdigest()
