"""Faust's Kafka transport, carrying batches of records and resuming where the checkpoints say."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from faust.types.app import AppT

from ioc.events.records import Batch
from streams.kafka.closing import close
from streams.kafka.fetching import GATHERED_BYTES, WHOLE_FETCH_WAIT_MS
from streams.kafka.silence import begin_elsewhere

log = logging.getLogger(__name__)


class Positions(Protocol):
    """What the consumer asks the checkpoints."""

    def positions(self) -> Mapping[TP, int]:
        """The next offset to consume of every source partition whose state is here."""

    def checkpointed(self) -> Mapping[TP, int]:
        """The same, as covered by the last finished checkpoint."""

    def skipped(self, tp: TP, records: int) -> None:
        """Offsets that the broker no longer has were passed over."""


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """aiokafka's records of one partition and poll.

    `follows` is the offset right after the batch before it. `end` is the offset to go on at: behind the last record,
    and behind the markers of transactions that follow it. There may be nothing but such markers.
    """

    follows: int
    records: list[Any]
    end: int
    begins: int = 0
    """Where the log begins, asked where the batch does not begin where the one before it ended."""

    def columns(self, subsystem: str, tp: TP) -> Batch:
        """The records column by column."""
        records = self.records
        return Batch(
            subsystem=subsystem,
            partition=tp.partition,
            offsets=[record.offset for record in records],
            append_times=[record.timestamp for record in records],
            keys=[record.key for record in records],
            values=[record.value for record in records],
            headers=[record.headers for record in records],
            end=self.end,
            topic=tp.topic,
            begins=self.begins,
        )


_COMMIT_LIMIT = 2.0
"""Seconds that a commit of the group's offsets may take."""


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust ties this to transactions of its own. What a feed took back by aborting must not count.
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms, consumer._fetch_min_bytes = WHOLE_FETCH_WAIT_MS, GATHERED_BYTES
        begin_elsewhere(consumer._client)
        return consumer

    async def on_thread_stop(self) -> None:
        # As Faust's own, but that a dead broker does not hold it up.
        await super(driver.AIOKafkaConsumerThread, self).on_thread_stop()
        if self._consumer is not None:
            await close(self._consumer)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        # Faust ends the worker if this fails. The group's offsets only inform: checkpoints decide where to resume.
        owned, consumer = self.assignment(), self._ensure_consumer()
        subscription = consumer._subscription.subscription
        if subscription is None or consumer._coordinator.need_rejoin(subscription):
            # It would wait behind the joining, on the same connection, and be refused by the generation that comes of
            # it. That makes aiokafka join once more, which lasts until the next commit: the group rebalanced for ever.
            return False
        try:
            await consumer.commit(
                {
                    driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(offset, "")
                    for tp, offset in offsets.items()
                    if tp in owned
                }
            )
        except (KafkaError, IllegalStateError) as error:
            log.info("The group's offsets were not committed: %r", error)
            return False
        return True


