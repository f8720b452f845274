"""VN_AQI, the Vietnamese air quality index, and hours above the national norms.

Source: Decision 1459/QĐ-TCMT of 12/11/2019; norms: QCVN 05:2023/BTNMT. Concentrations are in µg/m³.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ioc.kpis import facts
from ioc.kpis.amounts import FactorsSpec
from ioc.kpis.base import Kpi
from ioc.kpis.measures import SCALE, Grouping, Labels, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.time.instants import EpochSeconds
from ioc.time.windows import HOUR, UTC_OFFSET, Window, pane_start

INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
BREAKPOINTS: Mapping[str, tuple[float, ...]] = {
    "o3": (0, 160, 200, 300, 400, 800, 1_000, 1_200),
    "o3_8h": (0, 100, 120, 170, 210, 400),
    "co": (0, 10_000, 30_000, 45_000, 60_000, 90_000, 120_000, 150_000),
    "so2": (0, 125, 350, 550, 800, 1_600, 2_100, 2_630),
    "no2": (0, 100, 200, 700, 1_200, 2_350, 3_100, 3_850),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "pm25": (0, 25, 50, 80, 150, 250, 350, 500),
}
PARTICULATES = ("pm25", "pm10")
GASES = ("o3", "co", "so2", "no2")
PARAMETERS = (*PARTICULATES, *GASES)

Hours = Sequence[float | None]
"""Hourly means, the current hour first; None where an hour is missing."""


def sub_index(parameter: str, concentration: float) -> int | None:
    """The index of one pollutant, capped at 500; None where the table ends (8-hour ozone above 400 µg/m³).

    Clean air measured slightly below zero, as instruments do, counts as zero.
    """
    rows = BREAKPOINTS[parameter]
    concentration = max(0.0, concentration)
    if concentration > rows[-1]:
        return None if parameter == "o3_8h" else INDEX[-1]
    upper = max(1, bisect_left(rows, concentration))
    low, high = rows[upper - 1], rows[upper]
    index = INDEX[upper - 1] + (INDEX[upper] - INDEX[upper - 1]) * (concentration - low) / (high - low)
    return int(index + 0.5)


def nowcast(hours: Hours) -> float | None:
    """The NowCast of up to 12 hours; None unless two of the newest three are there.

    The weights are always normalised: the decision prints the branch of w = 1/2 without, which halves
    the value when the current hour is missing.
    """
    known = [value for value in hours[:12] if value is not None]
    if sum(value is not None for value in hours[:3]) < 2:
        return None
    highest = max(known)
    weight = max(0.5, min(known) / highest) if highest > 0 else 1.0
    weights = [weight**age if value is not None else 0.0 for age, value in enumerate(hours[:12])]
    return sum(w * (value or 0.0) for w, value in zip(weights, hours, strict=False)) / sum(weights)


def hourly_index(hours: Mapping[str, Hours]) -> int | None:
    """VN_AQI of the current hour; None without PM2.5 and PM10."""
    particulates = [
        sub_index(parameter, mean)
        for parameter in PARTICULATES
        if (mean := nowcast(hours.get(parameter, ()))) is not None
    ]
    if not particulates:
        return None
    gases = [
        sub_index(parameter, hours[parameter][0] or 0.0)
        for parameter in GASES
        if hours.get(parameter) and hours[parameter][0] is not None
    ]
    return max(index for index in (*particulates, *gases) if index is not None)


def daily_index(hours: Mapping[str, Hours]) -> int | None:
    """VN_AQI of 24 hours; None without PM2.5 and PM10."""
    particulates = [
        sub_index(parameter, mean)
        for parameter in PARTICULATES
        if (mean := mean_of(hours.get(parameter, ())[:24])) is not None
    ]
    if not particulates:
        return None
    largest = [
        sub_index(parameter, max(known))
        for parameter in GASES
        if (known := [value for value in hours.get(parameter, ())[:24] if value is not None])
    ]
    ozone = hours.get("o3", ())[:24]
    eight_hours = [mean for end in range(max(0, len(ozone) - 7)) if (mean := mean_of(ozone[end : end + 8])) is not None]
    if eight_hours:
        largest.append(sub_index("o3_8h", max(eight_hours)))
    return max(index for index in (*particulates, *largest) if index is not None)


def mean_of(hours: Hours, share: float = 0.75) -> float | None:
    """The mean of the hours there are; None below three quarters of them."""
    known = [value for value in hours if value is not None]
    return sum(known) / len(known) if known and len(known) >= share * len(hours) else None


class _HourlyMeans(Kpi):
    """What the kinds on hourly means of (station, parameter) share."""

    of: str
    at_each: str
    parameter: str = "parameter"
    field: str = "value"
    factors: FactorsSpec | None = None

    read_in: ClassVar[tuple[Window, ...]]

    def measures(self) -> tuple[Measure, Measure]:
        where = ((self.parameter, frozenset(PARAMETERS)),)
        factors = self.factors.as_measure() if self.factors else None
        fact = facts.Happened(self.of)
        return Measure(fact, amount=self.field, where=where, factors=factors), Measure(fact, where=where)

    def needed(self) -> Iterable[Needed]:
        self.needs_windows(*self.read_in)
        if self.by:
            raise ValueError(f"a KPI of kind {self.kind} is read at each station; drop by")
        return [Needed(measure, (self.at_each, self.parameter), "24h") for measure in self.measures()]

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


class VnAqi(_HourlyMeans):
    """VN_AQI at each station: hourly in the window ``1h``, daily in the window ``24h``."""

    kind: Literal["vn_aqi"]

    read_in = ("1h", "24h")

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        index_of, count = (daily_index, 24) if window == "24h" else (hourly_index, 12)
        return {
            (station,): KpiValue(index)
            for station, hours in self.hours(view, count).items()
            if (index := index_of(hours)) is not None
        }


class NormSpec(BaseModel):
    """A norm: the mean over 1 or 24 hours may not exceed ``limit`` µg/m³, from a date on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameter: Literal["pm25", "pm10", "o3", "co", "so2", "no2"]
    mean: Literal["1h", "24h"]
    limit: float
    since: date = Field(default=date(2023, 1, 1), strict=False)


class Exceedance(_HourlyMeans):
    """At each station: of the last 24 hours those in which a mean exceeded its norm."""

    kind: Literal["exceedance"]
    norms: list[NormSpec] = Field(min_length=1)

    read_in = ("24h",)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        values: dict[Labels, KpiValue] = {}
        norms = self._in_force(view.now)
        for station, hours in self.hours(view, 47).items():
            # A station that fell silent is not clean: without any mean of these hours it has no value.
            if any(mean is not None for norm in norms for mean in hours.get(norm.parameter, ())[:24]):
                above = sum(any(exceeds(norm, hours, age) for norm in norms) for age in range(24))
                values[(station,)] = KpiValue(above)
        return values

    def _in_force(self, now: EpochSeconds) -> list[NormSpec]:
        today = datetime.fromtimestamp(now + UTC_OFFSET, UTC).date()
        newest = {
            (norm.parameter, norm.mean): norm
            for norm in sorted(self.norms, key=lambda norm: norm.since)
            if norm.since <= today
        }
        return list(newest.values())


def exceeds(norm: NormSpec, hours: Mapping[str, Hours], age: int) -> bool:
    """Whether the mean that ends ``age`` hours ago exceeds a norm."""
    values = hours.get(norm.parameter, ())
    mean = mean_of(values[age : age + (24 if norm.mean == "24h" else 1)])
    return mean is not None and mean > norm.limit
