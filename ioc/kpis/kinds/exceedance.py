"""``exceedance``: hours above the national norms of air quality.

Norms: QCVN 05:2023/BTNMT. Concentrations are in µg/m³.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ioc.kpis.air import HourlyMeans, Hours, mean_of
from ioc.kpis.measures import Grouping, Labels
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.time.instants import EpochSeconds
from ioc.time.windows import UTC_OFFSET, Window


class NormSpec(BaseModel):
    """A norm: the mean over 1 or 24 hours may not exceed ``limit`` µg/m³, from a date on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameter: Literal["pm25", "pm10", "o3", "co", "so2", "no2"]
    mean: Literal["1h", "24h"]
    limit: float
    since: date = Field(default=date(2023, 1, 1), strict=False)


class Exceedance(HourlyMeans):
    """At each station: of the last 24 hours those in which a mean exceeded its norm."""

    kind: Literal["exceedance"]
    norms: list[NormSpec] = Field(min_length=1)

    only_windows = ("24h",)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        values: dict[Labels, KpiValue] = {}
        norms = self._in_force(view.now)
        for station, hours in self.hours(view, 47).items():
            # A station that fell silent is not clean: without any mean of these hours it has no value.
            if any(mean is not None for norm in norms for mean in hours.get(norm.parameter, ())[:24]):
                above = sum(any(exceeds(norm, hours, age) for norm in norms) for age in range(24))
                values[(station,)] = KpiValue(above)
        return values

    def formula(self, say: Writer) -> str:
        hours = say("số giờ trong 24 giờ qua vượt quy chuẩn", "of the last 24 hours those above a norm")
        norms = "; ".join(
            f"{norm.parameter} {norm.mean} > {norm.limit:g} ({norm.since:%d/%m/%Y})" for norm in self.norms
        )
        return f"{hours} ({norms})"

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
