"""What each kind of KPI means, event by event: no measure, no pane, no merge, none of the product's own arithmetic."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import Subsystem
from ioc.kpis.facts import PHASE, TIMELINESS, TOOK, Due, FactName, Happened, Open, OpenSince, Seen, Withdrawn, passed
from ioc.kpis.measures import Grouping, Labels
from tests.oracle.lives import Fact
from tests.oracle.measuring import labels_of, later
from tests.oracle.windows import COMPLETE, closes, within

COMBINED: Mapping[str, Callable[[list[tuple[int, float]]], float]] = {
    "sum": lambda latest: sum(value for _, value in latest),
    "max": lambda latest: max(value for _, value in latest),
    "min": lambda latest: min(value for _, value in latest),
    "mean": lambda latest: sum(value for _, value in latest) / len(latest),
    "newest": lambda latest: max(latest)[1],
    "count": len,
}


class Definitions:
    """The values of a subsystem's KPIs at ``now``, in seconds, as their definitions have them."""

    def __init__(self, subsystem: Subsystem, facts: Iterable[Fact], now: int, calendar: WorkingCalendar) -> None:
        self._subsystem = subsystem
        self._kpis = subsystem.kpis
        self._facts = list(facts)
        self._now = now
        self._calendar = calendar

    def label_sets(self, grouping: Grouping) -> set[Labels]:
        """Every label set that anything could be counted under."""
        return {labels for fact in self._facts if (labels := labels_of(grouping, fact)) is not None}

    def value(self, slug: str, grouping: Grouping, labels: Labels, window: str) -> float | None:
        """One value; None where there is nothing to tell."""
        kpi: Any = self._kpis[slug]
        if kpi.kind == "difference":
            return self._signed(kpi.of, grouping, labels, window)
        if kpi.kind == "ratio":
            below = self._signed(kpi.denominator, grouping, labels, window)
            return self._signed(kpi.numerator, grouping, labels, window) / below if below > 0 else None
        if kpi.at_each is not None and grouping == ():
            each = [self.value(slug, (kpi.at_each,), thing, window) for thing in self.label_sets((kpi.at_each,))]
            return max((value for value in each if value is not None), default=None)
        if kpi.silent_after is not None and grouping == (kpi.at_each,):
            return self._when_last_heard(kpi, labels, window)
        return self._read(kpi, grouping, labels, window)

    def _read(self, kpi: Any, grouping: Grouping, labels: Labels, window: str) -> float | None:
        facts = [fact for fact in self._facts if labels_of(grouping, fact) == labels]
        if kpi.kind in ("last", "age"):
            facts = [fact for fact in facts if not self._is_withdrawn(fact, {*grouping, *kpi.per})]
        value: float | None = getattr(self, f"_{kpi.kind}")(kpi, facts, window)
        return value

    def _when_last_heard(self, kpi: Any, labels: Labels, window: str) -> float | None:
        """Read when the pane was complete in which the thing was last heard of; nothing of one silent for too long."""
        (thing,) = labels
        heard = [fact.minute * 60 for fact in self._facts if self._is_about(fact, Seen, {kpi.at_each: thing})]
        if not heard or heard[0] < (self._now - kpi.silent_after.seconds) // 60 * 60:
            return None
        if not within(window, self._now, heard[0] * 1000) and window not in COMPLETE:
            return None
        then = min(self._now, closes(window, heard[0]))
        return Definitions(self._subsystem, self._facts, then, self._calendar)._read(
            kpi, (kpi.at_each,), labels, window
        )

    def _is_withdrawn(self, fact: Fact, fields: set[str]) -> bool:
        """Whether a fact is of a thing, named by one of these fields, that is out of service."""
        named = {field: fact.fields[field] for field in fields if fact.fields.get(field) is not None}
        return any(self._is_about(each, Withdrawn, named) for each in self._facts)

    def _is_about(self, fact: Fact, kind: type[FactName], named: Mapping[str, Any]) -> bool:
        """Whether a fact is of this kind, and of a thing that one of these fields names."""
        if not isinstance(fact.name, kind):
            return False
        field = self._subsystem.presences[fact.name.about].id
        return field in named and fact.fields[field] == named[field]

    def _signed(self, terms: Iterable[Any], grouping: Grouping, labels: Labels, window: str) -> float:
        return sum(term.sign * (self.value(term.kpi, grouping, labels, term.window or window) or 0) for term in terms)

    def _chosen(self, kpi: Any, facts: Iterable[Fact], *names: FactName) -> list[Fact]:
        return [f for f in facts if f.name in names and all(f.fields.get(field) in of for field, of in kpi.where)]

    def _heard(self, kpi: Any, facts: Iterable[Fact], window: str, *events: str) -> list[Fact]:
        chosen = self._chosen(kpi, facts, *map(Happened, events))
        return [fact for fact in chosen if fact.time is not None and within(window, self._now, fact.time)]

    def _count(self, kpi: Any, facts: list[Fact], window: str) -> float:
        return len(self._heard(kpi, facts, window, *kpi.of))

    def _on_time(self, kpi: Any, facts: list[Fact], window: str) -> float:
        return sum(fact.fields[TIMELINESS] in kpi.outcomes for fact in self._heard(kpi, facts, window, *kpi.of))

    def _open(self, kpi: Any, facts: list[Fact], window: str) -> float:
        return sum(
            kpi.phase in ("any", fact.fields[PHASE]) and not (kpi.until and fact.fields[passed(kpi.until)])
            for fact in self._chosen(kpi, facts, Open(kpi.entity))
        )

    def _overdue(self, kpi: Any, facts: list[Fact], window: str) -> float:
        due = [fact.minute * 60 for fact in self._chosen(kpi, facts, Due(kpi.entity, kpi.deadline))]
        if kpi.within is not None:
            return sum(self._now <= at < self._calendar.add_working_time(self._now, kpi.within) for at in due)
        return sum(at < self._now and within(window, self._now, at * 1000) for at in due)

    def _opened(self, kpi: Any, facts: list[Fact]) -> list[int]:
        return [
            fact.minute * 60
            for fact in self._chosen(kpi, facts, OpenSince(kpi.entity))
            if not (kpi.until and fact.fields[passed(kpi.until)])
        ]

    def _oldest(self, kpi: Any, facts: list[Fact], window: str) -> float:
        return max((self._now - at for at in self._opened(kpi, facts) if at < self._now), default=0)

    def _open_longer_than(self, kpi: Any, facts: list[Fact], window: str) -> float:
        return sum(self._now - at > kpi.duration.seconds for at in self._opened(kpi, facts))

    def _duration(self, kpi: Any, facts: list[Fact], window: str) -> float | None:
        took = sorted(fact.fields[TOOK] for fact in self._heard(kpi, facts, window, kpi.to))
        if not took:
            return None
        rank = kpi.quantile * len(took)
        bucket = next(bucket for number, bucket in enumerate(took, 1) if number >= rank)
        low, high = (0.0 if bucket == 0 else 2 ** ((bucket - 1) / 8)), 2 ** (bucket / 8)
        return low + (high - low) * (rank - took.index(bucket)) / took.count(bucket)

    def _distinct(self, kpi: Any, facts: list[Fact], window: str) -> float:
        return len({fact.fields[kpi.field] for fact in self._heard(kpi, facts, window, *kpi.of)})

    def _alive(self, kpi: Any, facts: list[Fact], window: str) -> float | None:
        seen = [fact.minute for fact in self._chosen(kpi, facts, Seen(kpi.presence))]
        known = max(kpi.inventory or 0, len(seen))
        return sum(minute >= (self._now - kpi.timeout.seconds) // 60 for minute in seen) / known if known else None

    def _out_of_service(self, kpi: Any, facts: list[Fact], window: str) -> float:
        return len(self._chosen(kpi, facts, Withdrawn(kpi.presence)))

    def _sum(self, kpi: Any, facts: list[Fact], window: str) -> float | None:
        heard = self._heard(kpi, facts, window, *kpi.of)
        return sum(_thousandths(kpi, fact) for fact in heard) / 1000 if heard or kpi.at_each is None else None

    def _mean(self, kpi: Any, facts: list[Fact], window: str) -> float | None:
        heard = self._heard(kpi, facts, window, kpi.of)
        return sum(_thousandths(kpi, fact) for fact in heard) / 1000 / len(heard) if heard else None

    def _last(self, kpi: Any, facts: list[Fact], window: str) -> float | None:
        said = [fact for fact in self._chosen(kpi, facts, Happened(kpi.of)) if fact.fields.get(kpi.field) is not None]
        latest = [
            (time // 1000, value)
            for things in _by_thing(kpi.per, said)
            for time, value in [_newest(kpi, things)]
            if kpi.silent_after is None or kpi.at_each or self._now - time // 1000 <= kpi.silent_after.seconds
        ]
        return COMBINED[kpi.combine](latest) if latest else None

    def _age(self, kpi: Any, facts: list[Fact], window: str) -> float | None:
        newest = [
            max(fact.time or 0 for fact in things) // 1000
            for things in _by_thing(kpi.per, self._chosen(kpi, facts, Happened(kpi.of)))
        ]
        if not newest:
            return None
        return max(0, self._now - (min(newest) if kpi.combine == "oldest" else max(newest)))


def _by_thing(per: Sequence[str], facts: Iterable[Fact]) -> list[list[Fact]]:
    things = defaultdict(list)
    for fact in facts:
        if all(fact.fields.get(field) is not None for field in per):
            things[tuple(fact.fields[field] for field in per)].append(fact)
    return [*things.values()]


def _converted(kpi: Any, fact: Fact) -> float:
    return float(fact.fields[kpi.field]) * (kpi.factors.of[fact.fields[kpi.factors.by]] if kpi.factors else 1.0)


def _thousandths(kpi: Any, fact: Fact) -> int:
    return 0 if fact.fields.get(kpi.field) is None else round(_converted(kpi, fact) * 1000)


def _newest(kpi: Any, facts: Iterable[Fact]) -> tuple[int, float]:
    """The newest value, in ms; of one instant the one that came later in its partition."""
    by_partition: dict[int, tuple[int, float]] = {}
    for fact in facts:
        value = fact.time or 0, _converted(kpi, fact)
        by_partition[fact.partition] = later(by_partition.get(fact.partition), value)
    return max(by_partition.values())
