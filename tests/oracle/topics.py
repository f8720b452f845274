"""Source topics and the engine's own two in memory: what is appended, consumed, checkpointed, compacted and merged."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
from aiokafka.partitioner import murmur2

from ioc.catalogue.model import Subsystem
from ioc.engine.plan import Plan
from ioc.engine.shard import Shard
from ioc.events.dead_letter import RecordPosition
from ioc.events.records import SENT_AGAIN, Batch, Checkpoint, Header
from ioc.figures.merged import MergedFigures
from tests.oracle.oracle import Cells, PaneName, comparable
from tests.oracle.reading import EPOCH, LogRecord


def time_text(milliseconds: int) -> str:
    """An instant as events carry it."""
    return (EPOCH + timedelta(milliseconds=milliseconds)).astimezone(UTC).isoformat(timespec="milliseconds")


def moment(text: str) -> int:
    """The milliseconds of a local time."""
    return round(datetime.fromisoformat(f"{text}+07:00").timestamp() * 1000)


class Topics:
    """The records appended, in order; offsets by subsystem and partition."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self.records: list[LogRecord] = []
        self._next: dict[tuple[str, int], int] = {}

    def partition_of(self, key: bytes) -> int:
        return int((murmur2(key) & 0x7FFFFFFF) % self.partitions)

    def append(
        self,
        subsystem: str,
        key: bytes | None,
        value: bytes | None,
        appended: int,
        partition: int | None = None,
        *,
        headers: Sequence[Header] = (),
        sent_again: bool = False,
    ) -> LogRecord:
        """Append a record, to the partition of its key unless told otherwise."""
        if partition is None:
            partition = self.partition_of(key or b"")
        place = (SENT_AGAIN if sent_again else subsystem, partition)
        offset = self._next.get(place, 0)
        self._next[place] = offset + 1
        record = LogRecord(subsystem, partition, offset, appended, key, value, headers, sent_again)
        self.records.append(record)
        return record

    def undo(self, record: LogRecord) -> None:
        """Take the newest record back."""
        self.records.pop()
        self._next[record.subsystem, record.partition] = record.offset

    def send(
        self,
        subsystem: Subsystem,
        event: str,
        time: int,
        data: Mapping[str, Any],
        *,
        id: str = "",  # noqa: A002 (as CloudEvents has it)
        appended: int | None = None,
        again: LogRecord | None = None,
    ) -> LogRecord:
        """Append an event as a well-behaved source would; its id is its number unless given.

        ``again`` is the rejected record that it is sent again for.
        """
        field = key_of(subsystem, event)
        key = str(data[field]).encode() if field else b""
        envelope = {"specversion": "1.0", "id": id or f"n{len(self.records)}", "source": "tests", "data": data}
        envelope |= {"type": subsystem.event_type(event), "time": time_text(time)}
        value = json.dumps(envelope).encode()
        place = again and ((again.sent_again and again.first) or (again.topic, again.partition, again.offset))
        headers = RecordPosition(*place).headers if place else []
        appended = time if appended is None else appended
        sent_again = again is not None
        return self.append(subsystem.subsystem, key, value, appended, headers=headers, sent_again=sent_again)


def key_of(subsystem: Subsystem, event: str) -> str | None:
    """The field that an event's key must be; None where any will do."""
    if entity := subsystem.entity_of(event):
        return subsystem.entities[entity].id
    things = [each.id for each in subsystem.presences.values() if event in (*each.heard_by, *each.withdrawn_by)]
    return things[0] if things else subsystem.events[event].key


def batch_of(records: Sequence[LogRecord]) -> Batch:
    """Consecutive records of one partition."""
    first = records[0]
    _, _, offsets, append_times, keys, values, headers, _ = (list(column) for column in zip(*records, strict=True))
    source, topic = (SENT_AGAIN, f"ioc.{SENT_AGAIN}") if first.sent_again else (first.subsystem, first.topic)
    return Batch(source, first.partition, offsets, append_times, keys, values, headers, topic=topic)


class Store:
    """The engine's state and figures topics after compaction, by partition."""

    def __init__(self) -> None:
        self.state: dict[int, dict[bytes, bytes]] = {}
        self.figures: dict[int, dict[bytes, bytes]] = {}
        self.dead_letters = 0

    def write(self, partition: int, checkpoint: Checkpoint) -> None:
        """What one transaction does."""
        for topic, records in ((self.state, checkpoint.state), (self.figures, checkpoint.figures)):
            live = topic.setdefault(partition, {})
            for record in records:
                live.pop(record.key, None)
                if record.value is not None:
                    live[record.key] = record.value
        self.dead_letters += len(checkpoint.dead_letters)

    def restore(self, plan: Plan, partition: int, partitions: int) -> Shard:
        """The shard of a partition; raises TornCheckpoint."""
        state, figures = self.state.get(partition, {}), self.figures.get(partition, {})
        return Shard.restore(plan, partition, partitions, list(state.items()), list(figures.items()))

    def merged(self, plan: Plan) -> MergedFigures:
        """The figures of all partitions."""
        merged = MergedFigures(plan)
        for partition, records in self.figures.items():
            for key, value in records.items():
                merged.put(partition, key, value)
        return merged


class Engine:
    """All partitions of the engine over one store."""

    def __init__(self, plan: Plan, partitions: int, store: Store | None = None) -> None:
        self.plan = plan
        self.partitions = partitions
        self.store = store or Store()
        self.shards: dict[int, Shard] = {}
        if store is not None:
            self.restart()

    def restart(self) -> None:
        """Forget what is in memory and take back what the last checkpoint stored."""
        self.shards = {p: self.store.restore(self.plan, p, self.partitions) for p in range(self.partitions)}

    def consume(self, records: Iterable[LogRecord], upto: int = 10**9, *, is_trimmed: bool = False) -> None:
        """Apply records batch by batch; what is before the first of a batch was deleted if it is trimmed.

        A batch is what one source has in a row in one partition. No event overtakes one of another source: what is late
        depends on what came before.
        """
        by_partition: dict[int, list[LogRecord]] = {}
        for record in list(records)[:upto]:
            by_partition.setdefault(record.partition, []).append(record)
        for partition, own in by_partition.items():
            if partition not in self.shards:
                self.shards[partition] = Shard(self.plan, partition, self.partitions)
            for _, run in groupby(own, key=lambda record: (record.sent_again, record.subsystem)):
                batch = batch_of(list(run))
                self.shards[partition].apply(replace(batch, begins=batch.offsets[0] if is_trimmed else 0))

    def checkpoint(self) -> None:
        """Store what changed."""
        for partition, shard in self.shards.items():
            checkpoint = shard.checkpoint()
            if checkpoint is not None:
                self.store.write(partition, checkpoint)

    def panes(self) -> dict[PaneName, Cells]:
        """The merged panes as of the last checkpoint, as ``ioc figures --panes`` prints them."""
        return comparable(rows_of(self.store.merged(self.plan)))


def rows_of(merged: MergedFigures) -> list[dict[str, Any]]:
    """What ``ioc figures --panes`` prints, once through JSON."""
    rows = []
    for (slug, table, start), pane in merged.panes():
        names = [measure.name for measure in merged.plan.subsystems[slug].tables[table].columns]
        cells = [{"labels": labels, "measures": dict(zip(names, pane[labels], strict=True))} for labels in sorted(pane)]
        rows.append({"subsystem": slug, "by": table.grouping, "size": table.size, "start": start, "cells": cells})
    decoded: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(rows))
    return decoded
