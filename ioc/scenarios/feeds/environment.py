"""Stations that measure air, rivers and rain: clean air, low rivers, drizzle; one rain gauge has fallen silent."""

from collections.abc import Iterator
from math import cos, pi
from typing import NamedTuple

from ioc.scenarios.events import NUMBER, REPORTED_AFTER, TEXT, Event, Writer, day_of, midnight, source_totals
from ioc.scenarios.setting import LAST_DAY, Setting, wobble
from ioc.scenarios.timeline import Telemetry, instants

SLUG = "environment"
_air = Writer(SLUG, "air.measured", "station", parameter=TEXT, value=NUMBER, unit=TEXT)
write_water = Writer(SLUG, "water_level.measured", "station", water_level=NUMBER, water_level_unit=TEXT)
write_rain = Writer(SLUG, "rain.measured", "station", rain=NUMBER)

SINCE = LAST_DAY - 3
"""Norms are held against the means of 47 hours."""
_AIR = (b"air_viet_tri", b"air_vinh_yen", b"air_hoa_binh", b"air_phuc_yen", b"air_phu_tho", b"air_thanh_son",
        b"air_luong_son", b"air_lam_thao")  # fmt: skip
_MILLIGRAMS = (b"air_hoa_binh", b"air_luong_son")
"""Stations that send CO in mg."""
RAIN_GAUGES = tuple(b"rain_%b" % name for name in (
    b"da_bac", b"mai_chau", b"kim_boi", b"lac_son", b"tan_lac", b"yen_lap", b"tan_son", b"thanh_son", b"doan_hung",
    b"ha_hoa", b"tam_dao", b"lap_thach"))  # fmt: skip
SILENT = RAIN_GAUGES[-1]
_SILENT_SINCE = midnight(SINCE + 1)


class River(NamedTuple):
    """A gauge: its first alarm level in metres, how far the water is below it, and whether it sends centimetres."""

    station: bytes
    alarm: float
    below: float
    centimetres: bool = False


RIVERS = (
    River(b"bua_thanh_son", 23.0, 3.1),
    River(b"boi_hung_thi", 10.0, 2.2),
    River(b"thao_phu_tho", 17.5, 2.8),
    River(b"lo_vu_quang", 18.3, 4.0),
    River(b"hong_viet_tri", 13.7, 3.6),
    River(b"da_hoa_binh", 21.0, 5.2, centimetres=True),
    River(b"pho_day_quang_cu", 16.0, 2.5, centimetres=True),
)
_PARAMETERS = (b"pm25", b"pm10", b"o3", b"so2", b"no2", b"co")
_EVERY, _AIR_EVERY = 600, 3600


class Stations(Telemetry):
    """Rivers and rain each ten minutes, air each hour; each station at its own moment."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def between(self, start: int, end: int) -> Iterator[Event]:
        start = max(start, midnight(SINCE))
        rate = self._setting.rate_at(start)
        for number, gauge in enumerate(RAIN_GAUGES):
            until = min(end, _SILENT_SINCE) if gauge == SILENT else end
            for time in instants(start, until, _EVERY / rate, 50 * number):
                yield write_rain(time, gauge, 0.4 if wobble(number, time) > 0.93 else 0.0)
        for number, river in enumerate(RIVERS):
            for time in instants(start, end, _EVERY / rate, 25 + 80 * number):
                level = river.alarm - river.below + 0.15 * wobble(number, time // 40)
                value = level * 100 if river.centimetres else level
                yield write_water(time, river.station, value, b"cm" if river.centimetres else b"m")
        for number, station in enumerate(_AIR):
            for second, parameter in enumerate(_PARAMETERS):
                for time in instants(start, end, _AIR_EVERY / rate, 300 + 390 * number + second):
                    yield _air_measured(station, number, parameter, time)
        for day in range(max(day_of(start), SINCE + 1), day_of(end - 1) + 1):
            if start <= midnight(day) + REPORTED_AFTER < end:
                yield from source_totals(SLUG, day, [("measurements", sum(map(self._count, range(SINCE, day))))])

    def _count(self, day: int) -> int:
        """How many measurements a day has."""
        begin, end, rate = midnight(day), midnight(day + 1), self._setting.rate_at(midnight(day))
        gauges = len(RAIN_GAUGES) - (day > SINCE)
        turns = [(_EVERY, 50 * number) for number in range(gauges)]
        turns += [(_EVERY, 25 + 80 * number) for number in range(len(RIVERS))]
        turns += [(_AIR_EVERY, 300 + 390 * station + second) for station in range(len(_AIR)) for second in range(6)]
        return sum(len(instants(begin, end, every / rate, offset)) for every, offset in turns)


def _air_measured(station: bytes, number: int, parameter: bytes, time: int) -> Event:
    """What a station measures of a parameter; dust is worst in the morning, ozone in the afternoon."""
    hour = (time - midnight(day_of(time))) / 3600
    burden = 0.82 + 0.4 * ((number * 37) % 8) / 8
    dust = burden * (25 + 7 * _daily(hour, 7)) + 2.5 * wobble(number, time)
    values = {
        b"pm25": dust,
        b"pm10": dust * 1.65,
        b"o3": 35 + 60 * max(0.0, _daily(hour, 14)),
        b"so2": 11 * burden,
        b"no2": 24 * burden,
        b"co": burden * (640 + 180 * _daily(2 * hour, 36)),
    }
    if parameter == b"co" and station in _MILLIGRAMS:
        return _air(time, station, parameter, values[parameter] / 1000, b"mg_m3")
    return _air(time, station, parameter, values[parameter], b"ug_m3")


def _daily(hour: float, peak: float) -> float:
    """A wave of 24 hours from -1 to 1 with its top at an hour."""
    return cos((hour - peak) / 24 * 2 * pi)


def feeds(setting: Setting) -> list[Stations]:
    """The feed of this subsystem."""
    return [Stations(setting)]
