"""What is read while a partition is behind: windows go on with the clock, states stand at what was reached."""

from ioc.figures.knowledge import Backlog
from ioc.kpis.status import Status
from tests.ioc.figures.wall import Wall

GAUGES = ("rain_da_bac", "rain_mai_chau", "rain_kim_boi", "rain_tan_son", "rain_doan_hung", "rain_tam_dao")
HOUR = 3_600


def rain(wall: Wall, gauge: str, at: str, amount: float) -> None:
    wall.send("rain.measured", at, station=gauge, rain=amount)


def gauges_of(wall: Wall, partition: int) -> list[str]:
    return [gauge for gauge in GAUGES if wall.topics.partition_of(gauge.encode()) == partition]


def minutes(hour: int) -> list[str]:
    return [f"2025-10-31 {hour}:{minute:02}" for minute in range(0, 60, 10)]


def behind_with_180_mm() -> Wall:
    """Partition 1 holds six records since 10:00 that nobody has read; into partition 0 it rains from 11:00 to 14:00."""
    wall = Wall("environment")
    for gauge in GAUGES:
        rain(wall, gauge, "2025-10-31 09:55", 0)
    wall.read()
    for at in minutes(10):
        rain(wall, gauges_of(wall, 1)[0], at, 0)
    for hour in (11, 12, 13):
        for at in minutes(hour):
            rain(wall, gauges_of(wall, 0)[0], at, 10)
    wall.read(1)
    return wall


SIX_UNREAD = Backlog({("environment", 1): 6}, {("environment", 1): 4.0 * HOUR})


def test_180_mm_behind_six_unread_records_is_red() -> None:
    assert behind_with_180_mm().status("rain", "2025-10-31 14:02", SIX_UNREAD) is Status.RED


def test_no_station_is_dead_because_its_records_were_not_read() -> None:
    wall = behind_with_180_mm()
    exported = wall.exported("2025-10-31 14:02", SIX_UNREAD)
    assert exported["ioc_environment_stations_reporting_ratio"].samples[0][1] == 1


def test_what_is_all_green_as_far_as_it_was_read_is_grey() -> None:
    wall = Wall("environment")
    for gauge in GAUGES:
        rain(wall, gauge, "2025-10-31 13:55", 0)
    wall.read()
    assert wall.status("rain", "2025-10-31 14:02") is Status.GREEN
    assert wall.status("rain", "2025-10-31 14:02", SIX_UNREAD) is Status.GREY
