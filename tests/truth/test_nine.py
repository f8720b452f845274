"""What once was green, or not what it should be, each as it was found."""

from collections.abc import Sequence

import pytest

from ioc.figures.family import Family
from ioc.kpis import metric_names
from ioc.kpis.status import Status
from tests.ioc.figures.wall import Wall
from tests.oracle.topics import moment
from tests.packaged import packaged_catalogue
from tests.truth.scenes import filled
from tests.truth.table import limited

LEVEL_3, CALM = 19.2, 12.0


def river(wall: Wall, station: str, at: str, level: float) -> None:
    wall.send("water_level.measured", at, station=station, water_level=level, water_level_unit="m")


def limited_of(subsystem: str) -> list[str]:
    return [kpi for slug, kpi in limited() if slug == subsystem]


def doubts(exported: dict[str, Family], kpi: str) -> set[tuple[str, str]]:
    """Every reason why a KPI is not known, with the feed or thing it is about."""
    infos = [dict(labels) for labels, _ in exported[metric_names.KPI_DOUBT_INFO].samples]
    about = ("subsystem", "kpi", "reason")
    return {
        (own["reason"], next((value for name, value in own.items() if name not in about), ""))
        for own in infos
        if own["kpi"] == kpi
    }


def test_a_gauge_at_alarm_level_3_that_is_heard_no_more_keeps_the_rivers_from_green_and_is_named() -> None:
    wall = Wall("environment")
    river(wall, "thao_phu_tho", "2025-09-30 05:00", LEVEL_3)
    for hour in range(5, 12):
        for station in ("lo_vu_quang", "bua_thanh_son", "hong_viet_tri"):
            river(wall, station, f"2025-09-30 {hour:02d}:00", CALM)
    wall.read()
    assert wall.status("river_alarm_level", "2025-09-30 11:01") is not Status.GREEN
    assert ("thing_silent", "thao_phu_tho") in doubts(wall.exported("2025-09-30 11:01"), "river_alarm_level")


def test_zero_untaken_alerts_after_48_hours_of_only_system_reports_are_grey() -> None:
    wall = Wall("cybersecurity")
    for hour in range(48):
        for system in ("sys_portal", "sys_one_stop"):
            wall.send("system.reported", f"2025-10-{29 + hour // 24} {hour % 24:02d}:55", system=system, up=1)
    wall.read()
    now = "2025-10-30 23:56"
    assert wall.status("systems_up_ratio", now) is Status.GREEN
    assert wall.status("oldest_untaken_alert", now) is Status.GREY
    assert wall.status("backup_age", now) is Status.GREY
    assert doubts(wall.exported(now), "oldest_untaken_alert") == {("no_data", "siem")}


def test_48_hours_of_only_admissions_tell_nothing_of_ambulances_or_cases() -> None:
    wall = Wall("health")
    for hour in range(48):
        wall.send("beds.reported", f"2025-10-{29 + hour // 24} {hour % 24:02d}:05", facility="lung", beds=100)
        wall.send("patient.admitted", f"2025-10-{29 + hour // 24} {hour % 24:02d}:55", stay=f"s{hour}", facility="lung")
    wall.read()
    now = "2025-10-30 23:56"
    assert wall.status("bed_occupancy_ratio", now) is Status.GREEN
    for kpi in ("notifiable_late", "ambulance_p90", "ambulance_longest_wait"):
        assert wall.status(kpi, now) is Status.GREY


@pytest.mark.parametrize("subsystem", packaged_catalogue().subsystems)
def test_a_subsystem_that_says_only_its_source_total_is_grey_throughout(subsystem: str) -> None:
    wall = Wall(subsystem)
    total = filled(wall.subsystem, "source_total.reported", {})
    for hour in range(24):
        wall.send("source_total.reported", f"2025-10-30 {hour:02d}:05", **total)
    wall.read()
    assert {kpi: wall.status(kpi, "2025-10-30 23:10") for kpi in limited_of(subsystem)} == dict.fromkeys(
        limited_of(subsystem), Status.GREY
    )


