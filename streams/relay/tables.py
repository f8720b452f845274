"""The tables of the relay's database, version by version."""

from streams.relay import handovers, steps
from streams.web.people import trail

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
_SINCE_TRAIL = """
CREATE TABLE documents (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT; -- as last seen, to tell what changed
"""
VERSIONS = (_TABLES, _SINCE_RECEIPTS, trail.TABLE, _SINCE_TRAIL, steps.TABLE, handovers.TABLES)
"""What leads from each version, its number the position here, to the next."""
