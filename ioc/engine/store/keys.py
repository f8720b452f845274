"""The grammar of stored keys: ``subsystem|kind/record``, or ``subsystem|kind|thing/record`` where a kind has things.

The words of the grammar are older than the names of the code, and stay: a state written long ago is read by them.
"""

from enum import StrEnum
from typing import NamedTuple, Self

HEADER = b"mark"
"""The key of a partition's `CheckpointHeader`, which belongs to no subsystem."""

BARRIER = b"-|barrier"
"""The key of what a worker writes to wait until it can be read, without a value: whoever reads it has all before it."""


class Kind(StrEnum):
    """What a record stores, and in which topic."""

    STATE_SCHEMA = "foundation"
    """State."""
    CALENDARS = "calendars"
    """State; the record is the number of a calendar."""
    DUPLICATES = "seen_ids"
    """State; the record is ``bucket/part``."""
    REDELIVERIES = "redriven"
    """State; the record is ``day/part``."""
    REJECTED = "rejected"
    """State; the record is ``bucket/part``."""
    ENTITIES = "entities"
    """State; the thing is a kind of entity, the record the number of a segment or `ENTRY_SCHEMA`."""
    FORGOTTEN = "forgotten"
    """State; the kind goes on with ``@`` and a kind of entity, the record is ``bucket/part`` or a word."""
    PRESENCES = "seen"
    """State; the thing is a kind of presence, the record the number of a segment."""
    PANES = "pane"
    """Figures; the thing is a table (``fields/size``), the record the start of a pane."""
    COLUMN_ORIGINS = "since"
    """Figures."""


ENTRY_SCHEMA = "schema"
"""Of a kind of entity the record that says how its entries are stored."""


class StoredKey(NamedTuple):
    """The key of a stored record, or with an empty record the head that the keys of its like have in common."""

    subsystem: str
    kind: str
    """A `Kind`, or what another version of the program calls one."""
    thing: str = ""
    record: str = ""

    def is_head_of(self, key: "StoredKey") -> bool:
        """Whether a key begins with this head."""
        return self[:3] == key[:3]

    def of(self, record: object) -> bytes:
        """The key of one record under this head."""
        return self._replace(record=str(record)).encode()

    def encode(self) -> bytes:
        """The key as Kafka holds it."""
        head = f"{self.subsystem}|{self.kind}|{self.thing}" if self.thing else f"{self.subsystem}|{self.kind}"
        return (f"{head}/{self.record}" if self.record else head).encode()

    @classmethod
    def parse(cls, key: bytes) -> Self:
        """Read a key. Raises ValueError for one that no worker wrote."""
        subsystem, *rest = key.decode().split("|")
        match rest:
            case [kind]:
                kind, _, record = kind.partition("/")
                return cls(subsystem, kind, "", record)
            case [kind, thing]:
                thing, _, record = thing.rpartition("/")
                return cls(subsystem, kind, thing, record)
        raise ValueError(f"{key!r} is no key of the state or the figures")


def record_number(key: bytes) -> int:
    """The number of a record among those under one head; -1 of one that has none."""
    number = key.rpartition(b"/")[2]
    return int(number) if number.isdigit() else -1