@pytest.mark.parametrize("again", ["10:41", "11:20", "13:10"])
def test_rain_of_54_mm_sent_again_within_three_hours_is_54_mm(again: str) -> None:
    wall = Wall("environment")
    for appended in ("2025-09-30 10:40", f"2025-09-30 {again}"):
        for number in range(3):
            data = {"station": "rain_da_bac", "rain": 18.0}
            time = moment(f"2025-09-30 10:{10 + number * 10}")
            wall.topics.send(wall.subsystem, "rain.measured", time, data, id=f"rain{number}", appended=moment(appended))
    wall.read()
    place = {"window": "3h", "station": "rain_da_bac"}
    assert value(wall, "rain", "2025-09-30 11:25", place) == 54


def test_120_mm_in_50_minutes_are_red_before_their_hour_is_over() -> None:
    wall = Wall("environment")
    for minute in range(0, 50, 10):
        wall.send("rain.measured", f"2025-09-30 10:{minute:02d}", station="rain_da_bac", rain=24.0)
    wall.read()
    assert wall.status("rain", "2025-09-30 10:50") is Status.RED


def test_500_mentions_at_an_hour_of_which_28_days_had_none_are_a_surge() -> None:
    wall = Wall("social_listening")
    for day in range(2, 30):
        wall.send("listening_tool.heartbeat_sent", f"2025-10-{day:02d} 03:30")
    for number in range(500):
        mention = {"mention": f"m{number}", "topic": "disaster", "sentiment": "neutral", "channel": "social"}
        wall.send("mention.collected", f"2025-10-30 03:{number % 60:02d}", **mention, reach=1)
    wall.send("listening_tool.heartbeat_sent", "2025-10-30 04:00")
    wall.read()
    assert wall.status("topic_surge", "2025-10-30 04:05") is Status.RED


@pytest.mark.parametrize(
    ("took", "status"),
    [
        ([1140] * 100, Status.GREEN),
        ([1199] * 100, Status.GREEN),
        ([1200] * 100, Status.YELLOW),
        ([1208] * 100, Status.YELLOW),
        ([1000] * 88 + [1870] * 12, Status.RED),
    ],
    ids=["19 min", "a second below 20 min", "20 min", "8 seconds above 20 min", "12 of 100 above 30 min"],
)
def test_a_percentile_is_judged_on_the_side_of_its_limit_on_which_it_is(took: Sequence[int], status: Status) -> None:
    wall = Wall("health")
    for number, seconds in enumerate(took):
        hour, minute = 8 + number // 50, number % 50
        wall.send("ambulance.called", f"2025-10-30 {hour:02d}:{minute:02d}:00", call=f"c{number}")
        arrived = minute * 60 + seconds
        at = f"2025-10-30 {hour + arrived // 3600:02d}:{arrived % 3600 // 60:02d}:{arrived % 60:02d}"
        wall.send("ambulance.arrived", at, call=f"c{number}")
    wall.send("ambulance_centre.heartbeat_sent", "2025-10-30 12:00")
    wall.read()
    assert wall.status("ambulance_p90", "2025-10-30 12:01") is status


def test_of_500_and_then_50_at_one_instant_50_is_shown() -> None:
    wall = Wall("health")
    for beds in (500, 50):
        wall.send("beds.reported", "2025-10-30 08:00", facility="lung", beds=beds)
    wall.read()
    assert value(wall, "beds", "2025-10-30 08:01", {"window": "total"}) == 50


def test_600_cameras_of_a_dead_platform_are_grey_and_not_zero() -> None:
    wall = Wall("cameras_traffic")
    for number in range(600):
        wall.send("camera.heard", "2025-10-30 08:00", camera=f"c{number}", unit="7900")
    for minute in range(0, 60, 5):
        wall.send("traffic_police.heartbeat_sent", f"2025-10-30 08:{minute:02d}")
    wall.read()
    assert wall.status("cameras_online_ratio", "2025-10-30 08:01") is Status.GREEN
    assert wall.status("cameras_online_ratio", "2025-10-30 09:00") is Status.GREY
    assert doubts(wall.exported("2025-10-30 09:00"), "cameras_online_ratio") == {("feed_silent", "camera_platform")}
    assert wall.status("long_congestions", "2025-10-30 09:00") is Status.GREEN


def value(wall: Wall, kpi: str, now: str, place: dict[str, str]) -> float:
    """What is exported of a KPI at a place."""
    family = wall.exported(now)[metric_names.metric_name(wall.slug, kpi, wall.subsystem.kpis[kpi])]
    (found,) = (value for labels, value in family.samples if dict(labels) == place)
    return found
