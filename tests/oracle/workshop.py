"""A made-up subsystem with every role, kind and accumulator, whose retentions and horizons are short enough to meet."""

from collections.abc import Mapping
from typing import Any

from ioc.catalogue.model import Catalogue, Subsystem
from tests.packaged import packaged_catalogue

TEXT = {"vi": "a", "en": "a"}
UNITS = ("7900", "8716", "4792")

FIELDS: Mapping[str, Mapping[str, Any]] = {
    "case": {"type": "id"},
    "camera": {"type": "id"},
    "station": {"type": "id"},
    "unit": {"type": "unit"},
    "topic": {"type": "code", "values": {"land": TEXT, "water": TEXT}},
    "urgent": {"type": "boolean"},
    "due_at": {"type": "time"},
    "value": {"type": "number"},
    "amount": {"type": "integer", "min": -1000, "max": 10**9},
    "level": {"type": "number"},
    "measured_in": {"type": "code", "values": {"g": TEXT, "kg": TEXT, "lot": TEXT}},
}
OPENING = ["case", "unit", "topic", "urgent"]
EVENTS: Mapping[str, Mapping[str, Any]] = {
    "case.opened": {"required": OPENING, "optional": ["due_at"]},
    "case.closed": {"required": ["case", "urgent"]},
    "case.withdrawn": {"required": ["case"]},
    "case.suspended": {"required": ["case"]},
    "case.resumed": {"required": ["case"], "optional": ["due_at"]},
    "case.extended": {"required": ["case", "due_at"]},
    "case.transferred": {"required": ["case", "unit"]},
    "case.reopened": {"required": ["case"], "optional": ["due_at"]},
    "case.corrected": {"required": ["case"], "optional": ["unit", "topic", "urgent", "due_at"]},
    "case.voided": {"required": ["case"]},
    "case.assigned": {"required": ["case"], "optional": ["unit"]},
    "camera.heard": {"required": ["camera", "unit"]},
    "camera.withdrawn": {"key": "camera", "required": ["camera"]},
    "scale.withdrawn": {"key": "station", "required": ["station"]},
    "mass.measured": {
        "key": "station",
        "required": ["station", "value", "measured_in"],
        "optional": ["amount", "level", "unit"],
    },
    "day.reported": {"key": "station", "required": ["station", "unit", "amount"]},
}
CASE = {
    "name": TEXT,
    "id": "case",
    "opened_by": "case.opened",
    "closed_by": ["case.closed", "case.withdrawn"],
    **{f"{role}_by": [f"case.{role}"] for role in ("suspended", "resumed", "extended", "transferred", "reopened")},
    **{f"{role}_by": [f"case.{role}"] for role in ("corrected", "voided")},
    "milestones": ["case.assigned"],
    "deadlines": {"main": {"field": "due_at", "after": "1wd"}, "first": {"after": "30m", "until": "case.assigned"}},
    "retention": "20000d",
}
CAMERA = {
    "name": TEXT,
    "id": "camera",
    "heard_by": ["camera.heard"],
    "withdrawn_by": ["camera.withdrawn"],
    "forgotten_after": "2d",
}
SCALE = {"name": TEXT, "id": "station", "heard_by": ["mass.measured"], "withdrawn_by": ["scale.withdrawn"]}
GROUPS = ["unit", "topic", ["unit", "topic"]]
PAST = ["5m", "1h", "3h", "24h", "today", "7d", "30d", "month", "total"]
NOW = ["total"]
FACTORS = {"by": "measured_in", "of": {"g": 0.001, "kg": 1, "lot": 0.0155}}


def kpi(kind: str, windows: list[str], **spec: object) -> dict[str, object]:
    """A KPI's declaration, its texts filled in."""
    return {"kind": kind, "name": TEXT, "description": TEXT, "unit": "things", "windows": windows, **spec}