class BatchConsumer(driver.Consumer):
    """Consumer whose messages carry a `RecordBatch`, without a hole that the broker can still fill.

    Faust drops the rest of a poll when the flow stops. So a batch that does not begin where the last one ended is put
    back by seeking, and accepted only if the broker answers the same again.
    """

    def __init__(self, *args: Any, progress: Positions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._progress = progress
        self._next: dict[TP, int] = {}
        self._suspected: set[TP] = set()
        self._committed: dict[TP, int] = {}
        """What the group has of this worker. Faust takes for committed what it tried to."""

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        try:
            done = await asyncio.wait_for(super()._commit(offsets), _COMMIT_LIMIT)
        except (TimeoutError, RuntimeError) as error:
            # A thread that crashed answers nothing any more, or its event loop is closed.
            log.info("The group's offsets were not committed: %r", error)
            return False
        if done:
            self._committed.update(offsets)
        return done

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, Any]:  # noqa: ASYNC109
        fetched = await super()._getmany(active_partitions, timeout)
        if not self.flow_active:
            return {}  # positions are not yet those that resuming seeks
        batches: dict[TP, RecordBatch] = {}
        # A copy: while this waits, a rebalance changes the set.
        for tp in [*(active_partitions or ())]:
            expected = self._next.get(tp)
            if expected is None:
                continue  # its state is not here yet: resuming seeks
            records = fetched.get(driver.ensure_aiokafka_TP(tp), [])
            end = max(self._position(tp), records[-1].offset + 1 if records else expected)
            first = records[0].offset if records else end
            if first > expected and tp not in self._suspected:
                self._suspected.add(tp)
                await self._seek_to({tp: expected})
            elif end > expected:
                begins = await self._beginning(tp) if first > expected else 0
                if begins is None:
                    await self._seek_to({tp: expected})
                    continue
                self._suspected.discard(tp)
                if first > expected:
                    # What a feed's transactions take back leaves such holes all the time.
                    level, why = logging.DEBUG, "which hold no records"
                    if begins > expected:
                        level, why = logging.WARNING, "which the broker deleted"
                    log.log(level, "%s: going on behind offsets %d to %d, %s", tp, expected, first - 1, why)
                    self._progress.skipped(tp, first - expected)
                batches[tp] = RecordBatch(expected, records, end, begins)
        return batches

    async def _beginning(self, tp: TP) -> int | None:
        """The first offset that the broker still has; None where it does not say."""
        try:
            return (await self.earliest_offsets(tp)).get(tp)
        except KafkaError as error:
            log.warning("%s: where it begins is not known yet: %r", tp, error)
            return None

    def _position(self, tp: TP) -> int:
        """Where the next fetch goes on; 0 where that is not known."""
        state = self._state(tp)
        return cast(int, state.position) if state and state.has_valid_position else 0

    def _state(self, tp: TP) -> Any:
        assignment = self._thread._ensure_consumer()._subscription.subscription.assignment
        return assignment and assignment.state_value(driver.ensure_aiokafka_TP(tp))

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        batch: RecordBatch = record
        if self._next.get(tp) == batch.follows:  # else it was rewound since the batch was fetched
            self._next[tp] = batch.end
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            batch.end - 1,
            0.0,
            0,
            [],
            None,
            batch,  # type: ignore[arg-type]
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Resume where the state is, not where the group's offsets are."""
        await self.rewind(self._progress.positions())

    async def rewind(self, positions: Mapping[TP, int]) -> None:
        """Continue each of these partitions at its offset, if it is assigned to this worker."""
        assigned = self.assignment()
        positions = {tp: offset for tp, offset in positions.items() if tp in assigned}
        self._next.update(positions)
        self._suspected.difference_update(positions)
        await self._seek_to(positions)

    def end_offset(self, tp: TP) -> int | None:
        """The end of what may be consumed, as of the last fetch; None if nothing was fetched yet."""
        state = self._state(tp)
        return None if not state or state.lso is None else cast(int, state.lso)

    async def _seek_to(self, positions: Mapping[TP, int]) -> None:
        try:
            await self.seek_wait(positions)
        except IllegalStateError:
            log.info("Not seeking: the partitions were just taken away")

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        done = self._committed
        return {tp: offset for tp, offset in self._progress.checkpointed().items() if offset > done.get(tp, -1)}


class BatchTransport(driver.Transport):
    """Transport that makes batch consumers."""

    Consumer = BatchConsumer

    def __init__(self, *args: Any, progress: Positions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._progress = progress

    def create_consumer(self, callback: Any, **kwargs: Any) -> BatchConsumer:
        return cast(BatchConsumer, super().create_consumer(callback, progress=self._progress, **kwargs))


def batch_transport(app: AppT, progress: Positions) -> BatchTransport:
    """The transport for this app's consumer."""
    return BatchTransport(app.conf.broker_consumer, app, progress=progress)
