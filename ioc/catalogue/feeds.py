"""The feeds of a subsystem: their heartbeats, and on which of them each KPI rests."""

from collections.abc import Iterable, Iterator, Mapping

from ioc.catalogue.model import EntitySpec, EventSpec, FeedSpec, Subsystem
from ioc.kpis.facts import Due, Happened, Open, OpenSince, Seen, Withdrawn, milestone_of
from ioc.kpis.measures import Measure
from ioc.text.bilingual import Text


def heartbeat_of(feed: str) -> str:
    """The event by which a feed of rare events says that it lives."""
    return f"{feed}.heartbeat_sent"


def feed_names(subsystems: Mapping[str, Subsystem]) -> list[str]:
    """Every feed of a catalogue by its full name, `subsystem.feed`."""
    return [full_name(slug, feed) for slug, subsystem in subsystems.items() for feed in subsystem.feeds]


def direct_feeds(subsystems: Mapping[str, Subsystem]) -> list[str]:
    """Those that may write to Kafka themselves, by their full names."""
    return [
        full_name(slug, feed)
        for slug, subsystem in subsystems.items()
        for feed, spec in subsystem.feeds.items()
        if not spec.gateway_only
    ]


def full_name(subsystem: str, feed: str) -> str:
    """A feed's name among those of all subsystems."""
    return f"{subsystem}.{feed}"


def with_heartbeats(subsystem: Subsystem) -> Subsystem:
    """The subsystem with the event that each feed with a heartbeat sends."""
    beating = {slug: feed for slug, feed in subsystem.feeds.items() if feed.heartbeat}
    events = {heartbeat_of(slug): EventSpec(name=_beats(feed)) for slug, feed in beating.items()}
    # A feed that names no event sends all that no other names: only those that name some need this one, too.
    named = {
        slug: feed.model_copy(update={"events": [*feed.events, heartbeat_of(slug)]})
        for slug, feed in beating.items()
        if feed.events
    }
    update = {"events": {**subsystem.events, **events}, "feeds": {**subsystem.feeds, **named}}
    return subsystem.model_copy(update=update)


def _beats(feed: FeedSpec) -> Text:
    return Text(f"Tín hiệu: {feed.name.vi}", f"Heartbeat: {feed.name.en}")


def feeds_of_kpi(subsystem: Subsystem, kpi: str) -> list[str]:
    """The feeds whose events make a KPI, in the catalogue's order: while one of them is silent it is not known.

    Raises:
        ValueError, KeyError: the KPI cannot be read, or asks for what is not declared; the checks tell it.
    """
    made_of = {subsystem.feed_of(event) for event in events_of_kpi(subsystem, kpi)}
    return [slug for slug in subsystem.feeds if slug in made_of]


def events_of_kpi(subsystem: Subsystem, kpi: str) -> set[str]:
    """The events that make a KPI, or could take away from it what they did not. Raises as `feeds_of_kpi`."""
    return {
        event
        for each in _made_of(subsystem, kpi, {})
        for needed in subsystem.kpis[each].needed()
        for event in _events_of_measure(subsystem, needed.measure)
    }


def _made_of(subsystem: Subsystem, kpi: str, found: dict[str, None]) -> Iterable[str]:
    """A KPI and all those that it is derived from, each once."""
    if kpi not in found:
        found[kpi] = None
        for other, *_ in subsystem.kpis[kpi].inputs():
            _made_of(subsystem, other, found)
    return found


def _events_of_measure(subsystem: Subsystem, measure: Measure) -> Iterable[str]:
    """The events that make a measure, or could take away from it what they did not."""
    match measure.fact:
        case Seen(presence):
            # A withdrawal that nobody heard of leaves a thing in what it is a share of, which is never for the better.
            return subsystem.presences[presence].heard_by
        case Withdrawn(presence):
            spec = subsystem.presences[presence]
            return [*spec.withdrawn_by, *spec.heard_by]
        case Open(slug) | OpenSince(slug) | Due(slug):
            entity = subsystem.entities[slug]
            return _moving(entity, (*_STANDING, *_TAKING_BACK)) | set(_milestones(entity, measure))
        case Happened(event):
            pass
        case _:
            raise AssertionError(f"a fact of no kind: {measure.fact}")
    owner = subsystem.entity_of(event)
    if owner is None:
        return [event]
    entity = subsystem.entities[owner]
    taking_back = (*_TAKING_BACK, "reopened") if entity.events[event] == "closed" else _TAKING_BACK
    return _moving(entity, taking_back) | {event}


_STANDING = ("closed", "suspended", "resumed", "extended", "reopened")
"""Roles that decide how an open entity stands."""
_TAKING_BACK = ("opened", "transferred", "corrected", "voided")
"""Roles that decide under which labels anything of an entity counts, and whether it does."""


def _moving(entity: EntitySpec, roles: Iterable[str]) -> set[str]:
    wanted = set(roles)
    return {event for event, role in entity.events.items() if role in wanted}


def _milestones(entity: EntitySpec, measure: Measure) -> Iterator[str]:
    """Those that a measure of open entities asks for."""
    for field, _ in measure.where:
        if (milestone := milestone_of(field)) is not None:
            yield milestone
    until = entity.deadlines[measure.fact.deadline].until if isinstance(measure.fact, Due) else None
    if until is not None:
        yield until
