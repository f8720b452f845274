"""What the kinds on air quality share: hourly means of concentrations, in µg/m³, at stations."""

from collections.abc import Iterable, Mapping, Sequence

from ioc.kpis import facts
from ioc.kpis.base import AtEachOnly
from ioc.kpis.measures import SCALE, Measure, Needed
from ioc.kpis.specs import FactorsSpec, factors_of
from ioc.kpis.view import View
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import DAY, HOUR, Window, pane_start

PARTICULATES = ("pm25", "pm10")
GASES = ("o3", "co", "so2", "no2")
PARAMETERS = (*PARTICULATES, *GASES)

Hours = Sequence[float | None]
"""Hourly means, the current hour first; None where an hour is missing."""


def mean_of(hours: Hours, share: float = 0.75) -> float | None:
    """The mean of the hours there are; None below three quarters of them."""
    known = [value for value in hours if value is not None]
    return sum(known) / len(known) if known and len(known) >= share * len(hours) else None


class HourlyMeans(AtEachOnly):
    """A KPI of hourly means of (station, parameter)."""

    of: str
    parameter: str = "parameter"
    field: str = "value"
    factors: FactorsSpec | None = None

    divides = True
    looks_back = Seconds(2 * DAY)

    def measures(self) -> tuple[Measure, Measure]:
        """The amounts, and how many they are."""
        fact, where = facts.Happened(self.of), ((self.parameter, frozenset(PARAMETERS)),)
        amounts = Measure(fact, amount=self.field, where=where, factors=factors_of(self.factors))
        return amounts, Measure(fact, where=where)

    def needed(self) -> Iterable[Needed]:
        return [Needed(measure, (self.at_each, self.parameter), "24h") for measure in self.measures()]

    def pane_size(self, window: Window) -> Seconds:
        return HOUR

    def hours(self, view: View, count: int) -> Mapping[str, Mapping[str, list[float | None]]]:
        """Per station and parameter the means of the last ``count`` complete hours, the newest first."""
        amounts, counts = self.measures()
        newest = pane_start(HOUR, view.now) - HOUR
        means: dict[str, dict[str, list[float | None]]] = {}
        for age in range(count):
            pane = ((self.at_each, self.parameter), HOUR, EpochSeconds(newest - age * HOUR))
            sums = view.pane_sums(amounts, *pane)
            for labels, number in view.pane_sums(counts, *pane).items():
                if number > 0:
                    station, parameter = labels
                    hours = means.setdefault(station, {}).setdefault(parameter, [None] * count)
                    hours[age] = sums.get(labels, 0) / SCALE / number
        return means
