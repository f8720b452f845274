"""Which partition a key belongs to: murmur2, as Kafka's Java client does by default."""

from functools import lru_cache
from struct import unpack_from

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_M = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """The 32-bit MurmurHash2 with the seed of ``org.apache.kafka.common.utils.Utils.murmur2``."""
    length = len(data)
    h = _SEED ^ length
    for word in unpack_from(f"<{length >> 2}I", data):
        k = word * _M & _MASK
        h = (h * _M ^ (k ^ k >> 24) * _M) & _MASK
    if tail := length & 3:
        h = (h ^ int.from_bytes(data[-tail:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, 0 to ``partitions`` - 1, that every record with this key must be in."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


_REMEMBERED = 1 << 16
partition_of_recurring = lru_cache(_REMEMBERED)(partition_of)
"""The same of keys that come again and again: a look-up costs a tenth of the hash, and in vain as much as half."""


@lru_cache(_REMEMBERED)
def belongs(partition: int, partitions: int, key: str) -> bool:
    """Whether records with this key must be in that partition."""
    return partition_of(key.encode(), partitions) == partition
