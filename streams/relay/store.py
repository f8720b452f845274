"""What the relay must not forget: alerts, messages and their deliveries, acknowledgements, turns taken."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from ioc.notices.alert import Alert
from ioc.notices.channels import Payload
from ioc.notices.episode import Acknowledgement, Episode, StepDone
from ioc.notices.figures import AlertFigures
from ioc.notices.notice import Kind
from streams.relay.handovers import FORGETTING, Handovers
from streams.relay.steps import Steps
from streams.relay.tables import VERSIONS
from streams.web.database import Database
from streams.web.people.trail import Entry, Trail

_EPISODE = (
    "SELECT fingerprint, starts_at, alert, received_at, resolved_at, acknowledged_at, acknowledged_by, note, turns, "
    "told_at, figures, (SELECT json_group_array(json_object('step', json_object('vi', vi, 'en', en), 'who', who, "
    "'at', at)) FROM (SELECT * FROM steps WHERE steps.key = episodes.key ORDER BY at)) FROM episodes "
)
_FAILURES = (
    "SELECT d.id, message, contact, address, channel, kind, coalesce(error, '') error, state = 'refused' refused, "
    "m.created_at FROM deliveries d JOIN messages m ON m.id = message "
)
_IN_VAIN = "state IN ('pending', 'sending') AND error IS NOT NULL"
_FAILING = f"(state = 'refused' OR ({_IN_VAIN} AND m.created_at <= ?))"

_FORGETTING = (
    "DELETE FROM told WHERE key IN (SELECT key FROM episodes WHERE resolved_at < ? AND end_told = 1)",
    "DELETE FROM episodes WHERE resolved_at < ? AND end_told = 1",
    "CREATE TEMP TABLE old AS SELECT id FROM messages WHERE created_at < ? AND id NOT IN (SELECT message FROM told)",
    "DELETE FROM reports WHERE message IN old OR delivery IN (SELECT id FROM deliveries WHERE message IN old)",
    "DELETE FROM deliveries WHERE message IN old",
    "DELETE FROM messages WHERE id IN old",
    "DROP TABLE old",
    *FORGETTING,
)


REPORT: Literal["report"] = "report"
"""The kind of a message that is the leaders' report; it is of no alert."""
_DROP_REPORT = (
    "UPDATE deliveries SET payload = x'7b7d' "
    "WHERE id = ? AND message IN (SELECT id FROM messages WHERE kind = 'report')"
)
"""What is done with is not read again, and a report is half a megabyte."""


class Delivery(msgspec.Struct, frozen=True):
    """One message on its way to one address of a contact."""

    id: int
    contact: str
    address: str
    channel: str
    kind: str
    payload: bytes
    """JSON."""
    created_at: float
    attempts: int

    def content(self) -> Payload:
        """The payload. Raises ValueError."""
        return msgspec.json.decode(self.payload, type=dict[str, Any])


class Failing(msgspec.Struct, frozen=True):
    """A delivery that does not arrive."""

    id: int
    message: int
    contact: str
    address: str
    channel: str
    kind: str
    error: str
    refused: bool
    """It is not tried any more."""
    created_at: float


