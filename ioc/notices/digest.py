"""What waits for the morning: when the digest is due, and what stands in it."""

from collections.abc import Iterable
from datetime import time

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.episode import Episode
from ioc.text.formats import local_time
from ioc.time.windows import DAY, UTC_OFFSET


def last_due(calendar: WorkingCalendar, at: time, now: float) -> int:
    """The newest moment, not after ``now``, that is the time of day ``at`` of a working day (local; in seconds)."""
    second = at.hour * 3600 + at.minute * 60 + at.second
    midnight = int((now + UTC_OFFSET) // DAY * DAY - UTC_OFFSET)
    if midnight + second > now:
        midnight -= DAY
    while not calendar.is_working_day(local_time(midnight).date()):
        midnight -= DAY
    return midnight + second


def digest(episodes: Iterable[Episode], since: float) -> list[Episode]:
    """The alerts that wake nobody, open or over since the last digest: by subsystem, the open and the worst first."""
    kept = [
        episode
        for episode in episodes
        if not episode.alert.pages and (episode.resolved_at is None or episode.resolved_at > since)
    ]
    return sorted(kept, key=_order)


def _order(episode: Episode) -> tuple[str, bool, int, float]:
    return episode.alert.subsystem, not episode.open, episode.alert.rank, episode.alert.starts_at
