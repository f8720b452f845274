"""Handing a shift over: a note from who leaves, and the word of who comes that they have taken over."""

from dataclasses import dataclass

from ioc.notices.episode import Episode
from ioc.notices.roster import Duty, Roster

LONGEST_NOTE = 2000
"""Characters."""
EARLY = 1800.0
"""Seconds before a shift begins from which on it can be taken over."""
GRACE = 900.0
"""Seconds after its beginning from which on it is said that nobody took it over."""


@dataclass(frozen=True, slots=True)
class Note:
    """What who leaves has to say; the newest one holds."""

    id: int
    text: str
    account: str
    who: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Somebody has taken over."""

    account: str
    who: str
    at: float
    """Seconds since the epoch."""
    shift: float | None
    """When the shift that they took begins; None where there is no roster."""
    note: int | None
    """The newest note then, which they saw."""

    def confirms(self, note: Note | None) -> bool:
        return note is not None and note.id == self.note


def coming(roster: Roster, now: float) -> Duty:
    """The shift that somebody who takes over now means: the next one shortly before it begins, else this one."""
    duty = roster.duty(now)
    return roster.after(duty) if duty.end - now <= EARLY else duty


def not_taken(roster: Roster, last: TakeOver | None, now: float) -> Duty | None:
    """The shift that goes on, where it is time that somebody had taken it over, and nobody has."""
    duty = roster.duty(now)
    taken = last is not None and last.shift is not None and last.shift >= duty.start
    return None if taken or now - duty.start < GRACE else duty


def worst_first(episode: Episode) -> tuple[int, bool, bool, float]:
    """By what alerts are sorted for who comes: the worst, those that wake somebody, those that nobody has."""
    alert = episode.alert
    return alert.rank, not alert.pages, episode.acknowledgement is not None, alert.starts_at
