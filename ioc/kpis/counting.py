"""Kinds that count events and the states of entities."""

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Kpi, Stands, WhereSpec
from ioc.kpis.measures import Grouping, Labels, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, Moment, View
from ioc.time.durations import AnyDuration, Elapsed
from ioc.time.instants import EpochSeconds
from ioc.time.windows import Window, span_of

BEFORE_ALL, AFTER_ALL = -math.inf, math.inf


def only_total(kpi: Kpi) -> None:
    """Raise ValueError where a KPI of a present state declares a window of the past."""
    if kpi.windows != ["total"]:
        raise ValueError(f"a KPI of kind {kpi.kind} is a present state: write windows: [total]")


class Count(Kpi):
    """How many events; of an entity's lifecycle only those that took effect.

    A handled dossier counts once however often it is reported handled, and no more once it is reopened or voided.
    """

    kind: Literal["count"]
    of: list[str] = Field(min_length=1)
    where: WhereSpec = ()

    def measures(self) -> list[Measure]:
        return [Measure(facts.Happened(event), where=self.where) for event in self.of]

    def needed(self) -> Iterable[Needed]:
        return needed_for(self, self.measures())

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return added([view.sums(measure, grouping, window) for measure in self.measures()])


class OnTime(Count):
    """How many closings were early or on time against the main deadline; one without a deadline is neither."""

    kind: Literal["on_time"]  # type: ignore[assignment]
    outcomes: list[facts.Timeliness] = Field(default=["early", "on_time"])

    def measures(self) -> list[Measure]:
        where = tuple(sorted((*self.where, (facts.TIMELINESS, frozenset(self.outcomes)))))
        return [Measure(facts.Happened(event), where=where) for event in self.of]


class Open(Stands):
    """How many entities are open now."""

    kind: Literal["open"]
    entity: str
    phase: Literal["any"] | facts.Phase = "any"
    until: str | None = None
    """Only those that have not passed this milestone."""
    where: WhereSpec = ()

    def measure(self) -> Measure:
        return Measure(facts.Open(self.entity), where=state_where(self.where, self.phase, self.until))

    def needed(self) -> Iterable[Needed]:
        only_total(self)
        return needed_for(self, [self.measure()])

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return added([view.sums(self.measure(), grouping, window)])

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        return BEFORE_ALL, AFTER_ALL


class Overdue(Stands):
    """How many entities are open past a deadline; the clock moves it, no event need arrive.

    A suspended entity is not overdue. In a window other than ``total``: those that fell overdue within it and
    still are. With ``within``: those not yet overdue that will be within that time.
    """

    kind: Literal["overdue"]
    entity: str
    deadline: str = facts.MAIN_DEADLINE
    within: AnyDuration | None = None
    where: WhereSpec = ()

    def measure(self) -> Measure:
        return Measure(facts.Due(self.entity, self.deadline), "buckets", bucket=facts.STAMP, where=self.where)

    def needed(self) -> Iterable[Needed]:
        return [Needed(self.measure(), grouping, "total") for grouping in self.groupings]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        first, last = self.cases_between(view, window)
        return {
            labels: KpiValue(sum(count for minute, count in minutes.items() if first <= int(minute) * 60 < last))
            for labels, minutes in view.buckets(self.measure(), grouping, "total").items()
        }

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        if self.within is not None:
            return moment.now, moment.after(self.within)
        # A deadline before 1970 is a source's empty value, and passed all the same.
        return BEFORE_ALL if window == "total" else span_of(window, moment.now).start, moment.now


class _OpenSince(Stands):
    """What the kinds on how long entities have been open share."""

    entity: str
    until: str | None = None
    """Only those that have not passed this milestone."""
    where: WhereSpec = ()

    def measure(self) -> Measure:
        return Measure(
            facts.OpenSince(self.entity),
            "buckets",
            bucket=facts.STAMP,
            where=state_where(self.where, "any", self.until),
        )

    def needed(self) -> Iterable[Needed]:
        only_total(self)
        return needed_for(self, [self.measure()])


