"""What falls silent gets no better by it: until it is heard again, or withdrawn, the whole is not green."""

from collections.abc import Iterable
from math import isnan

import pytest

from ioc.kpis import metric_names
from ioc.kpis.status import Status
from tests.ioc.figures.wall import Wall

CALM = {"bua_thanh_son": 20, "boi_hung_thi": 8, "lo_vu_quang": 14, "hong_viet_tri": 10, "da_hoa_binh": 15}
FLOODED = "thao_phu_tho"


def rivers(wall: Wall, at: str, **levels: float) -> None:
    for station, level in levels.items():
        wall.send("water_level.measured", at, station=station, water_level=level, water_level_unit="m")


def heard_no_more_at_level_3() -> Wall:
    """All rivers are calm but one at alarm level 3, of which nothing more is heard after 05:00."""
    wall = Wall("environment")
    rivers(wall, "2025-10-31 05:00", **CALM, **{FLOODED: 19.4})
    for hour in range(6, 12):
        rivers(wall, f"2025-10-31 {hour:02}:00", **CALM)
    wall.read()
    return wall


def test_alarm_level_3_heard_no_more_is_not_green() -> None:
    wall = heard_no_more_at_level_3()
    assert wall.silent("river_alarm_level", "2025-10-31 11:01") == {FLOODED: 3}
    assert wall.status("river_alarm_level", "2025-10-31 11:01") is Status.GREY


def test_it_is_as_red_as_it_was_until_it_counts_as_silent() -> None:
    wall = heard_no_more_at_level_3()
    assert wall.status("river_alarm_level", "2025-10-31 08:00") is Status.RED
    assert wall.status("river_alarm_level", "2025-10-31 08:01") is Status.GREY


def test_the_other_rivers_keep_their_own_colours() -> None:
    wall = heard_no_more_at_level_3()
    rivers(wall, "2025-10-31 11:00", boi_hung_thi=10.5)
    wall.read()
    statuses = {
        station: wall.status("river_alarm_level", "2025-10-31 11:01", station=station)
        for station in ("bua_thanh_son", "boi_hung_thi")
    }
    assert statuses == {"bua_thanh_son": Status.GREEN, "boi_hung_thi": Status.YELLOW}
    assert wall.status("river_alarm_level", "2025-10-31 11:01") is Status.YELLOW


def test_it_is_named_among_what_is_in_doubt() -> None:
    exported = heard_no_more_at_level_3().exported("2025-10-31 11:01")
    doubts = [dict(labels) for labels, _ in exported[metric_names.KPI_DOUBT_INFO].samples]
    wanted = {"subsystem": "environment", "kpi": "river_alarm_level", "reason": "thing_silent", "station": FLOODED}
    assert wanted in doubts


def test_heard_again_and_calm_it_is_green() -> None:
    wall = heard_no_more_at_level_3()
    rivers(wall, "2025-10-31 11:02", **{FLOODED: 15})
    wall.read()
    assert wall.status("river_alarm_level", "2025-10-31 11:03") is Status.GREEN


def test_withdrawn_it_keeps_nothing_from_green_and_is_listed() -> None:
    wall = heard_no_more_at_level_3()
    wall.send("station.withdrawn", "2025-10-31 11:02", station=FLOODED)
    wall.read()
    assert wall.status("river_alarm_level", "2025-10-31 11:03") is Status.GREEN
    assert wall.value("stations_out_of_service", "2025-10-31 11:03", window="total", station=FLOODED) == 1
    assert wall.value("stations_out_of_service", "2025-10-31 11:03", window="total") == 1


def test_what_fell_silent_while_it_was_well_keeps_nothing_from_green() -> None:
    wall = Wall("environment")
    rivers(wall, "2025-10-31 05:00", **CALM, **{FLOODED: 15})
    rivers(wall, "2025-10-31 11:00", **CALM)
    wall.read()
    assert wall.silent("river_alarm_level", "2025-10-31 11:01") == {}
    assert wall.status("river_alarm_level", "2025-10-31 11:01") is Status.GREEN


# Rain


def every_ten_minutes(hours: Iterable[int]) -> list[str]:
    return [f"2025-10-31 {hour:02}:{minute:02}" for hour in hours for minute in range(0, 60, 10)]


def gauge_dead_at_noon_in_a_storm(amount: float = 10) -> Wall:
    """From 11:00 to 11:50 it rains into one gauge, which then is heard no more; it is dry at another."""
    wall = Wall("environment")
    for at in every_ten_minutes(range(9, 16)):
        wall.send("rain.measured", at, station="rain_da_bac", rain=0)
        if "11:00" <= at[-5:] < "12:00":
            wall.send("rain.measured", at, station="rain_kim_boi", rain=amount)
    wall.read()
    return wall


