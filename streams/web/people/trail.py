"""The trail: one line for every act of a person, in a table that only grows, and on standard output.

The database itself refuses to change or remove a line. Whoever may write its file can remove that refusal: the copy on
standard output, collected elsewhere, is what shows it.
"""

import json
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from streams.web.database import Database
from streams.web.people.person import Actor

TABLE = """
CREATE TABLE trail (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    act TEXT NOT NULL,
    account TEXT NOT NULL,           -- who: what tells people apart
    name TEXT NOT NULL,
    address TEXT NOT NULL,           -- from where
    subject TEXT NOT NULL,           -- of what: an alert's key, a silence's id, an account
    before TEXT NOT NULL,            -- JSON
    after TEXT NOT NULL              -- JSON
) STRICT;
CREATE TRIGGER trail_never_changes BEFORE UPDATE ON trail
    BEGIN SELECT RAISE(ABORT, 'the trail is never changed'); END;
CREATE TRIGGER trail_never_shrinks BEFORE DELETE ON trail
    BEGIN SELECT RAISE(ABORT, 'the trail is never shortened'); END;
-- INSERT OR REPLACE deletes without asking the trigger of deletions.
CREATE TRIGGER trail_is_never_replaced BEFORE INSERT ON trail WHEN EXISTS (SELECT 1 FROM trail WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the trail is never changed'); END;
"""
NOTHING: Mapping[str, object] = {}


class Act(StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_IN_THROTTLED = "sign_in_throttled"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    """By somebody else."""
    ACKNOWLEDGED = "acknowledged"
    TAKEN_OVER = "taken_over"
    """An alert, from who had acknowledged it."""
    STEP_DONE = "step_done"
    STEP_UNDONE = "step_undone"
    """What was ticked off by mistake."""
    HANDOVER_NOTED = "handover_noted"
    SHIFT_TAKEN = "shift_taken"
    SILENCED = "silenced"
    SILENCE_FAILED = "silence_failed"
    """What was begun, and Alertmanager did not do."""
    SILENCE_ENDED = "silence_ended"
    CONTACTS_CHANGED = "contacts_changed"
    REDRIVEN = "redriven"


class Entry(NamedTuple):
    """One line."""

    at: float
    """Seconds since the epoch."""
    act: Act
    by: Actor
    subject: str = ""
    before: Mapping[str, object] = NOTHING
    after: Mapping[str, object] = NOTHING

    def as_data(self) -> dict[str, object]:
        """As the line reads on standard output and in JSON."""
        who = {"account": self.by.account, "name": self.by.name, "address": self.by.address}
        what = {"subject": self.subject, "before": self.before, "after": self.after}
        return {"at": self.at, "act": self.act.value, **who, **what}


class Trail:
    """The trail in a database that has its `TABLE`. Every method raises StoreError."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def append(self, entry: Entry) -> None:
        """Write a line and tell it."""
        self.insert(entry)
        tell(entry)

    def insert(self, entry: Entry) -> None:
        """Write a line, in the transaction of the act itself where one is open; `tell` it once that is on disk."""
        self._db.change(
            "INSERT INTO trail (at, act, account, name, address, subject, before, after) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            entry.at,
            entry.act.value,
            _stored(entry.by.account),
            _stored(entry.by.name),
            _stored(entry.by.address),
            _stored(entry.subject),
            _json(entry.before),
            _json(entry.after),
        )

    def entries(self, limit: int, before: int | None = None) -> list[tuple[int, Entry]]:
        """The newest, with their numbers; ``before``: only those with a lower number."""
        rows = self._db.rows(
            "SELECT id, at, act, account, name, address, subject, before, after FROM trail WHERE id < ? "
            "ORDER BY id DESC LIMIT ?",
            2**63 - 1 if before is None else before,
            limit,
        )
        return [
            (
                number,
                Entry(at, Act(act), Actor(*who), subject, msgspec.json.decode(former), msgspec.json.decode(new)),
            )
            for number, at, act, *who, subject, former, new in rows
        ]


def tell(entry: Entry) -> None:
    """Say a line on standard output, for whatever collects logs."""
    sys.stdout.write(f"{_json({'trail': entry.as_data()})}\n")
    sys.stdout.flush()


def _json(value: object) -> str:
    return _stored(json.dumps(value, ensure_ascii=False))


def _stored(text: str) -> str:
    """What cannot be encoded, as half of a letter, must not cost the line."""
    return text.encode(errors="replace").decode()
