"""The relay's SQLite file: opened, brought to today's tables, written in transactions."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_TABLES = """
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
_SINCE_RECEIPTS = """
ALTER TABLE episodes ADD COLUMN figures BLOB;                            -- JSON, as last asked for
ALTER TABLE episodes ADD COLUMN end_told INTEGER NOT NULL DEFAULT 1;     -- or need not be told
ALTER TABLE deliveries ADD COLUMN reported INTEGER NOT NULL DEFAULT 1;   -- somebody was told that it does not arrive
CREATE INDEX episodes_told ON episodes (told_at, end_told);
CREATE INDEX deliveries_unreported ON deliveries (id) WHERE reported = 0;
CREATE TABLE reports (                                                   -- which message tells of which delivery
    message INTEGER NOT NULL REFERENCES messages, delivery INTEGER NOT NULL REFERENCES deliveries,
    PRIMARY KEY (message, delivery)
) STRICT;
"""
_VERSIONS = (_TABLES, _SINCE_RECEIPTS)
"""What leads from each version, its number the position here, to the next."""
_WAIT_AT_START, _WAIT = 30.0, 1.0
"""Seconds that another process may hold the file; once the relay runs, everything in it waits so long."""


class StoreError(OSError):
    """The relay's database cannot be used, or not now: it is locked, its disk is full."""


class Database:
    """One connection. Every method raises StoreError."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=_WAIT_AT_START, isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._upgrade()
            self._db.execute(f"PRAGMA busy_timeout = {_WAIT * 1000:.0f}")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the relay's database {path} cannot be used: {error}") from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written within is on disk when it ends, or not at all."""
        self.change("BEGIN IMMEDIATE")
        try:
            yield
            self.change("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def rows(self, statement: str, *values: object) -> list[Any]:
        """What a query finds."""
        with _told():
            return self._db.execute(statement, values).fetchall()

    def named_rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """What a query finds, by column."""
        with _told():
            found = self._db.execute(statement, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def change(self, statement: str, *values: object) -> int:
        """Write; the number of rows changed."""
        with _told():
            return self._db.execute(statement, values).rowcount

    def insert(self, statement: str, *values: object) -> int:
        """Write a row; its number."""
        with _told():
            number = self._db.execute(statement, values).lastrowid
            assert number is not None
            return number

    def insert_all(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with _told():
            self._db.executemany(statement, rows)

    def _upgrade(self) -> None:
        [(version,)] = self._db.execute("PRAGMA user_version").fetchall()
        for number, step in enumerate(_VERSIONS[version:], version + 1):
            self._db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(f"the relay's database: {error}") from error
