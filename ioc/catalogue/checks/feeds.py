"""What must hold for feeds: each event has one, and one that limits rest on says when it is silent."""

from collections.abc import Iterator
from contextlib import suppress

from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.catalogue.model import FeedSpec, Province
from ioc.catalogue.structure import Draft
from ioc.kpis.limits import effective_limits
from ioc.time.windows import HOUR, Window

_SHORT: dict[Window, int] = {"5m": 300, "1h": HOUR, "3h": 3 * HOUR, "24h": 24 * HOUR}
"""Windows that a feed must have spoken in, in seconds, for a count of 0 to say anything."""


def feed_faults(draft: Draft, province: Province | None) -> Iterator[Fault]:
    """The faults of the feeds, and of limits that rest on feeds which cannot bear them."""
    yield from _sender_faults(draft)
    for slug, feed in draft.subsystem.feeds.items():
        yield from _spec_faults(draft, slug, feed, province)
    yield from _limit_faults(draft)


def _sender_faults(draft: Draft) -> Iterator[Fault]:
    """Events that no feed sends, or several do."""
    subsystem, sender = draft.subsystem, dict[str, str]()
    for slug, feed in subsystem.feeds.items():
        for number, event in enumerate(feed.events):
            at: YamlPath = ("feeds", slug, "events", number)
            if not draft.declares("events", event):
                yield draft.fault(
                    at, f"there is no event `{event}`", nearest(event, subsystem.events, "declare it under events")
                )
            elif event in sender:
                fix = "list it in one of the two: what several systems send has an event for each"
                yield draft.fault(at, f"`{event}` is sent by the feed `{sender[event]}` already", fix)
            sender.setdefault(event, slug)
    rest = [slug for slug, feed in subsystem.feeds.items() if not feed.events]
    for slug in rest[1:]:
        message = f"`{rest[0]}` sends all that no other feed names already"
        yield draft.fault(("feeds", slug), message, "add `events:` with what this one sends")
    # A feed that is unsound was left out, and may be the one.
    unsound = any(place[0] == "feeds" for place in draft.broken)
    for event in subsystem.events if not rest and not unsound else ():
        if event not in sender:
            fix = "list it under `events:` of the feed that does"
            yield draft.fault(("events", event), f"no feed sends `{event}`", fix)


def _spec_faults(draft: Draft, slug: str, feed: FeedSpec, province: Province | None) -> Iterator[Fault]:
    place: YamlPath = ("feeds", slug)
    if feed.duplicate_horizon.seconds < feed.allowed_lateness.seconds:
        message = (
            f"events may come {feed.allowed_lateness} late, but are known again for {feed.duplicate_horizon} only: "
            "one that is sent again would count twice"
        )
        fix = f"write at least {feed.allowed_lateness}"
        yield draft.fault((*place, "duplicate_horizon"), message, fix)
    if feed.gateway_only and feed.transactions:
        message = f"the feed `{slug}` sends by the gateway alone, which writes in no transactions of a feed's"
        yield draft.fault((*place, "transactions"), message, "drop `transactions:`, or `gateway_only:`")
    if feed.heartbeat and feed.expected_interval is None:
        message = f"the feed `{slug}` has a heartbeat, but nobody knows how often it beats"
        yield draft.fault((*place, "heartbeat"), message, "add `expected_interval:`")
    if feed.hours == "school" and province is not None and not province.calendar.school_terms:
        fix = "declare school_terms in the calendar of province.yaml, or take another calendar"
        yield draft.fault((*place, "hours"), "the province declares no school terms", fix)


def _limit_faults(draft: Draft) -> Iterator[Fault]:
    """Limits on what silence would make green."""
    for slug, kpi in draft.subsystem.kpis.items():
        # What cannot be read at all is told by the checks of the KPI.
        with suppress(ValueError, KeyError):
            limits = effective_limits(kpi)
            if limits is not None:
                for feed in feeds_of_kpi(draft.subsystem, slug):
                    yield from _bearing_faults(draft, slug, limits.window, feed)


def _bearing_faults(draft: Draft, slug: str, window: Window, feed: str) -> Iterator[Fault]:
    place: YamlPath = ("kpis", slug, "limits")
    interval = draft.subsystem.feeds[feed].expected_interval
    if interval is None:
        message = f"the feed `{feed}` never says that it is silent, so that `{slug}` would be green without it"
        fix = "add `expected_interval:` to the feed, and `heartbeat: true` if its events are rare"
        yield draft.fault(place, message, fix)
    elif interval.seconds > _SHORT.get(window, interval.seconds):
        message = (
            f"the feed `{feed}` may say nothing for {interval}, so that nothing in {window} says nothing of `{slug}`"
        )
        fix = (
            f"expect it at least every {window}, with `heartbeat: true` if its events are rare, or take a longer window"
        )
        yield draft.fault(place, message, fix)
