"""Files into topics: rows are read, mapped to events and published, and every row has exactly one fate."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ioc.events.mappings import Mapper, numbered
from streams.ingest.fates import Advance, Fates
from streams.ingest.origin import TableError
from streams.ingest.prepare import Prepared, refuse_no_query
from streams.ingest.rejects import open_rejects
from streams.ingest.report import Report
from streams.ingest.spool import Spool
from streams.ingest.survey import Survey
from streams.ingest.tables import open_table
from streams.ingest.workbench import workbench
from streams.kafka.producer import Publisher
from streams.process.garbage import collected_seldom
from streams.settings.names import Names
from streams.settings.settings import ClockKind, Settings, load_settings

_BETWEEN_REPORTS = 1_000
_TO_PREPARE, _TO_SURVEY = "384MB", "128MB"
"""Memory that the two databases take before they go on on disk."""


class LivePrefix(ValueError):
    """History must not go where the live events are."""


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


@dataclass(frozen=True)
class Ready:
    """All events of a file, of which none is sent yet, and what became of its rows."""

    report: Report
    _spool: Spool
    _survey: Survey

    def events(self) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of each event, once."""
        return _told_apart(self._spool.events(), self._survey.numbers())


@contextmanager
def made_ready(
    mapper: Mapper, file: Path, rejects: Path | None = None, advance: Advance | None = None
) -> Iterator[Ready]:
    """All rows of a file read, and its events kept on disk; a file that breaks off gives none.

    Args:
        rejects: a file for the refused rows, a JSON object a line, each with its place, reason and content.

    Raises:
        TableError: the file cannot be read as a whole.
        MappingError: the mapping's query fails.
    """
    refuse_no_query(mapper.file)
    with collected_seldom(), workbench(_TO_SURVEY) as known, Spool() as spool:
        survey = Survey(known, mapper.subsystem)
        report = _read(mapper, file, rejects, advance or _tell_nobody, survey=survey, spool=spool)
        report.findings = survey.findings()
        yield Ready(report, spool, survey)


def _read(
    mapper: Mapper, file: Path, rejects: Path | None, advance: Advance, *, survey: Survey, spool: Spool
) -> Report:
    """Read all rows once; what only that needs is gone thereafter. Raises TableError, MappingError."""
    query = mapper.mapping.prepare
    with ExitStack() as stack:
        table = open_table(file, mapper.mapping.reads, mapper.columns if query is None else None)
        fates = Fates(mapper, table, stack.enter_context(open_rejects(rejects, table.origin)), advance)
        prepared = None
        if query is not None:
            prepared = Prepared(table, mapper.file, mapper.columns, stack.enter_context(workbench(_TO_PREPARE)))
        for events in fates.events((prepared or table).blocks()):
            survey.add(events)
            spool.add(events)
        report = fates.report
        if prepared is not None:
            report.rows_prepared = prepared.rows_of_file
        if not (report.rows_read or report.rows_prepared):
            raise TableError(f"{table.file}: there are no rows in it; was it written to the end?")
        return report


def ingest(
    mapper: Mapper,
    file: Path,
    settings: Settings | None,
    rejects: Path | None = None,
    *,
    advance: Advance | None = None,
    sending: Advance | None = None,
    tell: Callable[[Report], None] | None = None,
) -> Report:
    """Send the events of a file; a refused row sends none of its events, and the others are not held up.

    Args:
        settings: where to publish; None is a dry run.
        advance: told of rows that were read.
        sending: told of events that were sent.
        tell: told what was found before anything is sent.

    Raises:
        TableError, MappingError: nothing was sent; see `made_ready`.
        PublishError: Kafka took not everything.
    """
    with made_ready(mapper, file, rejects, advance) as ready:
        if tell is not None:
            tell(ready.report)
        if settings is not None:
            send(ready, mapper.mapping.subsystem, settings, sending)
        return ready.report


def send(ready: Ready, subsystem: str, settings: Settings, sending: Advance | None = None) -> None:
    """Send the events of a file, once. Raises PublishError."""
    topic = Names(settings.topic_prefix).events(subsystem)
    ready.report.delivered = asyncio.run(_publish(ready.events(), topic, settings, sending or _tell_nobody))


async def _publish(events: Iterable[tuple[bytes, bytes]], topic: str, settings: Settings, advance: Advance) -> int:
    """Send events, and return how many Kafka acknowledged."""
    async with Publisher(settings) as publisher:
        for place, (key, value) in enumerate(events, 1):
            await publisher.send(topic, key, value)
            if place % _BETWEEN_REPORTS == 0:
                advance(_BETWEEN_REPORTS)
                # What was sent must also get on its way.
                await asyncio.sleep(0)
        await publisher.flush()
        return publisher.delivered


def _told_apart(
    events: Iterable[tuple[bytes, bytes]], numbers: Iterator[tuple[int, int]]
) -> Iterator[tuple[bytes, bytes]]:
    """Events in their order, of which those at some places get numbers."""
    next_place, number = next(numbers, (None, 1))
    for place, (key, value) in enumerate(events):
        if place == next_place:
            yield key, numbered(value, number)
            next_place, number = next(numbers, (None, 1))
        else:
            yield key, value


def _tell_nobody(count: int) -> None:
    """For whoever does not want to know."""
