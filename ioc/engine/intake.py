"""The events of one subsystem and partition taken in: every one has exactly one fate."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, repeat

from ioc.engine.entities import Repetition
from ioc.engine.handlers import Handler
from ioc.engine.judge import Judge, impossible, internal
from ioc.engine.plan import SubsystemPlan
from ioc.engine.runs import Runs
from ioc.engine.store.checkpoint_header import UNKNOWN_FEED, SourceState
from ioc.events.dead_letter import dead_letter, first_position
from ioc.events.decoding import FUTURE_TOLERANCE, Event, Rejection, are_plain, type_of
from ioc.events.records import Batch, Record
from ioc.events.redaction import Redaction
from ioc.time.instants import EPOCH_BY_ZONE, MILLISECOND, EpochMs

AT_ONCE = 128
"""Events that are decoded together: more no longer fit the processor's cache."""
FEWEST = 16
"""Events of one type in a row that are worth to be applied together."""


class Intake:
    """Decodes, judges and applies batches; ``source`` says how far they came, and where events went."""

    def __init__(
        self, plan: SubsystemPlan, source: SourceState, judge: Judge, handlers: Mapping[type[Event], Handler]
    ) -> None:
        self._source = source
        self._subsystem = plan.subsystem
        self._decoder = plan.decoder
        self._judge = judge
        self._handlers = handlers
        self._runs = Runs(source)
        self._redaction = Redaction(plan.subsystem)

    def apply(self, batch: Batch) -> Iterator[Record]:
        """Apply a batch from the position on; yields a dead letter for each event rejected.

        Raises MemoryError, which is no event's fault and may strike between any two changes: the state is half changed.
        """
        source, fates, rejected = self._source, self._source.fates, self._judge.rejected
        first = next((i for i, offset in enumerate(batch.offsets) if offset >= source.position), len(batch))
        end = max(batch.end, batch.offsets[-1] + 1 if batch.offsets else 0)
        if end <= source.position:
            return
        self._note_lost(batch, first, end)
        if source.position <= 0:
            rejected.known_from = batch.offsets[0] if batch.offsets else end
        fates.gaps += end - max(0, source.position) - (len(batch) - first)
        fates.consumed += len(batch) - first
        for i, rejection in self._apply_from(first, batch):
            rejected.add(batch.offsets[i])
            yield self._reject(batch, i, rejection)
        source.position = end
        source.appended = max(source.appended, *batch.append_times[first:], EpochMs(0))

    def apply_sent_again(self, batch: Batch) -> Iterator[Record]:
        """Apply rejected events that the operator sent again; yields a dead letter for each rejected once more."""
        self._consume_sent_again(batch)
        for i, rejection in self._apply_from(0, batch):
            yield self._reject(batch, i, rejection)
        self._source.appended = max(self._source.appended, *batch.append_times, EpochMs(0))

    def refuse_sent_again(self, batch: Batch, rejection: Rejection) -> Iterator[Record]:
        """Reject what the operator sent again, all of it; yields the dead letters."""
        self._consume_sent_again(batch)
        for i in range(len(batch)):
            yield self._reject(batch, i, rejection)

    def _consume_sent_again(self, batch: Batch) -> None:
        source, fates = self._source, self._source.fates
        source.position = max(source.position, 0)
        fates.consumed += len(batch)
        fates.sent_again += len(batch)

    def _reject(self, batch: Batch, i: int, rejection: Rejection) -> Record:
        self._source.fates.reject(rejection.reason)
        self._source.feed(self._feed_of(batch, i)).reject(rejection.reason)
        return dead_letter(batch, i, rejection, self._redaction)

    def _note_lost(self, batch: Batch, first: int, end: int) -> None:
        """Remember what the broker had deleted before the record at a place, where it had."""
        source = self._source
        next_there_is = batch.offsets[first] if first < len(batch) else end
        if (offsets := min(batch.begins, next_there_is) - max(0, source.position)) > 0:
            source.lose(offsets)
        if source.lost is not None and not source.lost.before and first < len(batch):
            source.lost.before = batch.append_times[first]

    def _apply_from(self, start: int, batch: Batch) -> Iterator[tuple[int, Rejection]]:
        """Apply the records from a place on; yields the places of those rejected, and why."""
        if batch.sent_again or not are_plain(batch.values, batch.headers):
            yield from self._apply_each(batch, start, repeat(None, len(batch) - start))
            return
        for first in range(start, len(batch), AT_ONCE):
            values = batch.values[first : first + AT_ONCE]
            try:
                events = [*map(self._decoder.read, values)]
            except Exception:  # whatever it is, it is told of the one record that it strikes
                yield from self._apply_each(batch, first, repeat(None, len(values)))
                continue
            yield from self._apply_read(batch, first, events)

    def _apply_read(self, batch: Batch, start: int, events: Sequence[Event]) -> Iterator[tuple[int, Rejection]]:
        """The same of events read: those of one type in a row together where that is worth it."""
        waiting = end = start
        for type_, run in groupby(events, type):
            begin, end = end, end + len([*run])
            handler = self._handlers[type_]
            if handler.is_independent and end - begin >= FEWEST:
                yield from self._apply_each(batch, waiting, events[waiting - start : begin - start])
                yield from self._apply_run(batch, begin, events[begin - start : end - start], handler)
                waiting = end
        yield from self._apply_each(batch, waiting, events[waiting - start :])

    def _apply_run(
        self, batch: Batch, start: int, run: Sequence[Event], handler: Handler
    ) -> Iterator[tuple[int, Rejection]]:
        """The same of events of one type: together, but for those between that must be judged."""
        done, applied = 0, FEWEST
        while applied >= FEWEST and len(run) - done >= FEWEST:
            try:
                applied = self._runs.apply(handler, run[done:], batch, start + done)
            except MemoryError:
                raise
            except Exception:  # a fault of the engine's own, told where it strikes an event by itself
                break
            done += applied
            yield from self._apply_each(batch, start + done, run[done : done + 1])
            done += 1
        yield from self._apply_each(batch, start + done, run[done:])

    def _apply_each(  # noqa: C901, PLR0912, PLR0915 (one hot loop)
        self, batch: Batch, start: int, events: Iterable[Event | None]
    ) -> Iterator[tuple[int, Rejection]]:
        """Apply the records from a place on one by one, with their events where they were read already.

        Yields the places of those rejected, and why.
        """
        source, fates = self._source, self._source.fates
        decode = self._decoder.decode
        handlers, judge = self._handlers, self._judge
        redeliveries = judge.redeliveries
        keys, values, headers, append_times = batch.keys, batch.values, batch.headers, batch.append_times
        newest = source.newest
        # This runs for every event: ms_from_datetime is written out, and nothing is looked up twice.
        for i, event in enumerate(events, start):
            first = None
            try:
                if event is None:
                    first = first_position(headers[i]) if batch.sent_again else None
                    event = decode(values[i], headers[i])  # noqa: PLW2901
                moment = event.time
                time: EpochMs = (moment - EPOCH_BY_ZONE[moment.tzinfo]) // MILLISECOND  # type: ignore[assignment]
                if time < 0 or time > append_times[i] + FUTURE_TOLERANCE:
                    raise impossible(moment, time)
                handler = handlers[type(event)]
                data = event.data
                if handler.key_field is not None:
                    wanted = handler.key_field(data)
                    if keys[i] != wanted.encode() or not handler.routed_here(wanted):
                        judge.check_key(keys[i], wanted)
                feed = handler.feed
                if first is not None and judge.passed(first, batch.topic):
                    fates.duplicate += 1
                    feed.duplicate += 1
                    continue
                duplicates = handler.duplicates
                appended = append_times[i]
                if duplicates is not None and not duplicates.remember(event.source, event.id, appended, time, data):
                    raise Repetition
                if appended > source.appended:  # noqa: PLR1730 (a call for every event)
                    source.appended = appended
                try:
                    handler.apply(data, time)
                except Exception:
                    if duplicates is not None:
                        duplicates.forget_last()
                    raise
            except Repetition:
                fates.duplicate += 1
                feed.duplicate += 1
                if first is not None:
                    redeliveries.add(first, append_times[i])
                continue
            except Rejection as rejection:
                yield i, rejection
                continue
            except MemoryError:
                raise
            except Exception as error:
                # A fault of the engine's own: whatever it is, it must not keep all other records from being applied.
                yield i, internal(error)
                continue
            fates.applied += 1
            if first is not None:
                redeliveries.add(first, append_times[i])
            feed.applied += 1
            # A history that somebody imports is no sign of life of its feed.
            if time + handler.lateness >= append_times[i]:
                feed.heard = append_times[i]
            if time > feed.newest:
                feed.first = feed.first or time
                feed.newest = time
                if time > newest:
                    source.newest = newest = time
                continue
            feed.first = min(feed.first, time)
            if time < feed.newest - handler.lateness:
                fates.late += 1
                feed.late += 1

    def _feed_of(self, batch: Batch, i: int) -> str:
        """The feed of a rejected record, as far as its type can be read."""
        event = self._subsystem.event_of(type_of(batch.values[i], batch.headers[i]))
        return UNKNOWN_FEED if event is None else self._subsystem.feed_of(event)