class Store:
    """All writing is in transactions that are on disk when a method returns. Times: seconds since the epoch.

    Every method raises StoreError.
    """

    def __init__(self, path: Path) -> None:
        self._db = Database(path, VERSIONS)
        self.trail, self.steps, self.handovers = Trail(self._db), Steps(self._db), Handovers(self._db)
        # Whatever was being sent when the relay stopped may have arrived or not.
        self._db.change("UPDATE deliveries SET state = 'pending', doubtful = 1 WHERE state = 'sending'")

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> "Transaction":
        self._transaction = self._db.transaction()
        self._transaction.__enter__()
        return Transaction(self._db)

    def __exit__(self, *error: Any) -> None:
        self._transaction.__exit__(*error)

    def episode(self, key: str) -> Episode | None:
        return next(iter(self._episodes("WHERE key = ?", key)), None)

    def open_episodes(self) -> list[Episode]:
        """The newest first."""
        return self._episodes("WHERE resolved_at IS NULL ORDER BY starts_at DESC")

    def untold(self) -> list[Episode]:
        """Those of which nobody was told yet, the oldest first; what ended meanwhile if its end is to be told."""
        return self._episodes("WHERE told_at IS NULL AND (resolved_at IS NULL OR end_told = 0) ORDER BY starts_at")

    def ended_untold(self) -> list[Episode]:
        """Those of whose end people are still to be told; that they began they know, or somebody took them before."""
        return self._episodes(
            "WHERE end_told = 0 AND (told_at IS NOT NULL OR acknowledged_at IS NOT NULL) ORDER BY starts_at"
        )

    def episodes_since(self, since: float) -> list[Episode]:
        """Those open, or over no earlier than ``since``; the oldest first."""
        return self._episodes("WHERE resolved_at IS NULL OR resolved_at >= ? ORDER BY starts_at", since)

    def episodes_of(self, message: int) -> list[Episode]:
        """What a message is about."""
        return self._episodes("WHERE key IN (SELECT key FROM told WHERE message = ?) ORDER BY starts_at", message)

    def contacts_told(self, key: str) -> list[str]:
        """Who has heard of an alert, in order."""
        rows = self._db.rows(
            "SELECT DISTINCT contact FROM messages JOIN told ON message = id WHERE key = ? ORDER BY id", key
        )
        return [contact for (contact,) in rows]

    def pending(self) -> list[Delivery]:
        """What is to be delivered, the oldest first."""
        rows = self._db.rows(
            "SELECT d.id, contact, address, channel, kind, payload, created_at, attempts FROM deliveries d "
            "JOIN messages m ON m.id = message WHERE state IN ('pending', 'sending') ORDER BY d.id"
        )
        return [Delivery(*row) for row in rows]

    def attempting(self, delivery: int) -> bool:
        """An attempt begins; tells whether an earlier one may have arrived."""
        with self._db.transaction():
            # One that is still being sent was left so by an attempt that ended without a word.
            [(doubtful,)] = self._db.rows("SELECT doubtful OR state = 'sending' FROM deliveries WHERE id = ?", delivery)
            self._db.change(
                "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, doubtful = ? WHERE id = ?",
                doubtful,
                delivery,
            )
        return bool(doubtful)

    def attempt_failed(self, delivery: int, error: str, *, doubtful: bool) -> None:
        self._db.change(
            "UPDATE deliveries SET state = 'pending', error = ?, doubtful = max(doubtful, ?) WHERE id = ?",
            error,
            doubtful,
            delivery,
        )

    def delivered(self, delivery: int, receipt: str, now: float) -> None:
        with self._db.transaction():
            self._db.change(
                "UPDATE deliveries SET state = 'delivered', receipt = ?, error = NULL, done_at = ?, reported = 1 "
                "WHERE id = ?",
                receipt,
                now,
                delivery,
            )
            self._db.change(_DROP_REPORT, delivery)

    def refused(self, delivery: int, error: str, now: float) -> None:
        """It will never be delivered: that is still to be reported."""
        with self._db.transaction():
            self._db.change(
                "UPDATE deliveries SET state = 'refused', error = ?, done_at = ?, reported = 0 WHERE id = ?",
                error,
                now,
                delivery,
            )
            self._db.change(_DROP_REPORT, delivery)

    def unreported(self, waiting_since: float) -> list[Failing]:
        """What was refused, or is tried in vain since ``waiting_since`` or longer, and nobody was told of."""
        return self._failing(f"WHERE reported = 0 AND {_FAILING}", waiting_since)

    def not_arrived(self, since: float) -> list[Failing]:
        """What was refused of the messages written since then, and whatever is tried in vain."""
        return self._failing(f"WHERE (state = 'refused' AND m.created_at >= ?) OR ({_IN_VAIN})", since)

    def reported_by(self, message: int) -> list[Failing]:
        """The deliveries that a message tells of."""
        return self._failing("WHERE d.id IN (SELECT delivery FROM reports r WHERE r.message = ?)", message)

    def failing_addresses(self, waiting_since: float) -> set[tuple[str, str]]:
        """Contacts and addresses that took nothing since a message of theirs was refused or began to wait."""
        failing = self._failing(f"WHERE {_FAILING}", waiting_since)
        newest = {(each.contact, each.address): each.id for each in failing}
        rows = self._db.rows(
            "SELECT contact, address, max(d.id) FROM deliveries d JOIN messages m ON m.id = message "
            "WHERE state = 'delivered' GROUP BY 1, 2"
        )
        delivered = {(contact, address): number for contact, address, number in rows}
        return {place for place, number in newest.items() if number > delivered.get(place, 0)}

    def waiting_addresses(self, page: str | None = None) -> set[tuple[str, str]]:
        """Contacts and addresses at which something, or a page of an alert, was tried in vain and is tried on."""
        of_it = " AND kind <> 'undelivered' AND message IN (SELECT message FROM told WHERE key = ?)" if page else ""
        return {
            (each.contact, each.address) for each in self._failing(f"WHERE {_IN_VAIN}{of_it}", *filter(None, [page]))
        }

    def deliveries(self) -> list[tuple[str, str, int]]:
        """How many deliveries there are of each channel and state."""
        return self._db.rows("SELECT channel, state, count(*) FROM deliveries GROUP BY 1, 2")

    def deliveries_of(self, key: str) -> list[dict[str, Any]]:
        """The receipts of an alert, the oldest first."""
        return self._db.named_rows(
            "SELECT kind, contact, channel, state, attempts, created_at, done_at, receipt, error FROM deliveries d "
            "JOIN messages m ON m.id = d.message JOIN told t ON t.message = m.id WHERE key = ? ORDER BY d.id",
            key,
        )

    def oldest_pending(self) -> float | None:
        """When the oldest message that is not delivered was written."""
        [(oldest,)] = self._db.rows(
            "SELECT min(created_at) FROM deliveries d JOIN messages m ON m.id = message "
            "WHERE state IN ('pending', 'sending')"
        )
        return oldest

    def mark(self, name: str) -> float | None:
        """A moment that was kept by name."""
        rows = self._db.rows("SELECT at FROM marks WHERE name = ?", name)
        return rows[0][0] if rows else None

    def document(self, name: str) -> str | None:
        """How a file read when it was last kept."""
        rows = self._db.rows("SELECT text FROM documents WHERE name = ?", name)
        return rows[0][0] if rows else None

    def _failing(self, condition: str, *values: object) -> list[Failing]:
        rows = self._db.named_rows(f"{_FAILURES}{condition} ORDER BY d.id", *values)
        return [msgspec.convert(row, Failing, strict=False) for row in rows]

    def _episodes(self, condition: str, *values: object) -> list[Episode]:
        return [_episode(row) for row in self._db.rows(_EPISODE + condition, *values)]


