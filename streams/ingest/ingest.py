"""Files into topics: rows are read, mapped to events and published, and every row has exactly one fate."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from ioc.events.decoding import FUTURE_TOLERANCE
from ioc.events.mappings import EqualEvents, Mapper, Outgoing, RowFault
from streams.ingest.rejects import open_rejects
from streams.ingest.row_file import Row, RowFile
from streams.ingest.tables import open_table
from streams.kafka.producer import Publisher
from streams.settings.names import Names
from streams.settings.settings import ClockKind, Settings, load_settings

Advance = Callable[[int], None]
"""Told every now and then how many rows were read since the last time."""

_BETWEEN_REPORTS = 1_000
_TOLD = 20


class LivePrefix(ValueError):
    """History must not go where the live events are."""


@dataclass
class Report:
    """What became of a file's rows: read = mapped + without an event + refused."""

    rows_read: int = 0
    rows_mapped: int = 0
    rows_without_event: int = 0
    """Rows for which no event's conditions hold."""
    rows_refused: Counter[str] = field(default_factory=Counter)
    """By reason."""
    events: Counter[str] = field(default_factory=Counter)
    """Events sent (in a dry run: that would be), by their names."""
    delivered: int = 0
    """Events that Kafka acknowledged; 0 in a dry run."""
    first: datetime | None = None
    last: datetime | None = None
    """The earliest and the latest event time."""
    refusals: list[str] = field(default_factory=list)
    """The first refusals, as people read them."""


def refuse_live_prefix(settings: Settings) -> None:
    """Raise LivePrefix where the events of these settings would mix with the live ones."""
    configured = load_settings()
    live = {Settings.model_fields["topic_prefix"].default}
    if configured.clock is ClockKind.WALL:
        live.add(configured.topic_prefix)
    if settings.topic_prefix in live:
        raise LivePrefix(
            f"{settings.topic_prefix} is the prefix of the live topics: give history one of its own, as in "
            "--prefix history; if these are live events or today's backlog, say --live"
        )


def ingest(
    mapper: Mapper, file: Path, settings: Settings | None, rejects: Path | None = None, advance: Advance | None = None
) -> Report:
    """Send the events of a file; a refused row sends none of its events, and the others are not held up.

    Args:
        settings: where to publish; None is a dry run.
        rejects: a file for the refused rows, a JSON object a line, each with its place, reason and content.

    Raises:
        TableError: the file cannot be read as a whole; nothing was sent.
        PublishError: Kafka took not everything.
    """
    table = open_table(file, mapper.mapping.reads, mapper.columns)
    table.check()
    with open_rejects(rejects, table.origin) as refused:
        run = _Run(mapper, table, refused, advance or (lambda _: None))
        if settings is None:
            for _ in run.events():
                pass
        else:
            asyncio.run(run.publish(settings))
    return run.report


class _Run:
    """One pass over a table."""

    def __init__(self, mapper: Mapper, table: RowFile, rejects: TextIO | None, advance: Advance) -> None:
        self.report = Report()
        self._mapper = mapper
        self._table = table
        self._rejects = rejects
        self._advance = advance
        self._equal = EqualEvents()
        self._latest = datetime.now(UTC) + timedelta(milliseconds=FUTURE_TOLERANCE)

    async def publish(self, settings: Settings) -> None:
        topic = Names(settings.topic_prefix).events(self._mapper.mapping.subsystem)
        async with Publisher(settings) as publisher:
            for row, events in self.events():
                for event in events:
                    await publisher.send(topic, event.key, event.value)
                if row.number % _BETWEEN_REPORTS == 0:
                    # What was sent must also get on its way.
                    await asyncio.sleep(0)
            await publisher.flush()
            self.report.delivered = publisher.delivered

    def events(self) -> Iterator[tuple[Row, list[Outgoing]]]:
        """The rows that are not refused, each with its events."""
        report = self.report
        for row in self._table.rows():
            report.rows_read += 1
            if report.rows_read % _BETWEEN_REPORTS == 0:
                self._advance(_BETWEEN_REPORTS)
            try:
                events = self._mapped(row)
            except RowFault as fault:
                self._refuse(row, fault)
                continue
            if events:
                report.rows_mapped += 1
                self._note(events)
            else:
                report.rows_without_event += 1
            yield row, events
        self._advance(report.rows_read % _BETWEEN_REPORTS)

    def _mapped(self, row: Row) -> list[Outgoing]:
        if isinstance(row.content, RowFault):
            raise row.content
        events = self._mapper.events(row.number, row.content)
        for event in events:
            if event.time > self._latest:
                raise RowFault("future", f"{event.event} would be at {event.time.isoformat()}, which is yet to come")
        return [self._numbered(event) for event in events]

    def _numbered(self, event: Outgoing) -> Outgoing:
        if event.event in self._mapper.of_entities:
            return event
        return event.numbered(self._equal.number(event.id))

    def _note(self, events: list[Outgoing]) -> None:
        report = self.report
        for event in events:
            report.events[event.event] += 1
            report.first = event.time if report.first is None else min(report.first, event.time)
            report.last = event.time if report.last is None else max(report.last, event.time)

    def _refuse(self, row: Row, fault: RowFault) -> None:
        report = self.report
        report.rows_refused[fault.reason] += 1
        if len(report.refusals) < _TOLD:
            report.refusals.append(f"{self._table.file}:{row.line}: row {row.number}: {fault}")
        if self._rejects is not None:
            content = None if isinstance(row.content, RowFault) else row.content
            told = {
                "file": self._table.file.name, "row": row.number, "line": row.line, "reason": fault.reason,
                "column": fault.column, "value": fault.value, "detail": fault.detail, "content": content,
            }  # fmt: skip
            self._rejects.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
