"""The naive oracle: one thread reads every record once, keeps every event, and counts anew whenever it is asked.

It shares the catalogue, the KPIs' declarations and the working calendar with the product, and nothing of the engine.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import Catalogue, PresenceSpec, Subsystem
from ioc.catalogue.things import things_needed
from ioc.kpis.facts import Happened, Seen, Withdrawn
from ioc.kpis.measures import Grouping, Labels, Measure
from tests.oracle.lives import DAY, LOCAL, Fact, Life, asked_fields
from tests.oracle.measuring import amount_of, bucket_of, labels_of, later, latest_of, passes
from tests.oracle.reading import Event, LogRecord, read_event
from tests.oracle.windows import FactView

SIZE_OF_WINDOW = {"5m": 300, "1h": 300, "3h": 300, "24h": 3600, "total": 0}
"""Windows of days have panes of a day."""
KEPT = {300: 8 * DAY, 3600: 29 * DAY, DAY: 400 * DAY}
LONGEST_LIFE = 1_000
"""Events of an entity: whatever it says beyond is rejected, but what it said before."""

Cells = dict[tuple[Labels, str], Any]
"""What is not nothing, by label set and measure: a sum, counts by bucket, or the latest (ms, value)."""
PaneName = tuple[str, Grouping, int, int]
"""Subsystem, breakdown, size and start in seconds."""


FigureName = tuple[str, str, tuple[tuple[str, str], ...], str]
"""Subsystem, KPI, labels and window."""


class Column(NamedTuple):
    """A measure that is kept for a breakdown, in panes of a size."""

    measure: Measure
    grouping: Grouping
    size: int


def columns_of(subsystem: Subsystem) -> set[Column]:
    """Everything that any KPI needs kept."""
    return {
        Column(measure, grouping, 0 if measure.accumulator == "latest" else SIZE_OF_WINDOW.get(window, DAY))
        for needed in (*(kpi.needed() for kpi in subsystem.kpis.values()), things_needed(subsystem))
        for measure, grouping, window in needed
    }


class Source:
    """The events of one subsystem in one partition."""

    def __init__(
        self, subsystem: Subsystem, catalogue: Catalogue, calendar: WorkingCalendar, partition: int, partitions: int
    ) -> None:
        self.fates: Counter[str] = Counter()
        self.newest = 0
        """The newest event time, ms."""
        self.orphans: Counter[str] = Counter()
        self.events: list[Event] = []
        """Those of no lifecycle."""
        self.lives: dict[tuple[str, str], Life] = {}
        self.calendar = calendar
        """In force now."""
        self._heard: list[Event] = []
        self._subsystem = subsystem
        self._units = frozenset(unit.code for unit in catalogue.province.units)
        self._partition = partition
        self._partitions = partitions
        self._ids: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """Of each feed the sources and ids that came."""
        self._newest_of: dict[str, int] = defaultdict(int)
        self._rejected: set[int] = set()
        self._passed: set[tuple[str, int, int]] = set()
        self._next: int | None = None
        needed = [(m.fact, (*m.fields, *grouping)) for m, grouping, _ in columns_of(subsystem)]
        self._asked = {slug: asked_fields(subsystem, slug, needed) for slug in subsystem.entities}

    def feed(self, record: LogRecord) -> str:
        """Judge and keep one record; returns its fate."""
        if record.sent_again:
            self.fates["sent_again"] += 1
        else:
            if self._next is not None:
                self.fates["gaps"] += record.offset - self._next
            self._next = record.offset + 1
        event = read_event(self._subsystem, self._units, self._partitions, record)
        fate = self._fate(record, event)
        self.fates.update(("consumed", fate))
        return fate

    def _fate(self, record: LogRecord, event: Event | None) -> str:
        if not record.sent_again:
            fate = "rejected" if event is None else self._keep(event)
            if fate == "rejected":
                self._rejected.add(record.offset)
            return fate
        first = record.first
        if event is None or first is None:
            return "rejected"
        topic = f"ioc.events.{self._subsystem.subsystem}"
        own = first[:2] == (topic, record.partition) and first[2] < (self._next or 0)
        if first in self._passed or (own and first[2] not in self._rejected):
            return "duplicate"
        fate = self._keep(event)
        if fate != "rejected":
            self._passed.add(first)
        return fate

    def _keep(self, event: Event) -> str:
        feed = self._subsystem.feed_of(event.name)
        if entity := self._subsystem.entity_of(event.name):
            key = (entity, str(event.data[self._subsystem.entities[entity].id]))
            if key not in self.lives:
                self.lives[key] = Life(entity, self._subsystem, self._asked[entity])
            life = self.lives[key]
            if not life.is_new(event):
                return "duplicate"
            if len(life.events) == LONGEST_LIFE:
                return "rejected"
            life.add(event, self.calendar)
        elif self._is_duplicate(feed, event):
            return "duplicate"
        else:
            self.events.append(event)
        self._heard.append(event)
        lateness = self._subsystem.feeds[feed].allowed_lateness.seconds * 1000
        self.fates["late"] += event.time < self._newest_of[feed] - lateness
        self._newest_of[feed] = max(self._newest_of[feed], event.time)
        self.newest = max(self.newest, event.time)
        return "applied"

    def _is_duplicate(self, feed: str, event: Event) -> bool:
        """The same source and id came before, whenever that was."""
        if self._subsystem.feeds[feed].duplicate_horizon.seconds == 0:
            return False
        known = (event.source, event.id) in self._ids[feed]
        self._ids[feed].add((event.source, event.id))
        return known

    def orphans_of(self, entity: str) -> int:
        """Entities whose opening never came."""
        return sum(life.orphaned for (slug, _), life in self.lives.items() if slug == entity)

    def facts(self) -> Iterator[Fact]:
        """Everything that counts now."""
        for event in self.events:
            yield Fact(Happened(event.name), event.time, 0, event.data, self._partition)
        for life in self.lives.values():
            yield from life.facts(self.calendar)
        for slug, spec in self._subsystem.presences.items():
            yield from self._presence(slug, spec)

    def _presence(self, slug: str, spec: PresenceSpec) -> Iterator[Fact]:
        today = self.newest // 1000 - (self.newest // 1000 + LOCAL) % DAY
        oldest = (today - spec.forgotten_after.seconds) // 60
        things = defaultdict(list)
        for event in self._heard:
            if event.name in (*spec.heard_by, *spec.withdrawn_by):
                things[str(event.data[spec.id])].append(event)
        asked = sorted({f for m, grouping, _ in columns_of(self._subsystem) if m.fact in (Seen(slug), Withdrawn(slug))
                        for f in (*m.fields, *grouping)})  # fmt: skip
        for thing, events in things.items():
            # Of one minute the sign of life counts that is the greatest by what is asked of it.
            signs = sorted(
                (event for event in events if event.name in spec.heard_by and event.time // 60_000 >= oldest),
                key=lambda event: (event.time // 60_000, repr(tuple(event.data.get(f) for f in asked))),
            )
            known = signs[-1].data if signs else {spec.id: thing}
            heard = max((event.time for event in events if event.name in spec.heard_by), default=-1)
            gone = max((event.time for event in events if event.name in spec.withdrawn_by), default=-1)
            what, time = (Seen(slug), heard) if heard > gone else (Withdrawn(slug), gone)
            # What is out of service stays so; a silent thing is forgotten.
            if heard <= gone or heard // 60_000 >= oldest:
                yield Fact(what, None, time // 60_000, known)


class Oracle:
    """Feed it every record of the source topics, each partition in the order of its offsets."""

    def __init__(self, catalogue: Catalogue, partitions: int) -> None:
        self.catalogue = catalogue
        self.partitions = partitions
        self.calendar = WorkingCalendar.of(catalogue.province.calendar)
        self.sources: dict[tuple[str, int], Source] = {}

    def feed(self, record: LogRecord) -> str:
        """Take one record; returns its fate: applied, duplicate or rejected."""
        place = record.subsystem, record.partition
        if place not in self.sources:
            subsystem = self.catalogue.subsystems[record.subsystem]
            self.sources[place] = Source(subsystem, self.catalogue, self.calendar, record.partition, self.partitions)
        return self.sources[place].feed(record)

    def put_in_force(self, calendar: WorkingCalendar) -> None:
        """What comes from now on is judged by another calendar, and what is open stands by it."""
        self.calendar = calendar
        for source in self.sources.values():
            source.calendar = calendar

    def sources_of(self, slug: str) -> list[Source]:
        return [source for (subsystem, _), source in self.sources.items() if subsystem == slug]

    def fates(self, slug: str) -> Counter[str]:
        """Records of a subsystem by fate: consumed, applied, late, duplicate, rejected, gaps."""
        return sum((source.fates for source in self.sources_of(slug)), Counter())

    def figures(self, now: int) -> dict[FigureName, tuple[float, float | None, float | None]]:
        """Value, numerator and denominator of every KPI, label set and window at ``now`` (s)."""
        figures = {}
        for slug, subsystem in self.catalogue.subsystems.items():
            facts = [fact for source in self.sources_of(slug) for fact in source.facts()]
            if not any(source.fates["applied"] for source in self.sources_of(slug)):
                continue
            view = FactView(subsystem, facts, now, self.calendar)
            for name, kpi in subsystem.kpis.items():
                for grouping in kpi.groupings:
                    for window in kpi.windows:
                        for labels, value in view.kpi(name, grouping, window).items():
                            named = tuple(zip(map(subsystem.label, grouping), labels, strict=True))
                            figures[slug, name, named, str(window)] = value[:3]
        return figures

    def panes(self) -> dict[PaneName, Cells]:
        """Every pane kept, merged over partitions; cells in which nothing is are left out."""
        merged: dict[PaneName, Cells] = {}
        for (slug, _), source in self.sources.items():
            panes: dict[PaneName, Cells] = {}
            columns = defaultdict(list)
            for column in columns_of(self.catalogue.subsystems[slug]):
                columns[column.measure.fact].append(column)
            for fact in source.facts():
                for column in columns[fact.name]:
                    start = _start(column.size, fact.time)
                    if column.size == 0 or start + column.size + KEPT[column.size] > source.newest // 1000:
                        cells = panes.setdefault((slug, column.grouping, column.size, start), {})
                        _count(cells, column, fact)
            for name, cells in panes.items():
                _add(merged.setdefault(name, {}), cells)
        return {name: cells for name, cells in merged.items() if cells}


def _add(merged: Cells, cells: Cells) -> None:
    """Take one partition's cells in: of its latest values and those of others the greatest pair counts."""
    for place, value in cells.items():
        known = merged.get(place)
        if known is None:
            merged[place] = value
        elif isinstance(value, tuple):
            merged[place] = max(known, value)
        elif not (added := known + value):
            del merged[place]
        else:
            merged[place] = added