class Transaction:
    """What is written together or not at all."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, alert: Alert, now: float) -> None:
        """Keep an alert that fires, or what it says by now.

        An alert that is open goes on, also with another beginning: Prometheus forgets it in a restart.
        """
        row = self._open(alert)
        if row is not None:
            going_on = replace(alert, starts_at=row[1])
            self._db.change("UPDATE episodes SET alert = ? WHERE key = ?", msgspec.json.encode(going_on), row[0])
            return
        self._db.change(
            "INSERT INTO episodes (key, fingerprint, alert, starts_at, received_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET alert = excluded.alert, resolved_at = NULL, turns = 0, told_at = NULL, "
            "end_told = 1",
            alert.key,
            alert.fingerprint,
            msgspec.json.encode(alert),
            alert.starts_at,
            now,
        )

    def end(self, alert: Alert, now: float, *, told: bool) -> None:
        """An alert is over; ``told``: people who heard of it are to hear that, too. Nothing where it is not open."""
        row = self._open(alert)
        if row is None:
            return
        ended = replace(alert, starts_at=row[1])
        self._db.change(
            "UPDATE episodes SET alert = ?, resolved_at = ?, end_told = ? WHERE key = ?",
            msgspec.json.encode(ended),
            now,
            not told,
            row[0],
        )

    def _open(self, alert: Alert) -> tuple[str, float] | None:
        """Key and beginning of the same alert, if it is open."""
        rows = self._db.rows(
            "SELECT key, starts_at FROM episodes WHERE fingerprint = ? AND resolved_at IS NULL", alert.fingerprint
        )
        return rows[0] if rows else None

    def trail(self, entry: Entry) -> None:
        """A line of the trail, kept if the act is."""
        Trail(self._db).insert(entry)

    def set_document(self, name: str, text: str) -> None:
        """How a file reads now."""
        self._db.change("INSERT OR REPLACE INTO documents VALUES (?, ?)", name, text)

    def acknowledge(self, key: str, taken: Acknowledgement) -> bool:
        """Somebody takes an open alert, also from who took it before; tells whether it is open."""
        changed = self._db.change(
            "UPDATE episodes SET acknowledged_at = ?, acknowledged_by = ?, note = ? "
            "WHERE key = ? AND resolved_at IS NULL",
            taken.at,
            taken.who,
            taken.note,
            key,
        )
        return changed == 1

    def set_figures(self, key: str, figures: AlertFigures | None) -> None:
        """What Prometheus said of an alert when it was last asked."""
        encoded = None if figures is None else msgspec.json.encode(figures)
        self._db.change("UPDATE episodes SET figures = ? WHERE key = ?", encoded, key)

    def take_turn(self, keys: Iterable[str], now: float) -> None:
        """A contact of the chain was told of these."""
        self._db.insert_all(
            "UPDATE episodes SET turns = turns + 1, told_at = ? WHERE key = ?", [(now, key) for key in keys]
        )

    def end_told(self, key: str) -> None:
        """Everybody who heard of an alert was told that it is over."""
        self._db.change("UPDATE episodes SET end_told = 1 WHERE key = ?", key)

    def message(
        self,
        kind: Kind | Literal["report"],
        contact: str,
        keys: Sequence[str],
        addressed: Iterable[tuple[str, str, Payload]],
        now: float,
    ) -> int:
        """Write a message to a contact, to be delivered to each of its addresses; returns its number."""
        number = self._db.insert(
            "INSERT INTO messages (kind, contact, created_at) VALUES (?, ?, ?)", kind, contact, now
        )
        self._db.insert_all("INSERT INTO told (message, key) VALUES (?, ?)", [(number, key) for key in keys])
        self._db.insert_all(
            "INSERT INTO deliveries (message, address, channel, payload, reported) VALUES (?, ?, ?, ?, 0)",
            [(number, address, channel, msgspec.json.encode(payload)) for address, channel, payload in addressed],
        )
        return number

    def report(self, message: int, deliveries: Iterable[int]) -> None:
        """A message tells that these do not arrive."""
        self._db.insert_all("INSERT INTO reports VALUES (?, ?)", [(message, each) for each in deliveries])

    def set_reported(self, deliveries: Iterable[int]) -> None:
        """Of these nobody is to be told any more."""
        self._db.insert_all("UPDATE deliveries SET reported = 1 WHERE id = ?", [(each,) for each in deliveries])

    def forget(self, before: float) -> None:
        """Leave out alerts that are over since then, and the messages of that time that are about no other."""
        for statement in _FORGETTING:
            self._db.change(statement, *[before] * statement.count("?"))

    def set_mark(self, name: str, at: float) -> None:
        self._db.change("INSERT OR REPLACE INTO marks VALUES (?, ?)", name, at)


def _episode(row: Sequence[Any]) -> Episode:
    fingerprint, starts_at, alert, received_at, resolved_at, at, who, note, turns, told_at, figures, steps = row
    taken = None if at is None else Acknowledgement(who, note, at)
    return Episode(
        _read(alert, Alert) or Alert(fingerprint, {}, {}, starts_at, resolved_at),
        received_at,
        resolved_at,
        taken,
        turns,
        told_at,
        _read(figures, AlertFigures),
        _read(steps, tuple[StepDone, ...]) or (),
    )


def _read(text: bytes | str | None, kind: Any) -> Any:
    """None where there is nothing, or what today's program does not know: one row must not hide the others."""
    try:
        return None if text is None else msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, ValueError):
        return None
