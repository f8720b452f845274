"""What the relay must not forget, in SQLite: alerts, messages and their deliveries, acknowledgements, turns taken."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from ioc.notices.alert import Alert
from ioc.notices.channels import Channel, Payload
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.notice import Kind

_SCHEMA = """
CREATE TABLE IF NOT EXISTS episodes (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    alert BLOB NOT NULL,             -- JSON, as last told
    starts_at REAL NOT NULL,
    received_at REAL NOT NULL,
    resolved_at REAL,
    acknowledged_at REAL, acknowledged_by TEXT, note TEXT,
    turns INTEGER NOT NULL DEFAULT 0,
    told_at REAL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS episodes_open ON episodes (fingerprint) WHERE resolved_at IS NULL;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    contact TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS told (
    message INTEGER NOT NULL REFERENCES messages, key TEXT NOT NULL REFERENCES episodes,
    PRIMARY KEY (key, message)
) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES messages,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,           -- which of the contact's channels
    payload BLOB NOT NULL,           -- JSON
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'delivered', 'refused')),
    doubtful INTEGER NOT NULL DEFAULT 0,  -- an attempt ended without an answer: it may have arrived
    attempts INTEGER NOT NULL DEFAULT 0,
    done_at REAL, receipt TEXT, error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries (state);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
"""
_EPISODE = (
    "SELECT alert, received_at, resolved_at, acknowledged_at, acknowledged_by, note, turns, told_at, key FROM episodes "
)


class StoreError(OSError):
    """The relay's database cannot be used."""


class Delivery(msgspec.Struct, frozen=True):
    """One message on its way to one address of a contact."""

    id: int
    contact: str
    address: str
    channel: Channel
    kind: Kind
    payload: dict[str, Any]
    doubtful: bool
    """It may have arrived already."""
    created_at: float