def _start(size: int, time: int | None) -> int:
    if size == 0 or time is None:
        return 0
    return (time // 1000 + LOCAL) // size * size - LOCAL


def _count(cells: Cells, column: Column, fact: Fact) -> None:
    measure = column.measure
    if not passes(measure, fact):
        return
    labels = labels_of(column.grouping, fact)
    if labels is None:
        return
    place = labels, measure.name
    if measure.accumulator == "latest":
        value = latest_of(measure, fact)
        if value is not None:
            cells[place] = later(cells.get(place), value)
    elif measure.accumulator == "buckets":
        counts = cells.setdefault(place, Counter())
        counts[bucket_of(measure, fact)] += 1
    elif added := amount_of(measure, fact):
        cells[place] = cells.get(place, 0) + added
        if not cells[place]:
            del cells[place]


def comparable(rows: Iterable[Mapping[str, Any]]) -> dict[PaneName, Cells]:
    """What ``ioc figures --panes`` prints, decoded from JSON, in the form of ``Oracle.panes``."""
    panes: dict[PaneName, Cells] = {}
    for row in rows:
        cells = {
            (tuple(cell["labels"]), name): value
            for cell in row["cells"]
            for name, written in cell["measures"].items()
            if (value := _plain(written))
        }
        if cells:
            panes[row["subsystem"], tuple(row["by"]), row["size"], row["start"]] = cells
    return panes


def _plain(written: Any) -> Any:
    """A measure's value, empty where it is nothing; JSON has only texts for buckets and lists for pairs."""
    if isinstance(written, Mapping):
        return Counter({int(bucket): count for bucket, count in written.items() if count})
    return tuple(written) if isinstance(written, list | tuple) else written


def differences(wanted: Mapping[PaneName, Cells], got: Mapping[PaneName, Cells]) -> list[str]:
    """Every cell that differs, in words; empty where none does."""
    return [
        f"{name} {place}: {have.get(place)} where the oracle has {want.get(place)}"
        for name in sorted({*wanted, *got})
        for want, have in [(wanted.get(name, {}), got.get(name, {}))]
        for place in sorted({*want, *have})
        if want.get(place) != have.get(place)
    ]
