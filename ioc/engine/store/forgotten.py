"""The keys of entities that were forgotten, and the day of the last event of each.

What is sent again of such an entity must not begin it anew. Of a key 48 bits of its hash are kept, and with them the
day in the 16 bits below: 8 bytes each, in one sorted array. They are bounded in number; beyond it the oldest leave,
and of what happened until then it cannot be decided any more whether it is new.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from xxhash import xxh3_64_intdigest

from ioc.engine.store.keys import StoredKey
from ioc.engine.store.number_log import NumberLog
from ioc.events.records import Record

MOST = 1_000_000
"""Keys of one kind of entity in one partition: 8 MB."""

_DAY_BITS = 16
_DAYS = 1 << _DAY_BITS
_BUCKET = 32
"""Days of last events that are stored, and dropped, together."""
_DECIDABLE_FROM = "decidable_from"


class ForgottenKeys:
    """Of one kind of entity in one partition; at most ``most`` of them."""

    def __init__(self, head: StoredKey, most: int = MOST) -> None:
        self.owns = head.is_head_of
        self.decidable_from = 0
        """The first day of which all is known: what happened before may be of a key that was dropped."""
        self._head = head
        self._most = most
        self._sorted: array[int] = array("Q")
        self._recent: dict[int, int] = {}
        self._new: dict[int, array[int]] = {}
        self._log = NumberLog(head)
        self._stored_from = 0

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def last_day(self, key: str) -> int | None:
        """The day of a key's last event, since the epoch; None of a key that is not known."""
        digest = _digest(key)
        if (day := self._recent.get(digest)) is not None:
            return day
        place = bisect_left(self._sorted, digest << _DAY_BITS)
        if place < len(self._sorted) and self._sorted[place] >> _DAY_BITS == digest:
            return self._sorted[place] % _DAYS
        return None

    def add(self, key: str, last_day: int) -> None:
        """Remember a key; once is enough."""
        if self.last_day(key) is None:
            digest = _digest(key)
            self._recent[digest] = last_day
            self._new.setdefault(last_day // _BUCKET, array("Q")).append(digest << _DAY_BITS | last_day)

    def drain(self) -> Iterator[Record]:
        """The keys that are new since the last call, and tombstones of those dropped."""
        self._merge()
        for bucket, numbers in self._new.items():
            yield from self._log.append(bucket, numbers)
        self._new.clear()
        while len(self) > self._most:
            yield from self._drop_oldest()
        if self._stored_from != self.decidable_from:
            self._stored_from = self.decidable_from
            yield Record(self._head.of(_DECIDABLE_FROM), str(self.decidable_from).encode())

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """Take stored keys back."""
        numbers = dict(records)
        if (stored := numbers.pop(self._head._replace(record=_DECIDABLE_FROM), None)) is not None:
            self.decidable_from = self._stored_from = int(stored)
        self._sorted = array("Q", sorted(number for _, own in self._log.restore(numbers) for number in own))

    def _merge(self) -> None:
        if self._recent:
            recent = [digest << _DAY_BITS | day for digest, day in self._recent.items()]
            # Two sorted runs: the sort only merges them.
            self._sorted = array("Q", sorted([*self._sorted, *sorted(recent)]))
            self._recent.clear()

    def _drop_oldest(self) -> Iterator[Record]:
        bucket = min(number % _DAYS for number in self._sorted) // _BUCKET
        self.decidable_from = (bucket + 1) * _BUCKET
        self._sorted = array("Q", (number for number in self._sorted if number % _DAYS >= self.decidable_from))
        yield from self._log.drop(bucket)


def _digest(key: str) -> int:
    return xxh3_64_intdigest(key.encode()) >> _DAY_BITS