class Oldest(_OpenSince):
    """Seconds since the oldest open entity was opened; 0 when none is open."""

    kind: Literal["oldest"]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return {
            labels: KpiValue(max(0, view.now - int(min(minutes)) * 60) if minutes else 0)
            for labels, minutes in view.buckets(self.measure(), grouping, window).items()
        }

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        return BEFORE_ALL, AFTER_ALL


class OpenLongerThan(_OpenSince):
    """How many entities have been open for longer than a time."""

    kind: Literal["open_longer_than"]
    duration: Elapsed

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        _, newest = self.cases_between(view, window)
        return {
            labels: KpiValue(sum(count for minute, count in minutes.items() if int(minute) * 60 < newest))
            for labels, minutes in view.buckets(self.measure(), grouping, window).items()
        }

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        return BEFORE_ALL, moment.now - self.duration.seconds


class Distinct(Kpi):
    """How many different values of a field were seen."""

    kind: Literal["distinct"]
    of: list[str] = Field(min_length=1)
    field: str
    where: WhereSpec = ()

    def measures(self) -> list[Measure]:
        return [Measure(facts.Happened(event), "buckets", bucket=self.field, where=self.where) for event in self.of]

    def needed(self) -> Iterable[Needed]:
        return needed_for(self, self.measures())

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        seen: dict[Labels, set[int | str]] = {}
        for measure in self.measures():
            for labels, counts in view.buckets(measure, grouping, window).items():
                seen.setdefault(labels, set()).update(counts)
        return {labels: KpiValue(len(values)) for labels, values in seen.items()}


class Alive(Stands):
    """The share of things heard of within the time-out, of the inventory or of what was heard within 7 days."""

    kind: Literal["alive"]
    presence: str
    timeout: Elapsed
    inventory: int | None = Field(default=None, gt=0)
    where: WhereSpec = ()

    ratio = True

    def measure(self) -> Measure:
        return Measure(facts.Seen(self.presence), "buckets", bucket=facts.STAMP, where=self.where)

    def needed(self) -> Iterable[Needed]:
        only_total(self)
        if self.inventory is not None and self.by:
            raise ValueError("an inventory is declared for the whole only: drop by, or drop inventory")
        return needed_for(self, [self.measure()])

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        values = {}
        for labels, minutes in view.buckets(self.measure(), grouping, window).items():
            alive = heard_since(minutes, EpochSeconds(view.now - self.timeout.seconds))
            known = self.inventory or heard_since(minutes, EpochSeconds(view.now - 7 * 86_400))
            if known:
                values[labels] = KpiValue(alive / known, alive, known, known)
        return values

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        """Those not heard of within the time-out, of those that are known."""
        known_since = BEFORE_ALL if self.inventory else (moment.now - 7 * 86_400) // 60 * 60
        return known_since, (moment.now - self.timeout.seconds) // 60 * 60


def heard_since(minutes: Mapping[int | str, int], instant: EpochSeconds) -> int:
    """How many of the things, counted by the minute last heard of, were heard since ``instant``."""
    return sum(count for minute, count in minutes.items() if int(minute) >= instant // 60)


def state_where(where: WhereSpec, phase: str, until: str | None) -> WhereSpec:
    """The conditions on an open entity's state beside those of the catalogue."""
    conditions = list(where)
    if phase != "any":
        conditions.append((facts.PHASE, frozenset({phase})))
    if until is not None:
        conditions.append((facts.passed(until), frozenset({False})))
    return tuple(sorted(conditions))


def needed_for(kpi: Kpi, measures: Iterable[Measure]) -> list[Needed]:
    """The measures for every grouping and window that a KPI is exported in."""
    stored = [(kpi.at_each,)] if kpi.at_each else kpi.groupings
    return [Needed(measure, grouping, window) for measure in measures for grouping in stored for window in kpi.windows]


def totals(parts: Iterable[Mapping[Labels, int]]) -> dict[Labels, int]:
    """Sums of several measures, added per label set."""
    sums: dict[Labels, int] = {}
    for part in parts:
        for labels, amount in part.items():
            sums[labels] = sums.get(labels, 0) + amount
    return sums


def added(parts: Iterable[Mapping[Labels, int]]) -> dict[Labels, KpiValue]:
    """Counts of several measures, added per label set."""
    return {labels: KpiValue(count) for labels, count in totals(parts).items()}
