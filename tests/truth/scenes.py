"""For every KPI with limits what is sent while all is well, and what is sent beside it when it is as bad as it gets.

Each scene names, as a person would say, which systems tell what the KPI is made of; nothing here reads the engine's
own answer to that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from ioc.catalogue.model import FieldSpec, Subsystem
from tests.oracle.topics import moment, time_text

NOW = moment("2025-10-30 10:10")
"""A school day, in working hours, after schools should have reported."""
HOUR, DAY = 3600, 86_400


class Sent(NamedTuple):
    """An event as it was sent, so many seconds before `NOW`."""

    event: str
    before: int
    data: Mapping[str, Any]


class Silence(StrEnum):
    """What it means for the whole that a thing of it says nothing any more."""

    HIDES_THE_WORST = "the whole is the worst of all things: one that was not well hides it"
    HIDES_A_PART = "the whole is made of all things: each hides its part"
    COUNTS = "who says nothing stays what it was, or is missed: nothing is hidden"


@dataclass(frozen=True)
class Scene:
    """One KPI's day."""

    told_by: tuple[str, ...]
    """The feeds whose silence leaves somebody in the dark about it."""
    well: list[Sent]
    """With this alone it is green."""
    worse: list[Sent]
    """With this beside it is red."""
    thing: str | None = None
    """The field that tells apart the things or cases that it is made of, of which one falls silent."""
    silence: Silence = Silence.HIDES_THE_WORST
    signs: tuple[str, ...] = ()
    """The events that the others go on to send."""
    every: int = 600
    """So many seconds apart."""
    silent_for: int = 6 * HOUR + 600
    """Seconds after which no window that its last value was in holds it."""
    alone: str = ""
    """Where nothing that it is made of can fall silent alone: why."""
    latest: str | None = None
    """The field whose newest value makes the KPI: of one instant a second value corrects the first."""


def sent(event: str, before: int, **data: Any) -> Sent:
    return Sent(event, before, data)


