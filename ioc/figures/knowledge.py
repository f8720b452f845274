"""How much is known of what makes a KPI: green takes a proof.

A KPI is unknown while a report behind it is not due, or one of its feeds was never heard or is silent. It is partly
known while records of its subsystem wait, are read anew or were deleted unread, or a thing that broke the limit is
heard no more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ioc.figures.hearing import Hearing
from ioc.figures.label_text import LabelPairs
from ioc.kpis.status import KNOWN, Certainty, GreyReason, Knowledge

BEHIND_AFTER = 30.0
"""Seconds that the oldest unread record of a partition may wait: a worker that restarts takes some twelve."""


class Doubt(NamedTuple):
    """One thing that is not known."""

    reason: GreyReason
    labels: LabelPairs = ()
    """Which feed, partition or thing it is about."""
    of_whole: bool = False
    """Whether it is about the KPI as a whole only, and not about each place that it is read at."""


@dataclass(frozen=True)
class Backlog:
    """What was appended to the source topics and is not in the figures, by subsystem and partition."""

    records: Mapping[tuple[str, int], int] = field(default_factory=dict)
    waiting: Mapping[tuple[str, int], float] = field(default_factory=dict)
    """Seconds that the oldest of them has waited, where there is any."""
    open_transactions: Mapping[tuple[str, int], float] = field(default_factory=dict)
    """Seconds that a transaction has kept records from being read, where one does."""

    @property
    def behind(self) -> frozenset[tuple[str, int]]:
        """The partitions whose oldest unread record has waited for too long."""
        return frozenset(place for place, seconds in self.waiting.items() if seconds > BEHIND_AFTER)

    def reading_of(self, subsystem: str, rebuilding: frozenset[int]) -> "Reading":
        """How far the partitions of one subsystem have been read."""
        return Reading(frozenset(partition for slug, partition in self.behind if slug == subsystem), rebuilding)

    def lag_of(self, subsystem: str) -> "SourceLag":
        """How far one subsystem is behind, over all partitions."""
        waiting, open_for = (
            max((seconds for (slug, _), seconds in each.items() if slug == subsystem), default=0.0)
            for each in (self.waiting, self.open_transactions)
        )
        return SourceLag(sum(n for (slug, _), n in self.records.items() if slug == subsystem), waiting, open_for)


class SourceLag(NamedTuple):
    """How far one subsystem's figures are behind its topic."""

    records: int
    """Appended and not yet in the figures."""
    waiting: float
    """Seconds that the oldest of them has waited."""
    open_transaction: float
    """Seconds that the oldest transaction has kept records from being read."""


class Reading(NamedTuple):
    """How far the partitions of one subsystem have been read, by partition."""

    behind: frozenset[int] = frozenset()
    """Partitions whose oldest unread record has waited for too long."""
    rebuilding: frozenset[int] = frozenset()
    """Partitions whose state is made anew from their topics."""


_UNKNOWN = (GreyReason.NOT_DUE, GreyReason.NO_DATA, GreyReason.FEED_SILENT)
_PARTLY = (
    GreyReason.REBUILDING,
    GreyReason.BEHIND,
    GreyReason.LOST,
    GreyReason.INCOMPLETE,
    GreyReason.THING_SILENT,
)


def knowledge_of(doubts: Iterable[Doubt], *, of_whole: bool = True) -> Knowledge:
    """What all doubts come to; the first reason of those there are is the one that is told.

    It is that of the KPI as a whole, unless ``of_whole`` is False: then that of any place that it is read at.
    """
    reasons = {doubt.reason for doubt in doubts if of_whole or not doubt.of_whole}
    for certainty, order in ((Certainty.UNKNOWN, _UNKNOWN), (Certainty.PARTLY_KNOWN, _PARTLY)):
        for reason in order:
            if reason in reasons:
                return Knowledge(certainty, reason)
    return KNOWN


def doubts_of(
    feeds: Mapping[str, Hearing],
    reading: Reading,
    *,
    is_due: bool,
    is_whole: bool = True,
    has_lost: bool = False,
    silent: Iterable[tuple[str, str]] = (),
) -> Iterator[Doubt]:
    """What is not known of a KPI.

    Args:
        feeds: those that it rests on.
        reading: how far its partitions have been read.
        is_due: whether the report behind it is due.
        is_whole: whether it counts since before its window began.
        has_lost: whether events that may count were deleted by age before they were read.
        silent: the labels of the things that fell silent while they broke its limits.
    """
    if not is_due:
        yield Doubt(GreyReason.NOT_DUE)
    for slug, heard in feeds.items():
        about = (("feed", slug),)
        if heard.silence is None:
            yield Doubt(GreyReason.NO_DATA, about)
        elif heard.is_silent:
            yield Doubt(GreyReason.FEED_SILENT, about)
    if not is_whole:
        yield Doubt(GreyReason.INCOMPLETE)
    if has_lost:
        yield Doubt(GreyReason.LOST)
    # What rests on no feed, as a declared number, waits for nobody.
    if feeds:
        yield from _unread(reading)
    for label in silent:
        yield Doubt(GreyReason.THING_SILENT, (label,), of_whole=True)


def _unread(reading: Reading) -> Iterator[Doubt]:
    for reason, partitions in ((GreyReason.REBUILDING, reading.rebuilding), (GreyReason.BEHIND, reading.behind)):
        for partition in sorted(partitions):
            yield Doubt(reason, (("partition", str(partition)),))