KPIS: Mapping[str, Mapping[str, Any]] = {
    "opened": kpi("count", PAST, of=["case.opened"], by=GROUPS),
    "urgent_opened": kpi("count", PAST, of=["case.opened"], by=["unit"], where={"urgent": True}),
    "closed": kpi("count", PAST, of=["case.closed", "case.withdrawn"], by=GROUPS),
    "urgently_closed": kpi("count", NOW, of=["case.closed"], by=["urgent"], where={"urgent": True}),
    "transfers": kpi("count", PAST, of=["case.transferred"], by=["unit"]),
    "moves": kpi(
        "count",
        NOW,
        of=["case.suspended", "case.resumed", "case.extended", "case.reopened", "case.corrected"],
        by=["unit", "topic"],
    ),
    "assigned": kpi("count", PAST, of=["case.assigned"], by=["unit"]),
    "on_time": kpi("on_time", PAST, of=["case.closed"], by=["unit"]),
    "late": kpi("on_time", NOW, of=["case.closed", "case.withdrawn"], outcomes=["late", "no_deadline"], by=["topic"]),
    "early": kpi("on_time", NOW, of=["case.closed"], outcomes=["early"]),
    "open": kpi("open", NOW, entity="case", by=GROUPS),
    "suspended": kpi("open", NOW, entity="case", phase="suspended", by=GROUPS),
    "unassigned": kpi("open", NOW, entity="case", until="case.assigned"),
    "overdue": kpi("overdue", ["today", "7d", "total"], entity="case", by=GROUPS),
    "unassigned_overdue": kpi("overdue", NOW, entity="case", deadline="first"),
    "due_soon": kpi("overdue", NOW, entity="case", within="1wd", by=["unit"]),
    "oldest": kpi("oldest", NOW, entity="case", until="case.assigned", by=["topic"]),
    "open_long": kpi("open_longer_than", NOW, entity="case", duration="2h", where={"urgent": True}),
    "took": kpi("duration", PAST, to="case.closed", quantile=0.9, by=["unit"]),
    "took_to_assign": kpi("duration", NOW, to="case.assigned", quantile=0.5),
    "units_opening": kpi("distinct", PAST, of=["case.opened"], field="unit", by=["topic"]),
    "stations": kpi("distinct", ["today", "total"], of=["mass.measured", "day.reported"], field="station"),
    "alive": kpi("alive", NOW, presence="camera", timeout="10m", by=["unit"]),
    "out_of_service": kpi("out_of_service", NOW, presence="camera", by=["unit", "camera"]),
    "mass": kpi("sum", PAST, of=["mass.measured"], field="value", factors=FACTORS, by=["station", "measured_in"]),
    "mass_at_each": kpi(
        "sum", PAST, of=["mass.measured"], field="value", factors=FACTORS, at_each="station", silent_after="1h"
    ),
    "mass_of_one": kpi("last", NOW, of="mass.measured", field="value", at_each="station", silent_after="30m"),
    "amount": kpi("sum", PAST, of=["mass.measured", "day.reported"], field="amount", by=["unit"]),
    "mean_mass": kpi("mean", PAST, of="mass.measured", field="value", factors=FACTORS, by=["unit"]),
    "latest_mass": kpi("last", NOW, of="mass.measured", field="value", factors=FACTORS, by=["station"]),
    "latest_level": kpi("last", NOW, of="mass.measured", field="level", per=["station"], combine="sum", by=["unit"]),
    "latest_amount": kpi("last", NOW, of="day.reported", field="amount", per=["station"], combine="max"),
    "age": kpi("age", NOW, of="mass.measured", per=["station"]),
    "backlog": kpi("difference", NOW, of=["opened", "-closed"], by=GROUPS),
    "overdue_share": kpi("ratio", NOW, numerator=["overdue"], denominator=["backlog", "-suspended"], by=GROUPS),
}


def workshop(**changes: Any) -> Subsystem:
    """The subsystem, with some of its parts replaced."""
    named = {
        "fields": {name: {"name": TEXT, **spec} for name, spec in FIELDS.items()},
        "events": {name: {"name": TEXT, **spec} for name, spec in EVENTS.items()},
    }
    parts = {
        "subsystem": "workshop",
        "name": TEXT,
        "order": 1,
        "source": "-",
        "headline": "open",
        "feeds": {
            "machines": {
                "name": {"vi": "Máy", "en": "Machines"},
                "expected_interval": "1h",
                "allowed_lateness": "10m",
                "duplicate_horizon": "40m",
            }
        },
        **named,
        "entities": {"case": CASE},
        "presences": {"camera": CAMERA, "scale": SCALE},
        "kpis": KPIS,
    }
    return Subsystem.model_validate({**parts, **changes}, strict=False)


def catalogue_of(subsystem: Subsystem) -> Catalogue:
    """A catalogue of one subsystem in a province of three units."""
    province = packaged_catalogue().province
    units = [unit for unit in province.units if unit.code in UNITS]
    return Catalogue(province=province.model_copy(update={"units": units}), subsystems={subsystem.subsystem: subsystem})