def test_the_sum_of_a_gauge_that_dies_in_a_storm_does_not_decay() -> None:
    wall = gauge_dead_at_noon_in_a_storm()
    at = ["2025-10-31 11:56", "2025-10-31 12:30", "2025-10-31 12:49"]
    assert [wall.value("rain", now, window="3h", station="rain_kim_boi") for now in at] == [60, 60, 60]
    assert [wall.status("rain", now) for now in at] == [Status.YELLOW] * 3
    assert wall.value("rain", "2025-10-31 12:51", window="3h", station="rain_kim_boi") is None
    assert wall.silent("rain", "2025-10-31 12:51") == {"rain_kim_boi": 60}
    assert wall.status("rain", "2025-10-31 15:55") is Status.GREY


def test_a_gauge_that_is_heard_dries_up_with_its_window() -> None:
    wall = gauge_dead_at_noon_in_a_storm()
    for at in every_ten_minutes(range(12, 15)):
        wall.send("rain.measured", at, station="rain_kim_boi", rain=0)
    wall.read()
    assert wall.value("rain", "2025-10-31 14:31", window="3h", station="rain_kim_boi") == 30
    assert wall.status("rain", "2025-10-31 14:31") is Status.GREEN


def test_of_a_gauge_dead_for_so_long_that_its_rain_is_forgotten_nobody_can_tell_that_it_was_well() -> None:
    wall = gauge_dead_at_noon_in_a_storm(amount=1)
    assert wall.silent("rain", "2025-10-31 15:55") == {}
    for at in ("2025-11-09 10:00", "2025-11-09 10:10"):
        wall.send("rain.measured", at, station="rain_da_bac", rain=0)
        wall.read()
    (value,) = wall.silent("rain", "2025-11-09 10:16").values()
    assert isnan(value)
    assert wall.status("rain", "2025-11-09 10:16") is Status.GREY


def test_a_station_that_still_tells_its_river_is_silent_in_its_rain() -> None:
    wall = gauge_dead_at_noon_in_a_storm()
    rivers(wall, "2025-10-31 13:00", rain_kim_boi=1)
    wall.read()
    assert wall.silent("rain", "2025-10-31 13:05") == {"rain_kim_boi": 60}


# Sites, hospitals and schools


def crowd(wall: Wall, site: str, at: str, entered: int) -> None:
    wall.send("visitors.entered", at, site=site, visitors=entered)


def full_until_its_counter_died(entered: int = 850) -> Wall:
    wall = Wall("tourism")
    for site in ("den_hung", "tam_dao"):
        wall.send("site_capacity.reported", "2025-10-31 08:00", site=site, capacity=1000)
    crowd(wall, "den_hung", "2025-10-31 23:30", entered)
    for at in ("2025-10-31 23:30", "2025-10-31 23:59", "2025-11-01 00:20", "2025-11-01 00:50"):
        wall.send("site.heard", at, site="tam_dao")
    wall.read()
    return wall


def test_a_crowd_whose_counter_died_is_not_gone_at_midnight() -> None:
    wall = full_until_its_counter_died()
    assert wall.status("crowd_ratio", "2025-10-31 23:59") is Status.YELLOW
    assert wall.silent("crowd_ratio", "2025-11-01 00:21") == {"den_hung": pytest.approx(0.85)}
    assert wall.status("crowd_ratio", "2025-11-01 00:21") is Status.GREY
    wall.send("site.heard", "2025-11-01 00:55", site="den_hung")
    wall.read()
    assert wall.status("crowd_ratio", "2025-11-01 00:56") is Status.GREEN


def test_a_quiet_site_that_is_heard_is_known_to_be_quiet() -> None:
    wall = full_until_its_counter_died(entered=100)
    assert wall.value("crowd_ratio", "2025-11-01 00:51", window="today", site="tam_dao") == 0
    assert wall.status("crowd_ratio", "2025-11-01 00:51") is Status.GREEN


def test_silent_short_of_its_clear_level_it_counts_as_over_the_limit() -> None:
    """0.8 is the limit, cleared below 0.795."""
    assert full_until_its_counter_died(797).silent("crowd_ratio", "2025-11-01 01:00") != {}
    assert full_until_its_counter_died(794).silent("crowd_ratio", "2025-11-01 01:00") == {}


def hospital_silent_since_monday(patients: int = 10) -> Wall:
    """Three hospitals report 100 beds every morning, of which the lung hospital does so for the last time on Monday."""
    wall = Wall("health")
    for name, count in (("lung", patients), ("phuc_yen", 80), ("mai_chau", 80)):
        for number in range(count):
            wall.send("patient.admitted", "2025-10-27 05:00", stay=f"{name}{number}", facility=name)
        for day in (27, 28) if name != "lung" else (27,):
            wall.send("beds.reported", f"2025-10-{day} 06:00", facility=name, beds=100)
    wall.send("hospitals.heartbeat_sent", "2025-10-27 07:50")
    wall.send("hospitals.heartbeat_sent", "2025-10-28 08:20")
    wall.read()
    return wall