class Store:
    """All writing is in transactions that are on disk when a method returns. Times: seconds since the epoch."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the relay's database {path} cannot be used: {error}") from error
        # Whatever was being sent when the relay stopped may have arrived or not.
        self._db.execute("UPDATE deliveries SET state = 'pending', doubtful = 1 WHERE state = 'sending'")

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> "Transaction":
        self._db.execute("BEGIN IMMEDIATE")
        return Transaction(self._db)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._db.execute("ROLLBACK" if error else "COMMIT")

    def episode(self, key: str) -> Episode | None:
        return next(iter(self._episodes("WHERE key = ?", key)), None)

    def open_episodes(self) -> list[Episode]:
        """The newest first."""
        return self._episodes("WHERE resolved_at IS NULL ORDER BY starts_at DESC")

    def episodes_since(self, since: float) -> list[Episode]:
        """Those open, or over no earlier than ``since``; the oldest first."""
        return self._episodes("WHERE resolved_at IS NULL OR resolved_at >= ? ORDER BY starts_at", since)

    def contacts_told(self, key: str) -> list[str]:
        """Who has heard of an alert, in order."""
        rows = self._db.execute(
            "SELECT DISTINCT contact FROM messages JOIN told ON message = id WHERE key = ? ORDER BY id", (key,)
        )
        return [contact for (contact,) in rows]

    def pending(self) -> list[Delivery]:
        """What is to be delivered, the oldest first."""
        rows = self._db.execute(
            "SELECT d.id, contact, address, channel, kind, payload, doubtful, created_at FROM deliveries d "
            "JOIN messages m ON m.id = message WHERE state = 'pending' ORDER BY d.id"
        )
        return [
            Delivery(
                number, contact, address, Channel(channel), Kind(kind), msgspec.json.decode(payload), bool(doubt), at
            )
            for number, contact, address, channel, kind, payload, doubt, at in rows
        ]

    def attempting(self, delivery: int) -> bool:
        """An attempt begins; tells whether an earlier one may have arrived."""
        with closing(self._db.cursor()) as cursor:
            [(doubtful,)] = cursor.execute(
                "UPDATE deliveries SET state = 'sending', attempts = attempts + 1 WHERE id = ? RETURNING doubtful",
                (delivery,),
            ).fetchall()
        return bool(doubtful)

    def attempt_failed(self, delivery: int, error: str, *, doubtful: bool) -> None:
        self._db.execute(
            "UPDATE deliveries SET state = 'pending', error = ?, doubtful = max(doubtful, ?) WHERE id = ?",
            (error, doubtful, delivery),
        )

    def delivered(self, delivery: int, receipt: str, now: float) -> None:
        self._db.execute(
            "UPDATE deliveries SET state = 'delivered', receipt = ?, error = NULL, done_at = ? WHERE id = ?",
            (receipt, now, delivery),
        )

    def refused(self, delivery: int, error: str, now: float) -> None:
        """It will never be delivered."""
        self._db.execute(
            "UPDATE deliveries SET state = 'refused', error = ?, done_at = ? WHERE id = ?", (error, now, delivery)
        )

    def deliveries(self) -> list[tuple[str, str, int]]:
        """How many deliveries there are of each channel and state."""
        return self._db.execute("SELECT channel, state, count(*) FROM deliveries GROUP BY 1, 2").fetchall()

    def deliveries_of(self, key: str) -> list[dict[str, Any]]:
        """The receipts of an alert, the oldest first."""
        rows = self._db.execute(
            "SELECT kind, contact, channel, state, attempts, created_at, done_at, receipt, error FROM deliveries d "
            "JOIN messages m ON m.id = d.message JOIN told t ON t.message = m.id WHERE key = ? ORDER BY d.id",
            (key,),
        )
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def oldest_pending(self) -> float | None:
        """When the oldest message that is not delivered was written."""
        [(oldest,)] = self._db.execute(
            "SELECT min(created_at) FROM deliveries d JOIN messages m ON m.id = message "
            "WHERE state IN ('pending', 'sending')"
        )
        return oldest

    def mark(self, name: str) -> float | None:
        """A moment that was kept by name."""
        row = self._db.execute("SELECT at FROM marks WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def _episodes(self, condition: str, *values: object) -> list[Episode]:
        return [_episode(row) for row in self._db.execute(_EPISODE + condition, values)]


class Transaction:
    """What is written together or not at all."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def begin(self, alert: Alert, now: float) -> bool:
        """Keep an alert that fires, or what it says by now; tells whether it is a new one.

        An alert that is open goes on, also with another beginning: Prometheus forgets it in a restart.
        """
        row = self._open(alert)
        if row is not None:
            going_on = replace(alert, starts_at=row[1])
            self._db.execute("UPDATE episodes SET alert = ? WHERE key = ?", (msgspec.json.encode(going_on), row[0]))
            return False
        self._db.execute(
            "INSERT INTO episodes (key, fingerprint, alert, starts_at, received_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET alert = excluded.alert, resolved_at = NULL, turns = 0, told_at = NULL",
            (alert.key, alert.fingerprint, msgspec.json.encode(alert), alert.starts_at, now),
        )
        return True

    def end(self, alert: Alert, now: float) -> Alert | None:
        """An alert is over: it as it is kept, None where it was not open."""
        row = self._open(alert)
        if row is None:
            return None
        ended = replace(alert, starts_at=row[1])
        self._db.execute(
            "UPDATE episodes SET alert = ?, resolved_at = ? WHERE key = ?", (msgspec.json.encode(ended), now, row[0])
        )
        return ended

    def _open(self, alert: Alert) -> tuple[str, float] | None:
        """Key and beginning of the same alert, if it is open."""
        row: tuple[str, float] | None = self._db.execute(
            "SELECT key, starts_at FROM episodes WHERE fingerprint = ? AND resolved_at IS NULL", (alert.fingerprint,)
        ).fetchone()
        return row

    def acknowledge(self, key: str, taken: Acknowledgement) -> bool:
        """Somebody takes an open alert, also from who took it before; tells whether it is open."""
        changed = self._db.execute(
            "UPDATE episodes SET acknowledged_at = ?, acknowledged_by = ?, note = ? "
            "WHERE key = ? AND resolved_at IS NULL",
            (taken.at, taken.who, taken.note, key),
        )
        return changed.rowcount == 1

    def take_turn(self, keys: Iterable[str], now: float) -> None:
        """A contact of the chain was told of these."""
        self._db.executemany(
            "UPDATE episodes SET turns = turns + 1, told_at = ? WHERE key = ?", [(now, k) for k in keys]
        )

    def message(
        self,
        kind: Kind,
        contact: str,
        keys: Sequence[str],
        addressed: Iterable[tuple[str, Channel, Payload]],
        now: float,
    ) -> None:
        """Write a message to a contact, to be delivered to each of its addresses."""
        number = self._db.execute(
            "INSERT INTO messages (kind, contact, created_at) VALUES (?, ?, ?)", (kind, contact, now)
        ).lastrowid
        self._db.executemany("INSERT INTO told (message, key) VALUES (?, ?)", [(number, key) for key in keys])
        self._db.executemany(
            "INSERT INTO deliveries (message, address, channel, payload) VALUES (?, ?, ?, ?)",
            [(number, address, channel, msgspec.json.encode(payload)) for address, channel, payload in addressed],
        )

    def set_mark(self, name: str, at: float) -> None:
        self._db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, at))


def _episode(row: Sequence[Any]) -> Episode:
    alert, received_at, resolved_at, acknowledged_at, acknowledged_by, note, turns, told_at, _ = row
    taken = None if acknowledged_at is None else Acknowledgement(acknowledged_by, note, acknowledged_at)
    return Episode(msgspec.json.decode(alert, type=Alert), received_at, resolved_at, taken, turns, told_at)
