"""Notes for who comes on duty, and who took over, in the relay's database."""

from typing import Any

from ioc.notices.handover import Note, TakeOver
from streams.web.database import Database
from streams.web.people.person import Actor

TABLES = """
CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- of one that is forgotten it is not another's
    text TEXT NOT NULL,
    account TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL
) STRICT;
CREATE TABLE take_overs (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL,
    shift REAL,                          -- its beginning; NULL without a roster
    note INTEGER REFERENCES notes        -- the newest one then
) STRICT;
"""
FORGETTING = (
    "DELETE FROM take_overs WHERE at < ?",
    "DELETE FROM notes WHERE at < ? AND id NOT IN (SELECT note FROM take_overs WHERE note IS NOT NULL)",
)
"""What leaves out those of before a moment."""


class Handovers:
    """Every method raises StoreError."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self) -> Note | None:
        """The newest."""
        return _first(self._db.rows("SELECT id, text, account, who, at FROM notes ORDER BY id DESC LIMIT 1"), Note)

    def taken(self) -> TakeOver | None:
        """The newest."""
        rows = self._db.rows("SELECT account, who, at, shift, note FROM take_overs ORDER BY id DESC LIMIT 1")
        return _first(rows, TakeOver)

    def notes_between(self, start: float, end: float) -> list[Note]:
        """Those written from ``start`` to before ``end``, and those seen by who took over then; the oldest first."""
        rows = self._db.rows(
            "SELECT id, text, account, who, at FROM notes WHERE (at >= ? AND at < ?)"
            " OR id IN (SELECT note FROM take_overs WHERE at >= ? AND at < ?) ORDER BY id",
            start,
            end,
            start,
            end,
        )
        return [Note(*row) for row in rows]

    def taken_between(self, start: float, end: float) -> list[TakeOver]:
        """Who took over from ``start`` to before ``end``; the first first."""
        rows = self._db.rows(
            "SELECT account, who, at, shift, note FROM take_overs WHERE at >= ? AND at < ? ORDER BY id", start, end
        )
        return [TakeOver(*row) for row in rows]

    def write(self, text: str, by: Actor, at: float) -> None:
        """A new note, which holds from now on."""
        self._db.insert("INSERT INTO notes (text, account, who, at) VALUES (?, ?, ?, ?)", text, by.account, by.name, at)

    def take(self, taken: TakeOver) -> None:
        """Somebody has taken over."""
        self._db.insert(
            "INSERT INTO take_overs (account, who, at, shift, note) VALUES (?, ?, ?, ?, ?)",
            taken.account,
            taken.who,
            taken.at,
            taken.shift,
            taken.note,
        )


def _first(rows: list[Any], kind: Any) -> Any:
    return kind(*rows[0]) if rows else None
