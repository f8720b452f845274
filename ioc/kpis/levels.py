"""Latest values held against alarm levels that differ from station to station."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.amounts import FactorsSpec
from ioc.kpis.base import Kpi, WhereSpec
from ioc.kpis.measures import Grouping, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.time.durations import Elapsed
from ioc.time.windows import Window


class AlarmLevel(Kpi):
    """At each station: how many of its alarm levels the latest value has reached, 0 below the first."""

    kind: Literal["alarm_level"]
    of: str
    at_each: str
    field: str
    levels: dict[str, list[float]] = Field(min_length=1)
    """For each station its alarm levels, the lowest first."""
    max_age: Elapsed | None = None
    """A value older than this is none: a river is not calm because its gauge is broken."""
    factors: FactorsSpec | None = None
    where: WhereSpec = ()

    def measure(self) -> Measure:
        factors = self.factors.as_measure() if self.factors else None
        return Measure(facts.Happened(self.of), "latest", amount=self.field, where=self.where, factors=factors)

    def needed(self) -> Iterable[Needed]:
        self.needs_windows("total")
        return [Needed(self.measure(), (self.at_each,), "total")]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        oldest = 0 if self.max_age is None else view.now - self.max_age.seconds
        return {
            (station,): KpiValue(sum(value >= level for level in self.levels[station]))
            for (station,), (instant, value) in view.latest(self.measure(), (self.at_each,)).items()
            if station in self.levels and instant >= oldest
        }
