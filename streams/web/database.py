"""A process' own SQLite file: opened, brought to today's tables, written in transactions."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

_WAIT_AT_START, _WAIT = 30.0, 1.0
"""Seconds that another process may hold the file; once its own process runs, everything in that waits so long."""


class StoreError(OSError):
    """A database cannot be used, or not now: it is locked, its disk is full."""


class Database:
    """One connection. Every method raises StoreError."""

    def __init__(self, path: Path, versions: Sequence[str]) -> None:
        """``versions``: the statements that lead from each version, its number the position here, to the next."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=_WAIT_AT_START, isolation_level=None)
            # What is removed is overwritten, as it was kept for so long and no longer.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._upgrade(versions)
            self._db.execute(f"PRAGMA busy_timeout = {_WAIT * 1000:.0f}")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the database {path} cannot be used: {error}") from error

    @classmethod
    def read_only(cls, path: Path) -> Self:
        """A file as it is, which another process may be writing; nothing of it is changed."""
        made = cls.__new__(cls)
        made._path = path
        try:
            made._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=_WAIT, uri=True)
            made._db.execute("SELECT 1 FROM sqlite_schema").fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"the database {path} cannot be used: {error}") from error
        return made

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
        with self._told():
            return self._db.execute(statement, values).fetchall()

    def named_rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """What a query finds, by column."""
        with self._told():
            found = self._db.execute(statement, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def change(self, statement: str, *values: object) -> int:
        """Write; the number of rows changed."""
        with self._told():
            return self._db.execute(statement, values).rowcount

    def insert(self, statement: str, *values: object) -> int:
        """Write a row; its number."""
        with self._told():
            number = self._db.execute(statement, values).lastrowid
            assert number is not None
            return number

    def insert_all(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self._told():
            self._db.executemany(statement, rows)

    def _upgrade(self, versions: Sequence[str]) -> None:
        [(version,)] = self._db.execute("PRAGMA user_version").fetchall()
        for number, step in enumerate(versions[version:], version + 1):
            self._db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(f"the database {self._path}: {error}") from error
