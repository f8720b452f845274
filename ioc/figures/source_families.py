"""What is exported of the sources: how far each subsystem's topic has been read, whether its feeds speak."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from ioc.catalogue.model import FeedSpec, Subsystem
from ioc.engine.judge import INTERNAL
from ioc.engine.sent_again import NO_PLACE
from ioc.engine.store.checkpoint_header import UNKNOWN_FEED, Fates, FeedState, Loss
from ioc.events.records import SENT_AGAIN
from ioc.figures.family import Family
from ioc.figures.hearing import Hearing
from ioc.figures.knowledge import SourceLag
from ioc.figures.label_text import LabelPairs
from ioc.figures.merged import MergedFigures
from ioc.kpis import metric_names
from ioc.time.instants import float_from_ms

_DOCUMENTED: Mapping[str, tuple[Literal["gauge", "counter"], str]] = {
    metric_names.EVENT_TIME: ("gauge", "Newest event time of a subsystem."),
    metric_names.SOURCE_LAG: ("gauge", "Records appended and not yet in the figures."),
    metric_names.SOURCE_LAG_SECONDS: ("gauge", "How long the oldest of them has waited."),
    metric_names.SOURCE_OPEN_TRANSACTION: ("gauge", "How long a transaction has kept records from being read."),
    metric_names.SOURCE_LOST: ("gauge", "Records deleted by age before they were read, and not given up."),
    metric_names.EVENTS_CONSUMED: ("counter", "Records consumed."),
    metric_names.EVENTS: ("counter", "Records by fate."),
    metric_names.ORPHANS: ("gauge", "Entities whose opening never came."),
    metric_names.NEGATIVE_COUNTS: ("counter", "Counts of things that fell below 0, which none can."),
    metric_names.FEED_INFO: ("gauge", "1 for every feed, with its names."),
    metric_names.FEED_EVENT_TIME: ("gauge", "Newest event time of a feed."),
    metric_names.FEED_SILENCE: ("gauge", "Time in the feed's hours since it was heard."),
    metric_names.FEED_EXPECTED_INTERVAL: ("gauge", "A feed silent for longer has died."),
    metric_names.FEED_IN_HOURS: ("gauge", "1 while the feed is expected to speak."),
    metric_names.EVENTS_LATE: ("counter", "Applied events later than the allowed lateness."),
    metric_names.EVENTS_CONFLICTING: ("counter", "Duplicates that say something else than the event with their id."),
    metric_names.EVENTS_REJECTED: ("counter", "Records rejected, by reason."),
}


class Source(NamedTuple):
    """One subsystem's topic at one moment."""

    subsystem: Subsystem
    lag: SourceLag
    hearings: Mapping[str, Hearing]
    """By feed."""
    losses: Sequence[Loss] = ()
    """What was deleted by age before it was read and nobody has accepted."""


def source_families(merged: MergedFigures, sources: Mapping[str, Source]) -> Iterator[Family]:
    """The families of all subsystems' sources, by slug."""
    families = {name: Family(name, kind, text) for name, (kind, text) in _DOCUMENTED.items()}
    for slug, source in sources.items():
        for name, labels, value in _samples(merged, slug, source):
            families[name].samples.append(((("subsystem", slug), *labels), value))
    for name, labels, value in _of_nobody(merged.nobodys()):
        families[name].samples.append(((("subsystem", SENT_AGAIN), *labels), value))
    yield from families.values()


_Sample = tuple[str, LabelPairs, float]


def _samples(merged: MergedFigures, slug: str, source: Source) -> Iterator[_Sample]:
    fates = merged.fates(slug)
    yield metric_names.SOURCE_LAG, (), source.lag.records
    yield metric_names.SOURCE_LAG_SECONDS, (), source.lag.waiting
    yield metric_names.SOURCE_OPEN_TRANSACTION, (), source.lag.open_transaction
    yield metric_names.SOURCE_LOST, (), sum(loss.offsets for loss in source.losses)
    yield from _fates(fates)
    partitions = merged.sources(slug).values()
    for entity in source.subsystem.entities:
        yield metric_names.ORPHANS, (("entity", entity),), sum(each.orphans.get(entity, 0) for each in partitions)
    yield metric_names.NEGATIVE_COUNTS, (), sum(each.negative_counts for each in partitions)
    newest = merged.newest(slug)
    if newest is not None:
        yield metric_names.EVENT_TIME, (), float_from_ms(newest)
    feeds = merged.feeds(slug)
    for feed, spec in source.subsystem.feeds.items():
        yield from _of_feed((("feed", feed),), spec, source.hearings[feed])
    for feed, state in feeds.items():
        yield from _counted((("feed", feed),), state)


def _fates(fates: Fates) -> Iterator[_Sample]:
    yield metric_names.EVENTS_CONSUMED, (), fates.consumed
    for fate in ("applied", "duplicate", "rejected"):
        yield metric_names.EVENTS, (("fate", fate),), getattr(fates, fate)


def _of_nobody(fates: Fates) -> Iterator[_Sample]:
    """Of what the operator sent again and is of no subsystem."""
    yield from _fates(fates)
    yield metric_names.EVENTS_REJECTED, (("feed", UNKNOWN_FEED), ("reason", NO_PLACE.reason)), fates.rejected


def _of_feed(about: LabelPairs, spec: FeedSpec, heard: Hearing) -> Iterator[_Sample]:
    yield metric_names.FEED_INFO, (*about, ("name_vi", spec.name.vi), ("name_en", spec.name.en)), 1
    yield metric_names.FEED_IN_HOURS, about, float(heard.is_expected)
    if spec.expected_interval is not None:
        yield metric_names.FEED_EXPECTED_INTERVAL, about, spec.expected_interval.seconds
    if heard.newest is not None:
        yield metric_names.FEED_EVENT_TIME, about, float_from_ms(heard.newest)
    if heard.silence is not None:
        yield metric_names.FEED_SILENCE, about, heard.silence


def _counted(about: LabelPairs, state: FeedState) -> Iterator[_Sample]:
    yield metric_names.EVENTS_LATE, about, state.late
    yield metric_names.EVENTS_CONFLICTING, about, state.conflicting
    # A counter that does not exist until it counts has no first increase.
    for reason, count in {INTERNAL: 0, **state.rejected_by_reason}.items():
        yield metric_names.EVENTS_REJECTED, (*about, ("reason", reason)), count
