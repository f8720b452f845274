"""What the relay decides when alerts come, when time passes and when somebody answers. It sends nothing itself."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import time

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.alert import LOST_SIGHT, Alert
from ioc.notices.channels import Channel, compose
from ioc.notices.description import Context
from ioc.notices.digest import digest, last_due
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.escalation import turn, unanswered
from ioc.notices.heartbeat import FINGERPRINT, ceased
from ioc.notices.notice import Kind, Notice
from streams.relay.alertmanager import AlertStates
from streams.relay.contacts import Contacts, address_of
from streams.relay.store import Store, Transaction

DIGEST_MARK = "digest"
HEARTBEAT_MARK = "heartbeat"
UNSEEN = 300.0
"""An alert that Alertmanager has not known for so many seconds is over: it ended while it was inhibited, or while
Alertmanager was down. Prometheus tells a restarted Alertmanager all alerts anew within less."""

_log = logging.getLogger(__name__)


@dataclass
class Desk:
    """One installation's alerts and contacts. Times: seconds since the epoch."""

    store: Store
    contacts: Contacts
    context: Context
    calendar: WorkingCalendar
    digest_at: time
    """The local time of day of the digest, on working days."""
    repeat_after: float
    """Seconds without an answer until a page is told again."""
    heartbeat_timeout: float
    """Seconds without Prometheus' heartbeat until that is told."""
    now: Callable[[], float]
    _absent: dict[str, float] = field(default_factory=dict)
    """Since when open alerts are not known to Alertmanager."""
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.now()
        # A first start is no missed digest.
        if self.store.mark(DIGEST_MARK) is None:
            with self.store as transaction:
                transaction.set_mark(DIGEST_MARK, self.now())

    def receive(self, alerts: Iterable[Alert]) -> None:
        """Keep what Alertmanager tells; write the messages for what is new and for what is over."""
        now = self.now()
        with self.store as transaction:
            begun, ended = [], []
            for alert in alerts:
                if alert.ends_at is None:
                    if transaction.begin(alert, now):
                        begun.append(alert)
                elif (over := transaction.end(alert, now)) is not None:
                    ended.append(over)
            self._tell_turns(transaction, [Episode(alert, now) for alert in begun if alert.pages], now)
            self._tell_over(transaction, [alert for alert in ended if alert.pages], now)

    def beat(self) -> None:
        """The heartbeat came."""
        now = self.now()
        with self.store as transaction:
            transaction.set_mark(HEARTBEAT_MARK, now)
        self.receive([ceased(now, until=now)])

    def tick(self, known: AlertStates | None) -> None:
        """Tell again what nobody took, tell the next contact, miss the heartbeat, send the digest if it is due.

        known: what Alertmanager has by now; None where it does not answer: then nothing is taken for over or silenced.
        """
        now = self.now()
        self._miss_heartbeat(now)
        if known is not None:
            self._close_unseen(known, now)
        quiet = frozenset() if known is None else known.suppressed
        due = [
            episode
            for episode in unanswered(self.store.open_episodes(), now, self.repeat_after)
            if episode.alert.fingerprint not in quiet and episode.alert.fingerprint not in self._absent
        ]
        if due:
            with self.store as transaction:
                self._tell_turns(transaction, due, now)
        self._tell_digest(now)

    def acknowledge(self, key: str, who: str, note: str) -> Episode | None:
        """Somebody takes an alert. None where no such alert is open."""
        with self.store as transaction:
            taken = transaction.acknowledge(key, Acknowledgement(who, note, self.now()))
        return self.store.episode(key) if taken else None

    def _tell_turns(self, transaction: Transaction, episodes: Iterable[Episode], now: float) -> None:
        """One message for all alerts of a subsystem that the same contact hears of for the same reason."""
        grouped: dict[tuple[str, str, Kind], list[Episode]] = defaultdict(list)
        for episode in episodes:
            its = turn(episode.turns, self.contacts.chain(episode.alert))
            grouped[episode.alert.subsystem, its.contact, Kind(its.kind)].append(episode)
        for (_, contact, kind), group in grouped.items():
            self._write(transaction, kind, contact, group, now)
            transaction.take_turn([episode.alert.key for episode in group], now)

    def _tell_over(self, transaction: Transaction, alerts: Iterable[Alert], now: float) -> None:
        """Everybody who heard that it began hears that it is over, once."""
        grouped: dict[tuple[str, str], list[Episode]] = defaultdict(list)
        for alert in alerts:
            for contact in self.store.contacts_told(alert.key):
                grouped[alert.subsystem, contact].append(Episode(alert, now, resolved_at=now))
        for (_, contact), group in grouped.items():
            self._write(transaction, Kind.RESOLVED, contact, group, now)

    def _tell_digest(self, now: float) -> None:
        due, last = last_due(self.calendar, self.digest_at, now), self.store.mark(DIGEST_MARK) or 0.0
        if last >= due:
            return
        episodes = digest(self.store.episodes_since(last), last)
        with self.store as transaction:
            if episodes:
                for contact in self.contacts.digest:
                    self._write(transaction, Kind.DIGEST, contact, episodes, now)
            transaction.set_mark(DIGEST_MARK, now)

    def _write(
        self, transaction: Transaction, kind: Kind, contact: str, episodes: Sequence[Episode], now: float
    ) -> None:
        if contact not in self.contacts.contacts:
            _log.warning("%s heard of an alert, but is no contact any more: not told that it is over", contact)
            return
        notice = Notice(kind, episodes, now)
        channels = self.contacts.contacts[contact].channels
        composed = {channel: compose(channel, notice, self.context) for channel in {Channel(c.type) for c in channels}}
        addressed = [(address_of(n, c), Channel(c.type), composed[Channel(c.type)]) for n, c in enumerate(channels)]
        transaction.message(kind, contact, [episode.alert.key for episode in episodes], addressed, now)

    def _miss_heartbeat(self, now: float) -> None:
        last = max(self._started, self.store.mark(HEARTBEAT_MARK) or 0.0)
        if now - last >= self.heartbeat_timeout:
            self.receive([ceased(last)])

    def _close_unseen(self, known: AlertStates, now: float) -> None:
        opened = {episode.alert.key: episode.alert for episode in self.store.open_episodes()}
        absent = {alert.fingerprint for alert in opened.values()} - known.present - {FINGERPRINT}
        self._absent = {fingerprint: self._absent.get(fingerprint, now) for fingerprint in absent}
        over = [alert for alert in opened.values() if now - self._absent.get(alert.fingerprint, now) >= UNSEEN]
        if not over:
            return
        with self.store as transaction:
            for alert in over:
                lost = {LOST_SIGHT: "true"} if _blind(alert, opened.values()) else {}
                ended = replace(alert, ends_at=now, annotations={**alert.annotations, **lost})
                transaction.end(ended, now)
                # Alertmanager forgets in a crash whom it told: that it is over is news then.
                if alert.pages and not lost:
                    self._tell_over(transaction, [ended], now)


def _blind(alert: Alert, opened: Iterable[Alert]) -> bool:
    """Whether nobody can know that an alert is over: its feed is silent, or the platform is down."""
    for other in opened:
        layer = other.labels.get("layer")
        if other.key != alert.key and (
            (layer == "feed" and other.subsystem == alert.subsystem) or (layer == "platform" and other.pages)
        ):
            return True
    return False
