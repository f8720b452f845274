"""Rows into events: every row is mapped, stands for no event, or is refused, and the report says why."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TextIO

from ioc.events.decoding import FUTURE_TOLERANCE
from ioc.events.mappings import BlockMapper, Cells, Mapper, Outgoing, RowFault
from streams.ingest.prepare import first_cells
from streams.ingest.report import Report
from streams.ingest.row_file import Row, RowBlock, RowFile

Advance = Callable[[int], None]
"""Told every now and then how many more there were."""

_TOLD = 20
_KINDS_LEFT = 1_000
_OTHERS = "other values"
_EARLIEST = datetime.fromtimestamp(0, UTC)


class Fates:
    """One pass over the rows of a file, by which every row has exactly one fate."""

    def __init__(self, mapper: Mapper, table: RowFile, rejects: TextIO | None, advance: Advance) -> None:
        self.report = Report()
        self._mapper = mapper
        self._table = table
        self._rejects = rejects
        self._advance = advance
        self._latest = datetime.now(UTC) + timedelta(milliseconds=FUTURE_TOLERANCE)
        self._blocks = BlockMapper(mapper, _EARLIEST, self._latest)

    def events(self, blocks: Iterable[RowBlock]) -> Iterator[list[Outgoing]]:
        """The events of the rows that are not refused, many at a time."""
        for rows in blocks:
            made = self._blocks.made(rows.sound)
            self.report.rows_mapped += len({place for place, _ in made.events})
            for told in made.left:
                self._leave(told)
            odd = [(place, rows.row(place)) for place in made.odd]
            # Unreadable rows have no events, and no place among the others.
            one_by_one = sorted([*odd, *((-1, row) for row in rows.unreadable)], key=lambda each: each[1].number)
            events = made.events + [(place, event) for place, row in one_by_one for event in self._one(row)]
            events.sort(key=itemgetter(0))
            read = rows.sound.size + len(rows.unreadable)
            self.report.rows_read += read
            self._advance(read)
            yield [event for _, event in events]

    def _one(self, row: Row) -> list[Outgoing]:
        """The events of a row of which something is not as usual."""
        try:
            if isinstance(row.content, RowFault):
                raise row.content
            events = self._mapped(row.content)
            warnings = self._mapper.warnings(row.content) if events else []
        except RowFault as fault:
            self._refuse(row, fault)
            return []
        if events:
            self.report.rows_mapped += 1
            self._warn(row, warnings)
        else:
            self._leave(self._mapper.asked_of(row.content))
        return events

    def _mapped(self, cells: Cells) -> list[Outgoing]:
        events = self._mapper.events(cells)
        for event in events:
            if event.time > self._latest:
                raise RowFault("future", f"{event.event} would be at {event.time.isoformat()}, which is yet to come")
            if event.time < _EARLIEST:
                told = f"{event.event} would be at {event.time.isoformat()}, before 1970: a clock never set"
                raise RowFault("invalid_value", told)
        return events

    def _leave(self, told: str) -> None:
        left = self.report.left
        left[told if told in left or len(left) < _KINDS_LEFT else _OTHERS] += 1

    def _warn(self, row: Row, names: Iterable[str]) -> None:
        for name in names:
            self.report.warnings[name] += 1
            if len(self.report.warned) < _TOLD:
                self.report.warned.append(f"{self._place(row)}: {name}")

    def _place(self, row: Row) -> str:
        if row.line:
            return f"{self._table.file}:{row.line}: row {row.number}"
        shown = "" if isinstance(row.content, RowFault) else f" ({first_cells(row.content)})"
        return f"{self._table.file}: row {row.number} of `prepare`{shown}"

    def _refuse(self, row: Row, fault: RowFault) -> None:
        report = self.report
        report.rows_refused[fault.reason] += 1
        if len(report.refusals) < _TOLD:
            report.refusals.append(f"{self._place(row)}: {fault}")
        if self._rejects is not None:
            content = None if isinstance(row.content, RowFault) else row.content
            told = {
                "file": self._table.file.name, "row": row.number, "line": row.line, "reason": fault.reason,
                "column": fault.column, "value": fault.value, "detail": fault.detail, "content": content,
            }  # fmt: skip
            self._rejects.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
