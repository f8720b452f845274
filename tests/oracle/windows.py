"""What windows hold, event by event: the figures without any pane."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from math import inf

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import Subsystem
from ioc.kpis.base import Kpi
from ioc.kpis.facts import FactName, Seen, Withdrawn
from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.kpis.view import KpiValue, KpiValues
from ioc.time.durations import Duration
from tests.oracle.lives import Fact
from tests.oracle.measuring import amount_of, bucket_of, labels_of, later, latest_of, passes

VIET_NAM = timezone(timedelta(hours=7))
COMPLETE = {"5m": (300, 300), "1h": (300, 3600), "3h": (300, 3 * 3600), "24h": (3600, 24 * 3600)}
"""Windows that end with the last complete pane: its size, and their length."""
DAYS = {"today": 1, "7d": 7, "30d": 30}


def within(window: str, now: int, time: int) -> bool:
    """Whether an event at ``time`` (ms) falls into a window at ``now`` (s)."""
    seconds = time // 1000
    if window in COMPLETE:
        size, length = COMPLETE[window]
        end = now // size * size
        return end - length <= seconds < end
    day, today = (datetime.fromtimestamp(at, UTC).astimezone(VIET_NAM).date() for at in (seconds, now))
    if window == "month":
        return day.replace(day=1) == today.replace(day=1) and day <= today
    if window in DAYS:
        return today - timedelta(days=DAYS[window]) < day <= today
    return True


def closes(window: str, instant: int) -> float:
    """The last moment (s) at which a window at least reaches up to all that surrounds an instant."""
    if window in COMPLETE:
        size, _ = COMPLETE[window]
        return (instant // size + 1) * size
    if window == "total":
        return inf
    day = datetime.fromtimestamp(instant, UTC).astimezone(VIET_NAM).replace(hour=0, minute=0, second=0)
    return int((day + timedelta(days=1)).timestamp()) - 1


class FactView:
    """The facts of one subsystem as kinds of KPI read them."""

    def __init__(self, subsystem: Subsystem, facts: Sequence[Fact], now: int, calendar: WorkingCalendar) -> None:
        self.now = now
        self._subsystem = subsystem
        self._calendar = calendar
        self._all = facts
        self._facts: dict[FactName, list[Fact]] = defaultdict(list)
        for fact in facts:
            self._facts[fact.name].append(fact)
        self._known: dict[Grouping, set[Labels]] = {}

    @property
    def reached(self) -> int:
        """All that happened is known here."""
        return self.now

    def after(self, duration: Duration) -> int:
        return self._calendar.add_working_time(self.now, duration)

    def sums(self, measure: Measure, grouping: Grouping, window: str) -> Mapping[Labels, int]:
        sums = dict.fromkeys(self._labels(grouping), 0)
        for labels, fact in self._taken(measure, grouping, window):
            sums[labels] = sums.get(labels, 0) + amount_of(measure, fact)
        return sums

    def buckets(self, measure: Measure, grouping: Grouping, window: str) -> Mapping[Labels, Mapping[int | str, int]]:
        counts: dict[Labels, Counter[int | str]] = {labels: Counter() for labels in self._labels(grouping)}
        for labels, fact in self._taken(measure, grouping, window):
            counts.setdefault(labels, Counter())[bucket_of(measure, fact)] += 1
        return counts

    def latest(self, measure: Measure, grouping: Grouping) -> Mapping[Labels, tuple[int, float]]:
        latest: dict[Labels, dict[int, tuple[int, float]]] = defaultdict(dict)
        gone = {field: {fact.fields[field] for fact in self._of_things(Withdrawn, field)} for field in grouping}
        for labels, fact in self._taken(measure, grouping, "total"):
            value = latest_of(measure, fact)
            if value is not None and not any(fact.fields[field] in gone[field] for field in grouping):
                of_partitions = latest[labels]
                of_partitions[fact.partition] = later(of_partitions.get(fact.partition), value)
        newest = {labels: max(of_partitions.values()) for labels, of_partitions in latest.items()}
        return {labels: (time // 1000, value) for labels, (time, value) in newest.items()}

    def heard_since(self, event: str) -> int | None:
        feed = self._subsystem.feed_of(event)
        times = [
            fact.time
            for facts in self._facts.values()
            for fact in facts
            if fact.time is not None and self._subsystem.feed_of(fact.name.about) == feed
        ]
        return min(times, default=None) and min(times) // 1000

    def pane_sums(self, measure: Measure, grouping: Grouping, size: int, start: int) -> Mapping[Labels, int]:
        sums: dict[Labels, int] = {}
        for labels, fact in self._taken(measure, grouping, "total"):
            assert fact.time is not None
            if start <= fact.time // 1000 < start + size:
                sums[labels] = sums.get(labels, 0) + amount_of(measure, fact)
        return sums

    def kpi(self, slug: str, grouping: Grouping, window: str) -> KpiValues:
        kpi: Kpi = self._subsystem.kpis[slug]
        if kpi.at_each is not None and grouping == ():
            worst = kpi.worst(self.kpi(slug, (kpi.at_each,), window).values())
            return {} if worst is None else {(): worst}
        if kpi.silent_after is not None and grouping == (kpi.sender,):
            return self._when_last_heard(kpi, window)
        return kpi.values(self, grouping, window)  # type: ignore[arg-type]

    def _when_last_heard(self, kpi: Kpi, window: str) -> KpiValues:
        """What was said of each thing when it was last heard of, unless that was too long ago."""
        assert kpi.sender is not None
        assert kpi.silent_after is not None
        values: dict[Labels, KpiValue] = {}
        for fact in self._of_things(Seen, kpi.sender):
            heard = fact.minute * 60
            fresh = heard >= (self.now - kpi.silent_after.seconds) // 60 * 60
            if fresh and (window in COMPLETE or within(window, self.now, heard * 1000)):
                then = FactView(self._subsystem, self._all, min(self.now, closes(window, heard)), self._calendar)
                thing = (str(fact.fields[kpi.sender]),)
                said = kpi.values(then, (kpi.sender,), window)  # type: ignore[arg-type]
                values.update({thing: said[thing]} if thing in said else {})
        return values

    def _of_things(self, kind: type[FactName], field: str) -> list[Fact]:
        """What is known of the things that a field names."""
        presences = [slug for slug, presence in self._subsystem.presences.items() if presence.id == field]
        return [fact for slug in presences for fact in self._facts[kind(slug)]]

    def _taken(self, measure: Measure, grouping: Grouping, window: str) -> list[tuple[Labels, Fact]]:
        return [
            (labels, fact)
            for fact in self._facts[measure.fact]
            if passes(measure, fact)
            and (fact.time is None or within(window, self.now, fact.time))
            and (labels := labels_of(grouping, fact)) is not None
        ]

    def _labels(self, grouping: Grouping) -> set[Labels]:
        """Every label set of a breakdown that anything was counted under; the whole always is one."""
        if grouping not in self._known:
            measures = {m for kpi in self._subsystem.kpis.values() for m, by, _ in kpi.needed() if by == grouping}
            found = {labels for measure in measures for labels, _ in self._taken(measure, grouping, "total")}
            self._known[grouping] = found | {()} if grouping == () else found
        return self._known[grouping]
