"""Forecasts, as Prometheus works them out: a river that rises steadily, and each reason to say nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboards.rules import rule_files
from ioc.kpis import metric_names, platform_metrics
from tests.dashboards.rules.scenes import Scene, Values, run
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

LEVEL = "ioc_environment_river_level_meters"
RAIN = "ioc_environment_rain_mm"
FORECAST = f"max by (station, limit) ({metric_names.FORECAST})"
TREND = f"max by (station) ({metric_names.TREND})"
NOW = 200
"""The minute that is looked at: more than the three hours that a river's forecast rests on have passed."""


def minutes(value: Callable[[int], float | None]) -> Values:
    """A value at each minute."""
    return [value(minute) for minute in range(NOW + 1)]


def rising(minute: int) -> float:
    """A river at 23.4 m by now that rose by 30 cm an hour: 24.5 m is 3 h 40 ahead."""
    return 23.4 + 0.3 * (minute - NOW) / 60


def hourly(minute: int) -> float:
    """The same river as a logger tells of it that measures at 20 minutes to each hour."""
    return rising(minute - (minute + 40) % 60)


def shown(tmp_path: Path, rules: Path, metric: str, values: Values, **labels: str) -> Callable[..., str]:
    """What promtool has against what is expected of one station's forecast."""

    def expecting(*forecast: tuple[str, float]) -> str:
        scene = Scene("station", step=60, length=NOW + 1)
        scene.add(platform_metrics.EXPORTER_CHECKPOINT.name, [60.0 * minute for minute in range(NOW + 1)])
        scene.add(metric, values, **labels)
        expected = [({"station": labels["station"], "limit": limit}, seconds) for limit, seconds in forecast]
        scene.expect(NOW, f"round({FORECAST})", *expected)
        return run(tmp_path, [rules / "forecasts.yml"], scene)

    return expecting


def river(tmp_path: Path, rules: Path, values: Values, station: str = "bua_thanh_son") -> Callable[..., str]:
    return shown(tmp_path, rules, LEVEL, values, window="total", station=station)


def test_a_river_that_rises_steadily_reaches_its_next_level_at_the_time_of_its_line(
    tmp_path: Path, rules: Path
) -> None:
    # 24.5 m is the second level of the Bứa; from 23.9 m at 30 cm an hour it is 2 h away.
    values = minutes(lambda minute: rising(minute) + 0.5)
    assert river(tmp_path, rules, values)(("2", 7200)) == ""


def test_of_two_levels_ahead_the_nearer_one_is_told(tmp_path: Path, rules: Path) -> None:
    values = minutes(lambda minute: 22.5 + 0.9 * (minute - NOW) / 60)
    assert river(tmp_path, rules, values)(("1", 2000)) == ""


def test_a_level_further_ahead_than_the_time_it_rests_on_is_not_told(tmp_path: Path, rules: Path) -> None:
    nearer = minutes(lambda minute: 24.5 - 0.3 * (179 / 60) + 0.3 * (minute - NOW) / 60)
    farther = minutes(lambda minute: 24.5 - 0.3 * (181 / 60) + 0.3 * (minute - NOW) / 60)
    assert river(tmp_path, rules, nearer)(("2", 179 * 60)) == ""
    assert river(tmp_path, rules, farther)() == ""


def test_an_hourly_logger_gives_a_forecast_and_a_single_leap_none(tmp_path: Path, rules: Path) -> None:
    # Three steps of 30 cm: the line through them is less steep than the river.
    scene = Scene("hourly", step=60, length=NOW + 1)
    scene.add(LEVEL, minutes(hourly), window="total", station="bua_thanh_son")
    scene.expect(NOW, f"{TREND} > bool 0.25", ({"station": "bua_thanh_son"}, 1))
    assert run(tmp_path, [rules / "forecasts.yml"], scene) == ""
    leap = minutes(lambda minute: 23.4 if minute < NOW - 30 else 24.2)
    assert river(tmp_path, rules, leap)() == ""


def test_a_river_that_falls_stands_or_has_stopped_rising_has_none(tmp_path: Path, rules: Path) -> None:
    stopped = minutes(lambda minute: rising(min(minute, NOW - 61)) + 0.8)
    still_rising = minutes(lambda minute: rising(min(minute, NOW - 40)) + 0.8)
    for values in (minutes(lambda minute: 24.0), minutes(lambda minute: 24.4 - 0.3 * minute / 60), stopped):
        assert river(tmp_path, rules, values)() == ""
    assert river(tmp_path, rules, still_rising)() != ""


