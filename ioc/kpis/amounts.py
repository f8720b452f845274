"""Kinds that read amounts from events: sums, means, latest values, durations, ages."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ioc.kpis import facts
from ioc.kpis.base import Kpi, WhereSpec
from ioc.kpis.counting import needed_for, totals
from ioc.kpis.measures import SCALE, Factors, Grouping, Labels, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.time.durations import Elapsed
from ioc.time.instants import EpochSeconds
from ioc.time.windows import Window


class FactorsSpec(BaseModel):
    """How an amount is converted: by the value of a field, such as the unit it was measured in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str
    of: dict[str, float]

    def as_measure(self) -> Factors:
        return self.by, tuple(sorted(self.of.items()))


class Sum(Kpi):
    """The sum of a field.

    At each of several things only those have one that were heard of in the window: a silent rain gauge knows of no
    drought.
    """

    kind: Literal["sum"]
    of: list[str] = Field(min_length=1)
    field: str
    factors: FactorsSpec | None = None
    where: WhereSpec = ()

    def measures(self) -> list[Measure]:
        factors = self.factors.as_measure() if self.factors else None
        return [
            Measure(facts.Happened(event), amount=self.field, where=self.where, factors=factors) for event in self.of
        ]

    def heard(self) -> list[Measure]:
        return [Measure(facts.Happened(event), where=self.where) for event in self.of] if self.at_each else []

    def needed(self) -> Iterable[Needed]:
        return needed_for(self, [*self.measures(), *self.heard()])

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        sums = totals(view.sums(measure, grouping, window) for measure in self.measures())
        heard = totals(view.sums(measure, grouping, window) for measure in self.heard())
        return {
            labels: KpiValue(amount / SCALE)
            for labels, amount in sums.items()
            if self.at_each is None or heard.get(labels, 0) > 0
        }


class Mean(Kpi):
    """The mean of a field over the events that carry it."""

    kind: Literal["mean"]
    of: str
    field: str
    factors: FactorsSpec | None = None
    where: WhereSpec = ()

    sampled = True

    def measures(self) -> tuple[Measure, Measure]:
        factors = self.factors.as_measure() if self.factors else None
        return (
            Measure(facts.Happened(self.of), amount=self.field, where=self.where, factors=factors),
            Measure(facts.Happened(self.of), where=self.where),
        )

    def needed(self) -> Iterable[Needed]:
        return needed_for(self, self.measures())

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        amounts, counts = (view.sums(measure, grouping, window) for measure in self.measures())
        return {
            labels: KpiValue(amounts.get(labels, 0) / SCALE / count, sample=count)
            for labels, count in counts.items()
            if count > 0
        }


class Last(Kpi):
    """The latest value of a field; several things' latest values are combined, or the things counted."""

    kind: Literal["last"]
    of: str
    field: str
    per: list[str] = Field(default_factory=list)
    """The fields that name the thing: each keeps its own latest value."""
    combine: Literal["sum", "max", "min", "mean", "newest", "count"] = "newest"
    max_age: Elapsed | None = None
    """A value older than this is none: a thing that fell silent is left out, not shown as it once was."""
    factors: FactorsSpec | None = None
    where: WhereSpec = ()

    def measure(self) -> Measure:
        factors = self.factors.as_measure() if self.factors else None
        return Measure(facts.Happened(self.of), "latest", amount=self.field, where=self.where, factors=factors)

    def needed(self) -> Iterable[Needed]:
        if self.windows != ["total"]:
            raise ValueError("a latest value is a present state: write windows: [total]")
        return [Needed(self.measure(), self._stored(grouping), "total") for grouping in self.groupings]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        things: dict[Labels, list[tuple[EpochSeconds, float]]] = {}
        oldest = 0 if self.max_age is None else view.now - self.max_age.seconds
        for labels, latest in view.latest(self.measure(), self._stored(grouping)).items():
            if latest[0] >= oldest:
                things.setdefault(labels[: len(grouping)], []).append(latest)
        return {labels: KpiValue(_COMBINED[self.combine](latest)) for labels, latest in things.items()}

    def _stored(self, grouping: Grouping) -> Grouping:
        return (*grouping, *(field for field in self.per if field not in grouping))


_COMBINED: Mapping[str, Callable[[list[tuple[EpochSeconds, float]]], float]] = {
    "sum": lambda things: sum(value for _, value in things),
    "max": lambda things: max(value for _, value in things),
    "min": lambda things: min(value for _, value in things),
    "mean": lambda things: sum(value for _, value in things) / len(things),
    "newest": lambda things: max(things)[1],
    "count": lambda things: float(len(things)),
}


class Age(Kpi):
    """Seconds since an event was last heard, of the thing heard longest ago (or most recently)."""

    kind: Literal["age"]
    of: str
    per: list[str] = Field(default_factory=list)
    combine: Literal["oldest", "newest"] = "oldest"
    where: WhereSpec = ()

    def measure(self) -> Measure:
        return Measure(facts.Happened(self.of), "latest", amount=facts.TIME, where=self.where)

    def needed(self) -> Iterable[Needed]:
        if self.windows != ["total"]:
            raise ValueError("an age is a present state: write windows: [total]")
        return [Needed(self.measure(), self._stored(grouping), "total") for grouping in self.groupings]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        ages: dict[Labels, list[int]] = {}
        for labels, (instant, _) in view.latest(self.measure(), self._stored(grouping)).items():
            ages.setdefault(labels[: len(grouping)], []).append(max(0, view.now - instant))
        choose = max if self.combine == "oldest" else min
        return {labels: KpiValue(choose(each)) for labels, each in ages.items()}

    def _stored(self, grouping: Grouping) -> Grouping:
        return (*grouping, *(field for field in self.per if field not in grouping))


class DurationKpi(Kpi):
    """A quantile of the time from an entity's opening to an event, its suspensions left out."""

    kind: Literal["duration"]
    to: str
    quantile: float = Field(gt=0, lt=1)
    where: WhereSpec = ()

    sampled = True

    def measure(self) -> Measure:
        return Measure(facts.Happened(self.to), "buckets", bucket=facts.TOOK, where=self.where)

    def needed(self) -> Iterable[Needed]:
        return needed_for(self, [self.measure()])

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        values = {}
        for labels, counts in view.buckets(self.measure(), grouping, window).items():
            histogram = {int(bucket): count for bucket, count in counts.items() if count > 0}
            if histogram:
                values[labels] = KpiValue(quantile(histogram, self.quantile), sample=sum(histogram.values()))
        return values


BUCKETS_PER_DOUBLING = 8


def duration_bucket(seconds: float) -> int:
    """The histogram bucket of a duration: bucket ``i`` ends at ``2 ** (i / 8)`` seconds, bucket 0 at one second.

    Eight buckets to a doubling keep a quantile within 9 % of the true one.
    """
    return 0 if seconds <= 1 else math.ceil(round(math.log2(seconds) * BUCKETS_PER_DOUBLING, 9))


def quantile(histogram: Mapping[int, int], q: float) -> float:
    """The ``q`` quantile in seconds, linear within its bucket, as Prometheus' histogram_quantile does it."""
    rank = q * sum(histogram.values())
    below = 0
    for bucket in sorted(histogram):
        count = histogram[bucket]
        if below + count >= rank:
            upper = 2 ** (bucket / BUCKETS_PER_DOUBLING)
            lower = 0.0 if bucket == 0 else 2 ** ((bucket - 1) / BUCKETS_PER_DOUBLING)
            return lower + (upper - lower) * (rank - below) / count
        below += count
    raise ValueError("a quantile needs at least one duration")