def test_a_hospital_that_was_well_and_falls_silent_keeps_the_occupancy_from_green() -> None:
    wall = hospital_silent_since_monday()
    assert wall.status("bed_occupancy_ratio", "2025-10-27 08:00") is Status.GREEN
    assert wall.status("bed_occupancy_ratio", "2025-10-28 08:21") is Status.GREY
    assert wall.silent("bed_occupancy_ratio", "2025-10-28 08:21") == {"lung": pytest.approx(0.1)}
    assert wall.value("bed_occupancy_ratio", "2025-10-28 08:21", window="total", facility="lung") is None
    assert wall.status("bed_occupancy_ratio", "2025-10-28 08:21", facility="phuc_yen") is Status.GREEN
    assert wall.status("facilities_reporting_ratio", "2025-10-28 08:21") is Status.RED


def test_what_the_others_tell_is_red_with_or_without_it() -> None:
    assert hospital_silent_since_monday(300).status("bed_occupancy_ratio", "2025-10-28 08:21") is Status.RED


def test_a_hospital_that_was_withdrawn_hides_nothing() -> None:
    wall = hospital_silent_since_monday()
    wall.send("facility.withdrawn", "2025-10-28 08:00", facility="lung")
    wall.read()
    assert wall.status("bed_occupancy_ratio", "2025-10-28 08:21") is Status.GREEN
    assert wall.status("facilities_reporting_ratio", "2025-10-28 08:21") is Status.GREEN
    assert wall.value("facilities_out_of_service", "2025-10-28 08:21", window="total") == 1


def school(wall: Wall, at: str, name: str, present: int, enrolled: int = 100) -> None:
    report = {"unit": "7900", "grade_level": "primary", "enrolled": enrolled, "present": present}
    wall.send("school_day.reported", at, school=name, **report)


def test_a_school_with_many_absent_that_reports_no_more_is_not_well() -> None:
    """Friday the 31st, then Monday; reports are due by 09:30 on school days."""
    wall = Wall("education")
    school(wall, "2025-10-31 07:30", "sick", 70)
    school(wall, "2025-10-31 07:40", "small and sick", 7, enrolled=10)
    for at in ("2025-10-31 07:45", "2025-11-03 07:35", "2025-11-03 09:50"):
        school(wall, at, "well", 98)
    wall.read()
    assert wall.status("absence_ratio", "2025-10-31 10:00") is Status.RED
    assert wall.silent("absence_ratio", "2025-11-03 10:00") == {"sick": pytest.approx(0.3)}
    assert wall.status("absence_ratio", "2025-11-03 10:00") is Status.GREY
    assert wall.status("absence_ratio", "2025-11-03 10:00", school="well") is Status.GREEN


# Shares


def systems(wall: Wall, at: str, *names: str) -> None:
    for name in names:
        wall.send("system.reported", at, system=name, up=1)


def dead_for_8_days() -> Wall:
    wall = Wall("cybersecurity")
    systems(wall, "2025-10-31 12:00", "dead", "alive")
    systems(wall, "2025-11-08 12:00", "alive")
    wall.read()
    return wall


def test_a_system_dead_for_8_days_is_still_missed() -> None:
    wall = dead_for_8_days()
    assert wall.value("systems_up_ratio", "2025-11-08 12:01", window="total") == 0.5
    assert wall.value("systems_up_ratio", "2025-11-08 12:01", window="total", system="dead") == 0
    assert wall.status("systems_up_ratio", "2025-11-08 12:01") is Status.RED


def test_a_system_that_was_withdrawn_is_not() -> None:
    wall = dead_for_8_days()
    wall.send("backup.completed", "2025-10-30 01:00", system="dead", succeeded=True)
    wall.send("system.withdrawn", "2025-11-08 12:00", system="dead")
    wall.read()
    assert wall.value("systems_up_ratio", "2025-11-08 12:01", window="total") == 1
    assert wall.value("systems_up_ratio", "2025-11-08 12:01", window="total", system="dead") is None
    assert wall.value("backup_age", "2025-11-08 12:01", window="total") is None


def test_300_cameras_dead_for_8_days_keep_the_share_red_until_they_are_withdrawn() -> None:
    wall = Wall("cameras_traffic")
    for number in range(400):
        wall.send("camera.heard", "2025-10-31 12:00", camera=f"c{number}", unit="7900")
    for number in range(300, 400):
        wall.send("camera.heard", "2025-11-08 12:00", camera=f"c{number}", unit="7900")
    wall.read()
    assert wall.status("cameras_online_ratio", "2025-11-08 12:01") is Status.RED
    assert wall.status("cameras_online_ratio", "2025-11-08 12:01", unit="7900") is Status.RED
    for number in range(300):
        wall.send("camera.withdrawn", "2025-11-08 12:00", camera=f"c{number}")
    wall.read()
    assert wall.status("cameras_online_ratio", "2025-11-08 12:01") is Status.GREEN
    assert wall.value("cameras_out_of_service", "2025-11-08 12:01", window="total", unit="7900") == 300
