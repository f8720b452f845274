"""Kinds of KPI that know how old a value may be, and by what hour a report was due; read through the real engine."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from ioc.catalogue.calendar import WorkingCalendar
from ioc.engine.shard import Shard
from ioc.events.records import Batch
from ioc.figures.merged import MergedFigures
from ioc.figures.view import SubsystemView
from ioc.kpis.view import KpiValue
from tests.packaged import packaged_catalogue, packaged_plan

LOCAL = timezone(timedelta(hours=7))
CATALOGUE = packaged_catalogue()
PLAN = packaged_plan()
CALENDAR = WorkingCalendar.of(CATALOGUE.province.calendar)

Happened = tuple[str, str, dict[str, object]]
"""Local time, event name, data."""


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def read(subsystem: str, happened: Iterable[Happened], now: str) -> SubsystemView:
    """What the KPIs of a subsystem read at a local time after events came in."""
    spec = CATALOGUE.subsystems[subsystem]
    keys, values, times = [], [], []
    for number, (time, event, data) in enumerate(happened):
        field = spec.events[event].key or next(e.id for e in spec.entities.values() if event in e.events)
        key = str(data[field])
        envelope = {"specversion": "1.0", "id": str(number), "source": "test", "type": spec.event_type(event)}
        envelope |= {"time": moment(time).isoformat(), "partitionkey": key}
        keys.append(key.encode())
        values.append(json.dumps({**envelope, "data": data}).encode())
        times.append(int(moment(time).timestamp() * 1000))
    shard = Shard(PLAN, 0, 1)
    shard.apply(Batch(subsystem, 0, range(len(keys)), times, keys, values, [()] * len(keys)))
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    assert checkpoint.dead_letters == []
    merged = MergedFigures(PLAN)
    for record in checkpoint.figures:
        merged.put(0, record.key, record.value)
    return SubsystemView(merged, subsystem, int(moment(now).timestamp()), CALENDAR)


def lodging(time: str, name: str) -> Happened:
    return time, "lodging.reported", {"lodging": name, "unit": "7900", "rooms": 20, "rooms_occupied": 11}


INVENTORY: Happened = ("2025-10-01 08:00", "lodging_inventory.reported", {"unit": "7900", "lodgings": 4})
EVENING = [
    INVENTORY,
    lodging("2025-10-30 22:59", "a"),
    lodging("2025-10-30 23:01", "b"),
    lodging("2025-10-31 21:00", "a"),
    lodging("2025-10-31 22:30", "c"),
    lodging("2025-10-31 22:45", "c"),
    lodging("2025-10-31 23:10", "d"),
]


def reported(now: str) -> KpiValue:
    return read("tourism", EVENING, now).kpi("lodgings_reporting_ratio", (), "24h")[()]


def test_a_report_after_the_deadline_counts_for_the_next_one() -> None:
    assert reported("2025-10-31 22:50")[:3] == (0.25, 1, 4)  # a, for the 30th
    assert reported("2025-10-31 23:30")[:3] == (0.75, 3, 4)  # a, b and c; d was late


def test_between_two_deadlines_the_share_that_reported_stands() -> None:
    assert reported("2025-11-01 12:00") == reported("2025-10-31 23:30")


def test_a_breakdown_by_unit_has_its_own_inventory() -> None:
    values = read("tourism", EVENING, "2025-10-31 23:30").kpi("lodgings_reporting_ratio", ("unit",), "24h")
    assert {labels: value[:3] for labels, value in values.items()} == {("7900",): (0.75, 3, 4)}


def test_a_system_that_fell_silent_is_not_up() -> None:
    happened: list[Happened] = [
        ("2025-10-31 10:00", "system.reported", {"system": "mail", "up": 1}),
        ("2025-10-31 12:00", "system.reported", {"system": "portal", "up": 1}),
        ("2025-10-31 12:00", "system.reported", {"system": "lgsp", "up": 0}),
    ]
    view = read("cybersecurity", happened, "2025-10-31 12:05")
    assert view.kpi("systems_up_ratio", (), "total")[()][:3] == (1 / 3, 1, 3)
    by_system = view.kpi("systems_up_ratio", ("system",), "total")
    assert {name: value.value for (name,), value in by_system.items()} == {"mail": 0, "portal": 1, "lgsp": 0}


def water(time: str, station: str, level: float, unit: str) -> Happened:
    return time, "water_level.measured", {"station": station, "water_level": level, "water_level_unit": unit}


def test_a_river_whose_gauge_fell_silent_has_no_alarm_level() -> None:
    happened = [
        water("2025-10-31 05:00", "boi_hung_thi", 8, "m"),
        water("2025-10-31 11:00", "bua_thanh_son", 2310, "cm"),
    ]
    values = read("environment", happened, "2025-10-31 12:00").kpi("river_alarm_level", ("station",), "total")
    assert {name: value.value for (name,), value in values.items()} == {"bua_thanh_son": 1}


def test_visitors_who_stayed_past_midnight_make_no_negative_crowd() -> None:
    happened: list[Happened] = [
        ("2025-10-01 08:00", "site_capacity.reported", {"site": "den_hung", "capacity": 1000}),
        ("2025-10-30 23:00", "visitors.entered", {"site": "den_hung", "visitors": 300}),
        ("2025-10-31 01:00", "visitors.left", {"site": "den_hung", "visitors": 300}),
        ("2025-10-31 05:30", "site.heard", {"site": "den_hung"}),
    ]
    crowd = read("tourism", happened, "2025-10-31 06:00").kpi("crowd_ratio", ("site",), "today")
    assert crowd[("den_hung",)].value == 0


def dossier(name: str, due: str) -> Happened:
    """One that is accepted on Monday, 20 October 2025."""
    said: dict[str, object] = {"dossier": name, "procedure": "1.000001", "field": "land", "level": "commune"}
    said |= {"deciding_unit": "7900", "receiving_unit": "7900", "receiving_level": "commune", "channel": "online"}
    said |= {"components_digitised": True, "project06": False, "fee_bearing": False}
    return "2025-10-20 08:00", "dossier.accepted", said | {"due_at": moment(due).isoformat()}


def test_what_falls_due_in_three_working_days_is_told_over_a_weekend_and_what_is_overdue_by_when_it_fell_due() -> None:
    # Friday, 24 October, 10:00: the third working day after it is Wednesday, 29 October.
    dossiers = [
        dossier("monday", "2025-10-27 17:00"),
        dossier("wednesday", "2025-10-29 16:00"),
        dossier("thursday", "2025-10-30 08:00"),
        dossier("handled", "2025-10-27 17:00"),
        dossier("suspended", "2025-10-27 17:00"),
        dossier("overdue", "2025-10-24 09:00"),
        dossier("long_overdue", "2025-09-20 17:00"),
    ]
    done: list[Happened] = [
        ("2025-10-22 08:00", "dossier.handled", {"dossier": "handled", "e_result": False}),
        ("2025-10-22 08:00", "dossier.suspended", {"dossier": "suspended", "reason": "stopped"}),
    ]
    kpis = CATALOGUE.subsystems["public_services"].kpis
    friday = read("public_services", [*dossiers, *done], "2025-10-24 10:00")
    assert friday.kpi("due_within_three_workdays", (), "total")[()].value == 2
    assert kpis["due_within_three_workdays"].ahead is not None
    overdue = {window: friday.kpi("fell_overdue", (), window)[()].value for window in ("7d", "30d", "total")}
    assert overdue == {"7d": 1, "30d": 1, "total": 2}
