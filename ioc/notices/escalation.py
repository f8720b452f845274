"""Whose turn it is: each contact of a chain is told twice, then the next one; after the last the chain starts over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ioc.notices.episode import Episode

TIMES = 2
"""How often a contact is told before the next one is."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is told next, and why."""

    contact: str
    kind: Literal["firing", "reminder", "escalated"]


def turn(turns: int, chain: Sequence[str]) -> Turn:
    """The next turn when contacts of the chain were told ``turns`` times already."""
    contact = chain[turns // TIMES % len(chain)]
    if turns == 0:
        return Turn(contact, "firing")
    return Turn(contact, "reminder" if turns % TIMES or len(chain) == 1 else "escalated")


def unanswered(episodes: Iterable[Episode], now: float, interval: float) -> list[Episode]:
    """The pages that are open, that nobody took, and that were last told at least ``interval`` seconds ago."""
    return [
        episode
        for episode in episodes
        if episode.open
        and episode.alert.pages
        and episode.acknowledgement is None
        and episode.told_at is not None
        and now - episode.told_at >= interval
    ]
