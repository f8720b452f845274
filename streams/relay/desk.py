"""What the relay decides when alerts come, when time passes and when somebody answers. It sends nothing itself.

What is to be told stands in the store, not in a call that may fail: each round tells what nobody was told of yet.
"""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import time
from typing import Protocol

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.alert import LOST_SIGHT, Alert
from ioc.notices.channels import Channel, Payload, compose, compose_plainly
from ioc.notices.description import Context
from ioc.notices.digest import digest, last_due
from ioc.notices.episode import Acknowledgement, Episode, StepDone
from ioc.notices.escalation import turn, unanswered
from ioc.notices.figures import AlertFigures
from ioc.notices.heartbeat import FINGERPRINT, ceased
from ioc.notices.notice import Kind, Notice
from ioc.text.bilingual import Text
from streams.relay.alertmanager import AlertStates
from streams.relay.contacts import Contacts, address_of
from streams.relay.reports import Place, elsewhere, summed_up
from streams.relay.store import Failing, Store, Transaction
from streams.relay.supervision import Supervision
from streams.web.people.person import Actor
from streams.web.people.trail import Act, Entry, tell

DIGEST_MARK = "digest"
HEARTBEAT_MARK = "heartbeat"
UNSEEN = 300.0
"""An alert that Alertmanager has not known for so many seconds is over: it ended while it was inhibited, or while
Alertmanager was down. Prometheus tells a restarted Alertmanager all alerts anew within less."""
STUCK = 120.0
"""Seconds after which somebody else is told that a message does not arrive."""
TOLD_AGAIN = 60.0
"""Seconds between two attempts to tell that where no address takes anything."""
FIGURES_TIMEOUT = 8.0
"""Seconds that telling people waits for figures, at most."""

_log = logging.getLogger(__name__)


class Figures(Protocol):
    """Who knows the figures of alerts."""

    async def of(self, alerts: Sequence[Alert]) -> Mapping[str, AlertFigures]:
        """Those that are to be had within seconds, by the alert's key."""
        ...


