"""Dead letters sent again: which of them have passed, so that none counts twice however often it is sent.

A redriven event says in its headers where its first copy was rejected. Where one passed it is remembered, for
longer than dead letters are kept.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import xxhash

from ioc.batch import Header, Record
from ioc.panes import DAY

FIRST_TOPIC, FIRST_PARTITION, FIRST_OFFSET = "ioc_first_topic", "ioc_first_partition", "ioc_first_offset"
FIRST = (FIRST_TOPIC, FIRST_PARTITION, FIRST_OFFSET)

REMEMBERED = 400 * DAY
"""Seconds of append time for which a place is remembered."""

LONGEST_KEPT_DAYS = 366
"""Days that dead letters may be kept at the most, so that none outlives its place here."""


class Place(NamedTuple):
    """Where an event was first rejected."""

    topic: str
    partition: int
    offset: int

    @property
    def headers(self) -> list[Header]:
        """What a redriven event says of it."""
        return [(name, str(part).encode()) for name, part in zip(FIRST, self, strict=True)]


def first_place(headers: Sequence[Header]) -> Place | None:
    """The place that a redriven event names; None for any other event.

    Raises:
        ValueError: a part of it is missing or is no number where it must be one.
    """
    parts = {name: text for name, text in headers if name in FIRST}
    if not parts:
        return None
    if missing := [name for name in FIRST if name not in parts]:
        raise ValueError(f"the header {missing[0]} is missing beside {', '.join(parts)}")
    partition, offset = (int(parts[name].decode("ascii")) for name in FIRST[1:])
    return Place(parts[FIRST_TOPIC].decode(), partition, offset)


class Redriven:
    """The places whose events passed in one partition of one subsystem: 64-bit hashes in days of append time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._days: dict[int, set[int]] = {}
        self._new: dict[int, array[int]] = {}
        self._parts: dict[int, int] = {}

    def __contains__(self, place: Place) -> bool:
        digest = _digest(place)
        return any(digest in passed for passed in self._days.values())

    def add(self, place: Place, appended: int) -> None:
        """Remember that the event passed; ``appended`` is when its copy was appended, s since the epoch."""
        digest, day = _digest(place), appended // DAY
        self._days.setdefault(day, set()).add(digest)
        self._new.setdefault(day, array("Q")).append(digest)

    def changed(self, appended: int) -> Iterator[Record]:
        """Records of what is new since the last call, and tombstones of what is past; by the newest append time."""
        for day, digests in self._new.items():
            part = self._parts[day] = self._parts.get(day, 0) + 1
            yield Record(self._key(day, part), digests.tobytes())
        self._new.clear()
        for day in [day for day in self._days if (day + 1) * DAY + REMEMBERED <= appended]:
            del self._days[day]
            for part in range(1, self._parts.pop(day) + 1):
                yield Record(self._key(day, part), None)

    def restore(self, name: str, value: bytes) -> None:
        """Take a stored record back; ``name`` is its key after the log's own name."""
        day, part = map(int, name.split("/"))
        digests: array[int] = array("Q")
        digests.frombytes(value)
        self._days.setdefault(day, set()).update(digests)
        self._parts[day] = max(part, self._parts.get(day, 0))

    def _key(self, day: int, part: int) -> bytes:
        return f"{self._name}/{day}/{part}".encode()


def _digest(place: Place) -> int:
    return xxhash.xxh3_64_intdigest("{}\0{}\0{}".format(*place).encode())