@pytest.mark.parametrize(("speed", "soon", "late"), [(1.0, 10, 20), (0.3, 20, 35)])
def test_a_river_that_falls_again_has_none_though_it_is_above_what_it_was(
    tmp_path: Path, rules: Path, speed: float, soon: int, late: int
) -> None:
    def turned(since: int) -> list[float]:
        fallen = [0.005 * speed * max(0, minute - NOW + since) for minute in range(NOW + 1)]
        return [rising(min(minute, NOW - since)) + 0.6 - fall for minute, fall in enumerate(fallen)]

    # A few minutes may be a wave.
    assert river(tmp_path, rules, turned(soon))() != ""
    assert turned(late)[NOW] > turned(late)[NOW - 60]
    assert river(tmp_path, rules, turned(late))() == ""


def test_a_station_that_fell_silent_has_none_after_a_third_of_the_time(tmp_path: Path, rules: Path) -> None:
    # Its last value stands for three hours.
    def silent(since: int) -> Values:
        return minutes(lambda minute: rising(min(minute, NOW - since)) + 0.8)

    assert river(tmp_path, rules, silent(58))() != ""
    assert river(tmp_path, rules, silent(62))() == ""


def test_waves_up_and_down_bear_no_line(tmp_path: Path, rules: Path) -> None:
    waves = minutes(lambda minute: rising(minute) + 0.4 + (0.5 if minute // 20 % 2 else 0.0))
    assert river(tmp_path, rules, waves)() == ""


def test_what_is_known_for_less_than_the_time_bears_none(tmp_path: Path, rules: Path) -> None:
    short = minutes(lambda minute: rising(minute) + 0.5 if minute > NOW - 150 else None)
    enough = minutes(lambda minute: rising(minute) + 0.5 if minute > NOW - 170 else None)
    assert river(tmp_path, rules, short)() == ""
    assert river(tmp_path, rules, enough)(("2", 7200)) == ""


def test_a_station_that_is_silent_or_has_no_levels_has_none(tmp_path: Path, rules: Path) -> None:
    values = minutes(lambda minute: rising(minute) + 0.5)
    silent = [*values[: NOW - 5], *[None] * 6]
    assert river(tmp_path, rules, silent)() == ""
    assert river(tmp_path, rules, values, station="elsewhere")() == ""


def test_above_its_last_level_a_river_has_nothing_to_reach(tmp_path: Path, rules: Path) -> None:
    assert river(tmp_path, rules, minutes(lambda minute: rising(minute) + 1.2))() == ""


def with_levels(tmp_path: Path, levels: dict[str, list[float]]) -> Path:
    """The rules of a catalogue in which stations have other alarm levels."""
    packaged = packaged_catalogue()
    environment = packaged.subsystems["environment"]
    alarms = environment.kpis["river_alarm_level"].model_copy(update={"levels": levels})
    changed = environment.model_copy(update={"kpis": {**environment.kpis, "river_alarm_level": alarms}})
    catalogue = packaged.model_copy(update={"subsystems": {"environment": changed}})
    for name in ("exporters.yml", "forecasts.yml"):
        (tmp_path / name).write_text(rule_files(catalogue)[name])
    return tmp_path


@pytest.mark.parametrize("station", ["$1 a", 'a\\"b', "a\\\\b"])
def test_an_id_of_any_letters_is_no_part_of_the_rule(tmp_path: Path, station: str) -> None:
    # As promtool's notation of a label has it.
    rules = with_levels(tmp_path, {json.loads(f'"{station}"'): [24.5]})
    assert river(tmp_path, rules, minutes(lambda minute: rising(minute) + 0.5), station)(("1", 7200)) == ""


@pytest.mark.parametrize("level", [117.125, 1234567.5])
def test_a_level_is_reached_where_it_is_whatever_its_digits(tmp_path: Path, level: float) -> None:
    rules = with_levels(tmp_path, {"reservoir": [level]})
    values = minutes(lambda minute: level - 60 + 30 * (minute - NOW) / 60)
    assert river(tmp_path, rules, values, "reservoir")(("1", 7200)) == ""


def test_rain_reaches_its_own_limits(tmp_path: Path, rules: Path) -> None:
    # 40 mm in three hours, 10 more each hour.
    values = minutes(lambda minute: 40 + 10 * (minute - NOW) / 60)
    rain = shown(tmp_path, rules, RAIN, values, window="3h", station="rain_kim_boi")
    assert rain(("warning", 3600)) == ""
    of_a_day = shown(tmp_path, rules, RAIN, values, window="24h", station="rain_kim_boi")
    assert of_a_day() == ""