@dataclass
class Desk:
    """One installation's alerts and contacts. Times: seconds since the epoch."""

    store: Store
    contacts: Contacts
    context: Context
    calendar: WorkingCalendar
    figures: Figures
    digest_at: time
    """The local time of day of the digest, on working days."""
    repeat_after: float
    """Seconds without an answer until a page is told again."""
    kept: float
    """Seconds that alerts which are over are kept, with their messages; looked at with each digest."""
    give_up_after: float
    """Seconds for which it is tried to tell somebody that a message does not arrive."""
    heartbeat_timeout: float
    """Seconds without Prometheus' heartbeat until that is told."""
    now: Callable[[], float]
    steps: Supervision
    _absent: dict[str, float] = field(default_factory=dict)
    """Since when open alerts are not known to Alertmanager."""
    _tried: float = -math.inf
    """When an address was last written to only to see whether it takes something."""
    _looked_at: set[str] = field(default_factory=set)
    """Alerts whose figures were asked for when they were new, by key."""
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.now()
        # A first start is no missed digest.
        if self.store.mark(DIGEST_MARK) is None:
            with self.store as transaction:
                transaction.set_mark(DIGEST_MARK, self.now())

    def keep(self, alerts: Iterable[Alert]) -> None:
        """Keep what Alertmanager tells: what is new and what is over is told in the next round. Raises StoreError."""
        now = self.now()
        with self.store as transaction:
            for alert in alerts:
                if alert.ends_at is None:
                    transaction.begin(alert, now)
                else:
                    transaction.end(alert, now, told=alert.pages)

    def beat(self) -> None:
        """The heartbeat came. Raises StoreError."""
        now = self.now()
        with self.store as transaction:
            transaction.set_mark(HEARTBEAT_MARK, now)
        self.keep([ceased(now, until=now)])

    def acknowledge(self, key: str, by: Actor, note: str) -> Episode | None:
        """Somebody takes an alert, also from who has it. None where no such alert is open. Raises StoreError."""
        former = self.store.episode(key)
        if former is None or not former.open:
            return None
        before = {} if former.acknowledgement is None else asdict(former.acknowledgement)
        taken = Acknowledgement(by.name, note, self.now())
        act = Act.TAKEN_OVER if before else Act.ACKNOWLEDGED
        entry = Entry(taken.at, act, by, key, before, asdict(taken))
        with self.store as transaction:
            transaction.acknowledge(key, taken)
            transaction.trail(entry)
        tell(entry)
        return self.store.episode(key)

    def step_done(self, key: str, step: Text, by: Actor) -> None:
        """Somebody did a step of an alert's runbook; who did it first stays. Raises StoreError."""
        done = StepDone(step, by.name, self.now())
        entry = Entry(done.at, Act.STEP_DONE, by, key, after=asdict(step))
        with self.store as transaction:
            if new := self.store.steps.done(key, done):
                transaction.trail(entry)
        if new:
            tell(entry)

    def step_undone(self, key: str, step: Text, by: Actor) -> None:
        """Nobody did it after all. Raises StoreError."""
        entry = Entry(self.now(), Act.STEP_UNDONE, by, key, before=asdict(step))
        with self.store as transaction:
            if was_done := self.store.steps.undone(key, step):
                transaction.trail(entry)
        if was_done:
            tell(entry)

    async def round(self, known: AlertStates | None) -> None:
        """Tell what is to be told by now: each alert, contact and message for itself, so that none keeps another.

        known: what Alertmanager has by now; None where it does not answer: then nothing is taken for over or silenced.
        """
        now = self.now()
        with self.steps.step("heartbeat"):
            self._miss_heartbeat(now)
        with self.steps.step("unseen alerts"):
            self._close_unseen(known, now)
        with self.steps.step("unanswered pages"):
            await self._tell_turns(self._unanswered(known, now), now)
        await self.tell_new()
        with self.steps.step("digest"):
            await self._tell_digest(now)
        with self.steps.step("undelivered messages"):
            self._tell_undelivered(now)
        self.steps.last_round = now

    async def tell_new(self) -> None:
        """Tell what began and what is over since it was last seen to."""
        now = self.now()
        with self.steps.step("pages"):
            await self._tell_turns(self._untold(), now)
        with self.steps.step("ends"):
            self._tell_over(now)
        with self.steps.step("new alerts"):
            await self._look_at_new()

    async def _look_at_new(self) -> None:
        """The figures of alerts that nobody is told of now, for who looks at the page."""
        opened = self.store.open_episodes()
        new = [each for each in opened if each.alert.key not in self._looked_at and each.told_at is None]
        self._looked_at = {each.alert.key for each in opened}
        if new:
            found = await self._asked(each.alert for each in new)
            with self.store as transaction:
                for key, figures in found.items():
                    transaction.set_figures(key, figures)

    async def _tell_turns(self, due: Sequence[Episode], now: float) -> None:
        """One message for all alerts of a subsystem that the same contact hears of for the same reason."""
        found = await self._asked(episode.alert for episode in due)
        grouped: dict[tuple[str, str, Kind], list[Episode]] = defaultdict(list)
        for episode in due:
            its = turn(episode.turns, self.contacts.chain(episode.alert, now))
            figures = found.get(episode.alert.key) if episode.open else episode.figures
            grouped[episode.alert.subsystem, its.contact, Kind(its.kind)].append(replace(episode, figures=figures))
        for (subsystem, contact, kind), group in grouped.items():
            with self.steps.step(f"pages of {subsystem} to {contact}"), self.store as transaction:
                # While Prometheus was asked somebody may have taken one.
                still = [each for each in group if self._nobody_took(each.alert.key)]
                if still:
                    # Where one of each waits, a further one would only arrive together with it.
                    waits = set.intersection(*(self.store.waiting_addresses(each.alert.key) for each in still))
                    self._write(transaction, Notice(kind, still, now), contact, but=waits)
                    transaction.take_turn([each.alert.key for each in still], now)
                for each in still:
                    transaction.set_figures(each.alert.key, each.figures)

    def _nobody_took(self, key: str) -> bool:
        episode = self.store.episode(key)
        return episode is not None and episode.acknowledgement is None

    def _untold(self) -> list[Episode]:
        """The pages that nobody was told of."""
        return [each for each in self.store.untold() if each.alert.pages and each.acknowledgement is None]

    def _unanswered(self, known: AlertStates | None, now: float) -> list[Episode]:
        """The pages that nobody took, and that are neither silenced nor out of sight."""
        quiet = self._absent.keys() | (frozenset() if known is None else known.suppressed)
        asked_again = unanswered(self.store.open_episodes(), now, self.repeat_after)
        return [each for each in asked_again if each.alert.fingerprint not in quiet]

    def _tell_over(self, now: float) -> None:
        """Everybody who heard that an alert began hears that it is over, once."""
        grouped: dict[str, list[Episode]] = defaultdict(list)
        for episode in self.store.ended_untold():
            grouped[episode.alert.subsystem].append(episode)
        for subsystem, ended in grouped.items():
            with self.steps.step(f"ends of {subsystem}"), self.store as transaction:
                told: dict[str, list[Episode]] = defaultdict(list)
                for episode in ended:
                    transaction.end_told(episode.alert.key)
                    for contact in self.store.contacts_told(episode.alert.key):
                        told[contact].append(episode)
                for contact, group in told.items():
                    if contact not in self.contacts.contacts:
                        _log.warning("%s heard of alerts, but is no contact any more: not told that they end", contact)
                        continue
                    self._write(transaction, Notice(Kind.RESOLVED, group, now), contact)

    async def _tell_digest(self, now: float) -> None:
        due, last = last_due(self.calendar, self.digest_at, now), self.store.mark(DIGEST_MARK) or 0.0
        if last >= due:
            return
        episodes = digest(self.store.episodes_since(last), last)
        found = await self._asked(episode.alert for episode in episodes if episode.open)
        told = [replace(each, figures=found.get(each.alert.key, each.figures)) for each in episodes]
        with self.store as transaction:
            if told:
                for contact in self.contacts.digest:
                    self._write(transaction, Notice(Kind.DIGEST, told, now), contact)
            transaction.set_mark(DIGEST_MARK, now)
            transaction.forget(now - self.kept)

    def _tell_undelivered(self, now: float) -> None:
        """What is refused, or waits for too long, is told through another channel, with the reason; once each."""
        since = now - STUCK
        grouped: dict[tuple[str, str], list[Failing]] = defaultdict(list)
        for failing in self.store.unreported(since):
            grouped[failing.contact, failing.address].append(failing)
        for place, group in grouped.items():
            with self.steps.step(f"undelivered messages of {place[0]}"), self.store as transaction:
                if self._report(transaction, place, group, self.store.failing_addresses(since), now):
                    transaction.set_reported(failing.id for failing in group)

    def _report(
        self,
        transaction: Transaction,
        place: tuple[str, str],
        group: Sequence[Failing],
        down: set[tuple[str, str]],
        now: float,
    ) -> bool:
        """Whether it is told, or cannot be ever: else it is tried again."""
        # A report that does not arrive itself is told elsewhere by what it was about.
        about = {root.id: root for failing in group for root in (self.store.reported_by(failing.message) or [failing])}
        episodes = {each.alert.key: each for root in about.values() for each in self.store.episodes_of(root.message)}
        chain = [name for each in episodes.values() for name in self.contacts.chain(each.alert, now)]
        waiting = self.store.waiting_addresses()
        to = elsewhere(self.contacts, chain, place, down | waiting)
        if to is None:
            alone = elsewhere(self.contacts, chain, place, set()) is None
            if alone or now > min(each.created_at for each in about.values()) + self.give_up_after:
                _log.error("nobody can be told that %d messages do not reach %s by %s", len(about), *place)
                return True
            # No address takes anything now. Which one does again shows only when it is tried: one at which something
            # waits is, and all that is written to it meanwhile would arrive at once.
            to = elsewhere(self.contacts, chain, place, waiting) or (None if place in waiting else place)
            if to is None or 0 <= now - self._tried < TOLD_AGAIN:
                return False
            self._tried = now
        told = summed_up(self.contacts, list(about.values()))
        notice = Notice(Kind.UNDELIVERED, list(episodes.values()), now, told)
        number = self._write(transaction, notice, to[0], only=to[1])
        transaction.report(number, about)
        return True

    def _write(
        self,
        transaction: Transaction,
        notice: Notice,
        contact: str,
        *,
        only: str | None = None,
        but: Collection[Place] = (),
    ) -> int:
        """Write a message to a contact, to one of its addresses or to all, and return its number."""
        if contact not in self.contacts.contacts:
            raise LookupError(f"{contact} is no contact any more")
        addressed = [
            (address_of(number, each), Channel(each.type))
            for number, each in enumerate(self.contacts.contacts[contact].channels)
        ]
        wanted = [each for each in addressed if only in (None, each[0]) and (contact, each[0]) not in but]
        composed = {channel: self._composed(channel, notice) for channel in {channel for _, channel in wanted}}
        keys = [episode.alert.key for episode in notice.episodes]
        payloads = [(address, channel, composed[channel]) for address, channel in wanted]
        return transaction.message(notice.kind, contact, keys, payloads, notice.now)

    def _composed(self, channel: Channel, notice: Notice) -> Payload:
        try:
            return compose(channel, notice, self.context)
        except Exception:
            _log.exception("a notice cannot be written for %s: its plainest form is sent", channel)
            return compose_plainly(channel, notice, self.context)

    async def _asked(self, alerts: Iterable[Alert]) -> Mapping[str, AlertFigures]:
        """The figures that are to be had; without them people are told all the same."""
        wanted = list(alerts)
        if wanted:
            with self.steps.step("figures"):
                async with asyncio.timeout(FIGURES_TIMEOUT):
                    return await self.figures.of(wanted)
        return {}

    def _miss_heartbeat(self, now: float) -> None:
        last = max(self._started, self.store.mark(HEARTBEAT_MARK) or 0.0)
        if now - last >= self.heartbeat_timeout:
            self.keep([ceased(last)])

    def _close_unseen(self, known: AlertStates | None, now: float) -> None:
        if known is None:
            return
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
                # Alertmanager forgets in a crash whom it told: that it is over is news then.
                transaction.end(ended, now, told=alert.pages and not lost)


def _blind(alert: Alert, opened: Iterable[Alert]) -> bool:
    """Whether nobody can know that an alert is over: a feed that it rests on is silent, or the platform is down."""
    for other in opened:
        rests_on_it = other.subsystem == alert.subsystem and other.feed in alert.feeds
        is_down = other.labels.get("layer") == "platform" and other.pages
        if other.key != alert.key and (rests_on_it or is_down):
            return True
    return False
