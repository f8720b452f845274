"""Runs of ordinary events of one type, applied column by column: at half of what they cost one by one.

Ordinary is what needs no judgement: new, in time, rightly keyed, and of no lifecycle, whose steps depend on each other.
Whatever is not, and whatever may not be, is left to be applied one by one.
"""

from collections.abc import Sequence
from typing import Any

from ioc.engine.handlers import Handler
from ioc.engine.store.checkpoint_header import SourceState
from ioc.events.decoding import FUTURE_TOLERANCE, Event
from ioc.events.records import Batch
from ioc.time.instants import EPOCH_BY_ZONE, MILLISECOND, EpochMs


class Runs:
    """Applies runs of one subsystem and partition; ``source`` says what became of them."""

    def __init__(self, source: SourceState) -> None:
        self._source = source

    def apply(self, handler: Handler, events: Sequence[Event], batch: Batch, start: int) -> int:
        """Apply events of one type, the first of which is at ``start`` in its batch; returns how many were applied.

        They are the first of them, up to one that the engine fails on; none where not all are ordinary.
        """
        end = start + len(events)
        datas = [event.data for event in events]
        epoch = EPOCH_BY_ZONE[events[0].time.tzinfo]  # of the others' zones, too, it is the same instant
        times: list[EpochMs] = [(event.time - epoch) // MILLISECOND for event in events]  # type: ignore[misc]
        appended = batch.append_times[start:end]
        if not _are_in_time(times, appended, handler) or not _are_keyed(datas, batch.keys[start:end], handler):
            return 0
        applied = _apply_new(handler, events, datas, times, appended)
        if applied:
            # Written out here, so that nothing can fail between what is applied and what is told of it.
            source, feed, newest = self._source, handler.feed, max(times[:applied])
            source.fates.applied += applied
            feed.applied += applied
            feed.first = min(feed.first or times[0], *times[:applied])
            feed.newest = max(feed.newest, newest)
            source.newest = max(source.newest, newest)
            source.appended = max(source.appended, *appended[:applied])
            # A history that somebody imports is no sign of life of its feed.
            if times[applied - 1] + handler.lateness >= appended[applied - 1]:
                feed.heard = appended[applied - 1]
        return applied


def _apply_new(
    handler: Handler,
    events: Sequence[Event],
    datas: Sequence[Any],
    times: Sequence[EpochMs],
    appended: Sequence[EpochMs],
) -> int:
    """Apply the first of them, up to one that may not be new; returns how many were before one that failed."""
    duplicates = handler.duplicates
    if duplicates is None:
        return handler.apply_run(datas, times)
    new = duplicates.remember_first(events, times, appended, datas)
    applied = 0
    try:
        applied = handler.apply_run(datas[:new], times[:new])
    finally:
        if applied < new:
            duplicates.forget_last(new - applied)
    return applied


def _are_in_time(times: Sequence[EpochMs], appended: Sequence[EpochMs], handler: Handler) -> bool:
    """Whether all are surely neither late nor impossible, and all or none of them are signs of life."""
    oldest, newest, lateness = min(times), max(times), handler.lateness
    is_live, none_is = oldest + lateness >= max(appended), newest + lateness < min(appended)
    return (
        oldest > 0
        and (handler.feed.first > 0 or not handler.feed.newest)
        and oldest >= max(newest, handler.feed.newest) - lateness
        and newest <= min(appended) + FUTURE_TOLERANCE
        and (is_live or none_is)
    )


def _are_keyed(datas: Sequence[Any], keys: Sequence[bytes | None], handler: Handler) -> bool:
    """Whether each has the key that is wanted, known to belong here."""
    if handler.key_field is None:
        return True
    wanted = [*map(handler.key_field, datas)]
    return [*map(str.encode, wanted)] == keys and all(map(handler.routed_here, wanted))
