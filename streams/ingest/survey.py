"""What a file's events are as a whole, known before the first of them is sent, whatever their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
from xxhash import xxh3_64_intdigest

from ioc.catalogue.model import Subsystem
from ioc.events.mappings import Outgoing
from ioc.time.instants import ms_from_datetime
from streams.ingest.row_file import BLOCK_ROWS

_SCHEMA = pa.schema([
    pa.field("event", pa.uint16()),
    pa.field("own", pa.uint64()),
    pa.field("opens", pa.bool_()),
    pa.field("id", pa.uint64()),
    pa.field("happened", pa.int64()),
])  # fmt: skip
_TABLE = "CREATE TABLE events (event USMALLINT, own UBIGINT, opens BOOLEAN, id UBIGINT, happened BIGINT)"
"""``own`` is a hash of the case, NULL where there is none; ``happened`` is in milliseconds."""

_BY_NAME = "SELECT event, count(*), min(happened), max(happened) FROM events GROUP BY event ORDER BY event"
_CASES = """
SELECT count(*), count(*) FILTER (NOT opened)
FROM (SELECT bool_or(opens) AS opened FROM events WHERE own IS NOT NULL GROUP BY own)
"""
_BACK_IN_TIME = """
SELECT count(*) FILTER (happened < latest)
FROM (
    SELECT happened, max(happened) OVER before AS latest FROM events WHERE own IS NOT NULL
    WINDOW before AS (PARTITION BY own ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
"""
_ALIKE = """
SELECT coalesce(sum(copies - 1) FILTER (of_case), 0)::BIGINT, coalesce(sum(copies - 1) FILTER (NOT of_case), 0)::BIGINT
FROM (SELECT own IS NOT NULL AS of_case, count(*) AS copies FROM events GROUP BY of_case, id)
"""
_NUMBERS = """
SELECT place, number
FROM (
    SELECT rowid AS place, row_number() OVER (PARTITION BY id ORDER BY rowid) AS number FROM events WHERE own IS NULL
)
WHERE number > 1
ORDER BY place
"""


@dataclass(frozen=True)
class Events:
    """The events of one type."""

    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Findings:
    """What there is to know of a file's events."""

    events: dict[str, Events]
    """By name."""
    cases: int
    without_opening: int
    """Cases of which the file has events, but not the one that opens them."""
    back_in_time: int
    """Events that are before one of the same case that stands above them."""
    repeated: int
    """Events that say the same as another of their case: together they count once."""
    equal: int
    """Events of no case that say the same as another: they are numbered, and each counts."""


NOTHING_FOUND = Findings({}, 0, 0, 0, 0, 0)


class Survey:
    """Takes all events in their order.

    Args:
        connection: of a workbench that nothing else is in.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, subsystem: Subsystem) -> None:
        self._connection = connection
        self._names = list(subsystem.events)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        entities = {name: subsystem.entity_of(name) for name in self._names}
        self._entities = {name: f"{entity} ".encode() if entity else None for name, entity in entities.items()}
        self._openings = {entity.opened_by for entity in subsystem.entities.values()}
        connection.execute(_TABLE)

    def add(self, events: Sequence[Outgoing]) -> None:
        """Take the next events."""
        if not events:
            return
        names, ids, keys, _, times = zip(*events, strict=True)
        columns = (
            map(self._numbers.__getitem__, names),
            map(self._own, names, keys),
            map(self._openings.__contains__, names),
            # Half of the id: among ten million events of a file, two meet in one file of half a million.
            [int(event_id[:16], 16) for event_id in ids],
            map(ms_from_datetime, times),
        )
        arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
        self._connection.register("batch", pa.table(arrays, schema=_SCHEMA))
        self._connection.execute("INSERT INTO events SELECT * FROM batch")
        self._connection.unregister("batch")

    def _own(self, event: str, key: bytes) -> int | None:
        """A hash of the case that an event is of."""
        entity = self._entities[event]
        return None if entity is None else xxh3_64_intdigest(entity + key)

    def findings(self) -> Findings:
        """What there is to know, now that all events are there."""
        [(cases, without_opening)] = self._rows(_CASES)
        [(back_in_time,)] = self._rows(_BACK_IN_TIME)
        [(repeated, equal)] = self._rows(_ALIKE)
        return Findings(
            {
                self._names[event]: Events(count, _moment(first), _moment(last))
                for event, count, first, last in self._rows(_BY_NAME)
            },
            cases,
            without_opening,
            back_in_time,
            repeated,
            equal,
        )

    def numbers(self) -> Iterator[tuple[int, int]]:
        """The events of no case that equal an earlier one: their places from 0, and their numbers from 2."""
        for batch in self._connection.sql(_NUMBERS).to_arrow_reader(BLOCK_ROWS):
            places, numbers = (column.to_pylist() for column in batch.columns)
            yield from zip(places, numbers, strict=True)

    def _rows(self, query: str) -> list[tuple[int, ...]]:
        return self._connection.sql(query).fetchall()


def _moment(happened: int) -> datetime:
    return datetime.fromtimestamp(happened / 1000, UTC)