def filled(subsystem: Subsystem, event: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """An event's data: what is given, and of what else it must hold the least or the first that is allowed."""
    required = {name: _plain(subsystem.fields[name], name) for name in subsystem.events[event].required}
    return {**required, **given}


def _plain(field: FieldSpec, name: str) -> Any:
    match field.type:
        case "integer":
            return int(field.min or 0)
        case "number":
            return float(max(0, field.min or 0))
        case "boolean":
            return False
        case "time":
            return time_text(NOW)
        case "unit":
            return "7900"
        case _:
            return next(iter(field.values)) if field.values else f"some_{name}"


def _due(before: int) -> str:
    return time_text(NOW - before * 1000)


def _each(event: str, entity: str, name: str, count: int, before: int, **data: Any) -> list[Sent]:
    return [sent(event, before + n, **{entity: f"{name}{n}"}, **data) for n in range(count)]


ACCEPTED = {"project06": False, "fee_bearing": True, "channel": "online"}
LATER = time_text(NOW + 5 * DAY * 1000)

PLAN = {"year": 2025, "plan": 100.0} | {
    f"share_by_{month}": share
    for month, share in (("march", 0.2), ("june", 0.4), ("september", 0.6), ("december", 1.0))
}


def _targets(indicator: str) -> Scene:
    reached = {"indicator": indicator, "year": 2025}
    return Scene(
        ("planning",),
        [
            sent("target.set", 200 * DAY, indicator=indicator, **PLAN),
            sent("target.reported", 2 * HOUR, reached=90.0, **reached),
        ],
        [sent("target.reported", HOUR, reached=20.0, **reached)],
        thing="indicator",
        silence=Silence.COUNTS,
        silent_for=30 * DAY,
        latest="reached",
    )


def _air(station: str, value: float) -> list[Sent]:
    measured = {"station": station, "parameter": "pm25", "value": value, "unit": "ug_m3"}
    return [sent("air.measured", 40 * 60 + hour * HOUR, **measured) for hour in range(12)]


def _mentions(name: str, count: int, before: int, **data: Any) -> list[Sent]:
    return [sent("mention.collected", before + n, mention=f"{name}{before}_{n}", **data) for n in range(count)]


def _cases(thing: str, told_by: tuple[str, ...], well: list[Sent], worse: list[Sent]) -> Scene:
    """A scene of cases, told apart by a field: one of which nothing more is heard stays as it was."""
    return Scene(told_by, well, worse, thing=thing, silence=Silence.COUNTS)


SCENES: Mapping[tuple[str, str], Scene] = {
    ("socioeconomic", "disbursement_behind"): _targets("public_investment"),
    ("socioeconomic", "revenue_behind"): _targets("budget_revenue"),
    ("public_services", "overdue_share"): _cases(
        "dossier",
        ("one_stop",),
        _each("dossier.accepted", "dossier", "w", 40, 900, **ACCEPTED, due_at=LATER),
        _each("dossier.accepted", "dossier", "l", 40, 20 * DAY, **ACCEPTED, due_at=_due(2 * DAY)),
    ),
    ("public_services", "online_payment_ratio"): _cases(
        "dossier",
        ("one_stop", "payments"),
        _each("dossier.accepted", "dossier", "w", 40, 3 * HOUR, **ACCEPTED)
        + _each("dossier.paid", "dossier", "w", 40, 2 * HOUR, payment_channel="online"),
        _each("dossier.accepted", "dossier", "l", 80, 900, **ACCEPTED),
    ),
    ("e_documents", "tasks_overdue_share"): _cases(
        "task",
        ("tasks",),
        _each("task.assigned", "task", "w", 40, 900, due_at=LATER),
        _each("task.assigned", "task", "l", 40, 20 * DAY, due_at=_due(2 * DAY)),
    ),
    ("statistics", "reports_on_time_ratio"): _cases(
        "report",
        ("reporting",),
        _each("report.scheduled", "report", "w", 20, 20 * DAY, due_at=_due(2 * DAY))
        + _each("report.received", "report", "w", 20, 4 * DAY),
        _each("report.scheduled", "report", "l", 20, 20 * DAY, due_at=_due(2 * DAY)),
    ),
    ("health", "bed_occupancy_ratio"): Scene(
        ("hospitals",),
        [
            each
            for name in ("lung", "phuc_yen", "mai_chau")
            for each in (
                sent("beds.reported", 2 * HOUR, facility=name, beds=40),
                *_each("patient.admitted", "stay", f"{name}_", 10, 900, facility=name),
            )
        ],
        _each("patient.admitted", "stay", "l", 190, 600, facility="lung"),
        thing="facility",
        silence=Silence.HIDES_A_PART,
        signs=("beds.reported",),
        every=6 * HOUR,
        silent_for=27 * HOUR,
    ),
    ("health", "facilities_reporting_ratio"): Scene(
        ("hospitals",),
        [sent("beds.reported", 2 * HOUR, facility=name, beds=40) for name in ("thanh_son", "phuc_yen", "mai_chau")],
        [sent("beds.reported", 30 * HOUR, facility="lung", beds=40)],
        thing="facility",
        silence=Silence.COUNTS,
        signs=("beds.reported",),
        every=6 * HOUR,
        silent_for=27 * HOUR,
    ),
    ("health", "notifiable_late"): _cases(
        "case",
        ("hospitals", "disease_control"),
        _each("case.diagnosed", "case", "w", 1, 3 * DAY, list="within_24h")
        + _each("case.reported", "case", "w", 1, 70 * HOUR),
        _each("case.diagnosed", "case", "l", 3, 3 * DAY, list="within_24h"),
    ),
    ("health", "ambulance_p90"): Scene(
        ("ambulance_centre",),
        _each("ambulance.called", "call", "w", 30, 3 * HOUR)
        + _each("ambulance.arrived", "call", "w", 30, 3 * HOUR - 600),
        _each("ambulance.called", "call", "l", 60, 3 * HOUR)
        + _each("ambulance.arrived", "call", "l", 60, 3 * HOUR - 2500),
        alone="it is of calls that were reached: one that never is stands in ambulance_longest_wait",
    ),
    ("health", "ambulance_longest_wait"): _cases(
        "call",
        ("ambulance_centre",),
        _each("ambulance.called", "call", "w", 1, 1200) + _each("ambulance.arrived", "call", "w", 1, 600),
        _each("ambulance.called", "call", "l", 2, HOUR),
    ),
    ("education", "schools_reporting_ratio"): Scene(
        ("school_database",),
        [
            sent("school_inventory.reported", DAY, unit="7900", schools=10),
            *_each("school_day.reported", "school", "w", 10, 2 * HOUR, enrolled=100, present=98),
        ],
        [sent("school_inventory.reported", 600, unit="7900", schools=40)],
        latest="schools",
        thing="school",
        silence=Silence.COUNTS,
        signs=("school_day.reported",),
        every=DAY,
        silent_for=DAY,
    ),
    ("education", "absence_ratio"): Scene(
        ("school_database",),
        _each("school_day.reported", "school", "w", 2, 2 * HOUR, enrolled=100, present=98),
        [sent("school_day.reported", 2 * HOUR, school="ill", enrolled=100, present=40)],
        thing="school",
        signs=("school_day.reported",),
        every=DAY,
        silent_for=DAY,
    ),
    ("education", "outbreaks_open"): _cases(
        "incident",
        ("hotline",),
        _each("incident.opened", "incident", "w", 1, DAY, incident_kind="disease")
        + _each("incident.closed", "incident", "w", 1, HOUR),
        _each("incident.opened", "incident", "l", 2, 900, incident_kind="food_poisoning"),
    ),
    ("social_listening", "negative_ratio"): Scene(
        ("listening_tool",),
        _mentions("w", 30, 900, topic="land", sentiment="positive"),
        _mentions("l", 60, 800, topic="land", sentiment="negative"),
        alone="one tool collects of all channels, and a mention is said once",
    ),
    ("social_listening", "topic_surge"): Scene(
        ("listening_tool",),
        [each for day in range(1, 29) for each in _mentions("h", 10, day * DAY + 900, topic="land")]
        + _mentions("w", 20, 900, topic="land"),
        _mentions("l", 60, 800, topic="land"),
        alone="one tool collects of all channels, and a mention is said once",
    ),
    ("social_listening", "answers_overdue"): _cases(
        "mention",
        ("listening_tool",),
        _each("mention.assigned", "mention", "w", 2, 3 * DAY, due_at=_due(DAY))
        + _each("mention.answered", "mention", "w", 2, 2 * DAY),
        _each("mention.assigned", "mention", "l", 6, 3 * DAY, due_at=_due(DAY)),
    ),
    ("environment", "air_quality_index"): Scene(
        ("air_stations",),
        [*_air("air_viet_tri", 10.0), *_air("air_vinh_yen", 10.0)],
        _air("air_lam_thao", 200.0),
        thing="station",
        signs=("air.measured",),
        every=HOUR,
        silent_for=4 * HOUR + 600,
    ),
    ("environment", "stations_reporting_ratio"): Scene(
        ("air_stations", "river_gauges", "rain_gauges"),
        _each("rain.measured", "station", "w", 20, 300),
        _each("rain.measured", "station", "l", 20, 3 * HOUR),
        thing="station",
        silence=Silence.COUNTS,
        signs=("rain.measured",),
        every=HOUR,
    ),
    ("environment", "river_alarm_level"): Scene(
        ("river_gauges",),
        [
            sent("water_level.measured", 1500, station=name, water_level=5.0, water_level_unit="m")
            for name in ("thao_phu_tho", "lo_vu_quang", "bua_thanh_son")
        ],
        [sent("water_level.measured", 1200, station="thao_phu_tho", water_level=19.5, water_level_unit="m")],
        latest="water_level",
        thing="station",
        signs=("water_level.measured",),
    ),
    ("environment", "rain"): Scene(
        ("rain_gauges",),
        [sent("rain.measured", 1200 + n, station=f"w{n}", rain=1.0) for n in range(4)],
        [sent("rain.measured", 900 + n * 600, station="rain_da_bac", rain=36.0) for n in range(5)],
        thing="station",
        signs=("rain.measured",),
    ),
    ("cameras_traffic", "cameras_online_ratio"): Scene(
        ("camera_platform",),
        _each("camera.heard", "camera", "w", 20, 60, unit="7900"),
        _each("camera.heard", "camera", "l", 20, HOUR, unit="7900"),
        thing="camera",
        silence=Silence.COUNTS,
        signs=("camera.heard",),
        every=300,
    ),
    ("cameras_traffic", "long_congestions"): _cases(
        "incident",
        ("traffic_police",),
        _each("incident.opened", "incident", "w", 2, 2 * HOUR, incident_kind="congestion")
        + _each("incident.cleared", "incident", "w", 2, HOUR),
        _each("incident.opened", "incident", "l", 4, 2 * HOUR, incident_kind="congestion"),
    ),
    ("citizen_feedback", "overdue_share"): _cases(
        "service_request_id",
        ("portal",),
        _each("request.received", "service_request_id", "w", 40, 900, expected_datetime=LATER),
        _each("request.received", "service_request_id", "l", 40, 20 * DAY, expected_datetime=_due(2 * DAY)),
    ),
    ("citizen_feedback", "unassigned"): _cases(
        "service_request_id",
        ("portal",),
        _each("request.received", "service_request_id", "w", 2, DAY)
        + _each("request.assigned", "service_request_id", "w", 2, 23 * HOUR),
        _each("request.received", "service_request_id", "l", 6, DAY),
    ),
    ("citizen_feedback", "on_time_ratio"): _cases(
        "service_request_id",
        ("portal",),
        _each(
            "request.received",
            "service_request_id",
            "w",
            40,
            9 * DAY,
            within_authority=True,
            expected_datetime=_due(DAY),
        )
        + _each("request.resolved", "service_request_id", "w", 40, 2 * DAY),
        _each(
            "request.received",
            "service_request_id",
            "l",
            40,
            9 * DAY,
            within_authority=True,
            expected_datetime=_due(DAY),
        ),
    ),
    ("cybersecurity", "systems_up_ratio"): Scene(
        ("system_monitoring",),
        [sent("system.reported", 200 + n, system=f"w{n}", up=1) for n in range(3)],
        [sent("system.reported", 120, system="w0", up=0)],
        latest="up",
        thing="system",
        silence=Silence.COUNTS,
        signs=("system.reported",),
    ),
    ("cybersecurity", "oldest_untaken_alert"): _cases(
        "alert",
        ("siem",),
        _each("alert.opened", "alert", "w", 1, 2 * HOUR, level="high")
        + _each("alert.acknowledged", "alert", "w", 1, HOUR),
        _each("alert.opened", "alert", "l", 2, HOUR, level="high"),
    ),
    ("cybersecurity", "backup_age"): Scene(
        ("backup",),
        [sent("backup.completed", 4 * HOUR, system="w", succeeded=True)],
        [sent("backup.completed", 60 * HOUR, system="l", succeeded=True)],
        thing="system",
        silence=Silence.COUNTS,
        signs=("backup.completed",),
    ),
    ("tourism", "crowd_ratio"): Scene(
        ("gate_counters",),
        [sent("site_capacity.reported", DAY, site=site, capacity=1000) for site in ("den_hung", "tam_dao", "mai_chau")]
        + [sent("visitors.entered", 1200, site=site, visitors=100) for site in ("den_hung", "tam_dao", "mai_chau")]
        + [sent("site.heard", 300, site=site) for site in ("den_hung", "tam_dao", "mai_chau")],
        [sent("visitors.entered", 900, site="den_hung", visitors=1200)],
        thing="site",
        signs=("site.heard",),
    ),
    ("tourism", "lodgings_reporting_ratio"): Scene(
        ("lodging_registration",),
        [sent("lodging_inventory.reported", 5 * DAY, unit="7900", lodgings=10)]
        + [
            each
            for day in range(3)
            for each in _each("lodging.reported", "lodging", "w", 10, day * DAY + 14 * HOUR, unit="7900")
        ],
        [sent("lodging_inventory.reported", 2 * DAY, unit="7900", lodgings=40)],
        latest="lodgings",
        thing="lodging",
        silence=Silence.COUNTS,
        signs=("lodging.reported",),
        every=12 * HOUR,
        silent_for=DAY,
    ),
}
