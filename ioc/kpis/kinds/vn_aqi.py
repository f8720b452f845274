"""``vn_aqi``: VN_AQI, the Vietnamese air quality index.

Source: Decision 1459/QĐ-TCMT of 12/11/2019. Concentrations are in µg/m³.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import ClassVar, Literal

from ioc.kpis.air import GASES, PARTICULATES, HourlyMeans, Hours, mean_of
from ioc.kpis.base import Band
from ioc.kpis.measures import Grouping
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.windows import Window

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


class VnAqi(HourlyMeans):
    """VN_AQI at each station: hourly in the window ``1h``, daily in the window ``24h``."""

    kind: Literal["vn_aqi"]

    of_zero: ClassVar[Text | None] = Text("mọi thông số đo được đều bằng 0", "every pollutant measured 0")

    only_windows = ("1h", "24h")
    bands = (
        Band(0, 50, Text("Tốt", "Good")),
        Band(51, 100, Text("Trung bình", "Moderate")),
        Band(101, 150, Text("Kém", "Poor")),
        Band(151, 200, Text("Xấu", "Bad")),
        Band(201, 300, Text("Rất xấu", "Very bad")),
        Band(301, None, Text("Nguy hại", "Hazardous")),
    )

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        index_of, count = (daily_index, 24) if window == "24h" else (hourly_index, 12)
        return {
            (station,): KpiValue(index)
            for station, hours in self.hours(view, count).items()
            if (index := index_of(hours)) is not None
        }

    def formula(self, say: Writer) -> str:
        return say(
            "VN_AQI theo Quyết định 1459/QĐ-TCMT, từ trung bình giờ của từng thông số",
            "VN_AQI by Decision 1459/QĐ-TCMT, from the hourly means of each parameter",
        )


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
