"""Whether topics keep the events of cases for as long as these are open: a rebuild knows none whose opening is gone."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ioc.cases.book import CaseBook
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import DAY

NOTICE = Seconds(30 * DAY)
"""How long before an event is deleted it is told: long enough to keep it for longer."""


class Kept(NamedTuple):
    """What a subsystem's topic holds."""

    begins: EpochSeconds
    """The append time of its oldest record; of several partitions that of the one that begins last."""
    is_trimmed: bool
    """Whether records before it were deleted."""
    duration: Seconds
    """How long a record is kept."""


class Endangered(NamedTuple):
    """The oldest open entity of a kind, whose opening is about to be deleted, or is."""

    subsystem: str
    entity: str
    id: str
    opened: EpochSeconds
    is_gone: bool
    """Whether its opening is deleted already, if it was sent when it happened."""


def endangered(book: CaseBook, topics: Mapping[str, Kept], now: EpochSeconds) -> Iterator[Endangered]:
    """The oldest open entity of each kind whose opening the topic of its subsystem keeps no longer, or not for long."""
    for slug, kept in topics.items():
        deleted_soon = now - kept.duration + NOTICE
        for entity in book.plan.subsystems[slug].subsystem.entities:
            opened, case = min(
                ((each.opened, case) for case, each in book.things(slug, entity) if each.opened is not None),
                default=(now, ""),
            )
            is_gone = kept.is_trimmed and opened < kept.begins
            if is_gone or max(opened, kept.begins) < deleted_soon:
                yield Endangered(slug, entity, case, opened, is_gone)
