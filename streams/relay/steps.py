"""Which steps of runbooks somebody did, in the relay's database."""

from ioc.notices.episode import StepDone
from ioc.text.bilingual import Text
from streams.web.database import Database

TABLE = """
CREATE TABLE steps (
    key TEXT NOT NULL REFERENCES episodes ON DELETE CASCADE,
    vi TEXT NOT NULL, en TEXT NOT NULL,  -- as the runbook had it: one that changes is another step
    who TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (key, vi, en)
) STRICT;
"""


class Steps:
    """What is done in each episode. Every method raises StoreError."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def done(self, key: str, done: StepDone) -> bool:
        """Somebody did a step; tells whether nobody had before."""
        values = (key, done.step.vi, done.step.en, done.who, done.at)
        return self._db.change("INSERT INTO steps VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *values) == 1

    def undone(self, key: str, step: Text) -> bool:
        """Nobody did it after all; tells whether somebody had."""
        return self._db.change("DELETE FROM steps WHERE key = ? AND vi = ? AND en = ?", key, step.vi, step.en) == 1
