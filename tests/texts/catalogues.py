"""Catalogues in which a text stands wherever people may write one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ioc.catalogue import Catalogue, load

PLACES = {
    "name.vi",
    "source",
    "feeds.all.name.vi",
    "fields.kind.name.en",
    "fields.kind.values.code.vi",
    "fields.kind.measured_in",
    "fields.site.known.site-1.en",
    "events.thing.happened.name.vi",
    "entities.thing.name.en",
    "kpis.things.name.vi",
    "kpis.things.description.en",
    "kpis.things.limits.reason",
    "kpis.things.source",
}
"""Some of the places, as faults name them."""


def catalogue_of(folder: Path, texts: Sequence[str]) -> Catalogue:
    """A subsystem ``s<number>`` and a unit ``u<number>`` for each text, all names of which are that text."""
    return load(_written(folder, [_subsystem(number, text) for number, text in enumerate(texts)], texts))


def catalogue_named(folder: Path, *slugs: str) -> Catalogue:
    """A subsystem of each slug."""
    subsystems = [_subsystem(number, slug) | {"subsystem": slug} for number, slug in enumerate(slugs)]
    return load(_written(folder, subsystems, slugs))


def _written(folder: Path, subsystems: Sequence[dict[str, Any]], units: Sequence[str]) -> Path:
    (folder / "subsystems").mkdir(parents=True, exist_ok=True)
    for each in subsystems:
        (folder / "subsystems" / f"{each['subsystem']}.yaml").write_text(_yaml(each), encoding="utf-8")
    kinds = {"kind": "commune", "level": "commune"}
    province = {
        "code": "p",
        "name": _both(units[-1]),
        "calendar": {"version": "1", "working_hours": [["07:30", "11:30"]]},
        "units": [{"code": f"u{number}", "name": name, **kinds} for number, name in enumerate(units)],
    }
    (folder / "province.yaml").write_text(_yaml(province), encoding="utf-8")
    return folder


def _subsystem(number: int, text: str) -> dict[str, Any]:
    name = _both(text)
    happened = {"kind": "count", "of": ["thing.happened"], "unit": "things", "windows": ["total"]}
    described = {"name": name, "description": name, "source": text}
    limits = {"direction": "above", "warning": 1, "critical": 2, "reason": text, "minimum_sample": 0}
    return {
        "subsystem": f"s{number}",
        "name": name,
        "order": number + 1,
        "source": text,
        "headline": "things",
        "feeds": {
            "all": {
                "name": name,
                "expected_interval": "1h",
                "hours": "always",
                "allowed_lateness": "1h",
                "duplicate_horizon": "1h",
            }
        },
        "fields": {
            "thing": {"type": "id", "name": name},
            "site": {"type": "id", "name": name, "known": {"site-1": name}},
            "kind": {"type": "code", "name": name, "measured_in": text, "values": {"code": name}},
            "unit": {"type": "unit", "name": name},
        },
        "events": {
            "thing.happened": {"name": name, "required": ["thing", "site", "kind", "unit"]},
            "thing.ended": {"name": name, "required": ["thing"]},
        },
        "entities": {
            "thing": {"name": name, "id": "thing", "opened_by": "thing.happened", "closed_by": ["thing.ended"]}
        },
        "kpis": {
            "things": happened | described | {"by": ["site", "kind", "unit"], "limits": limits},
            "open_things": {"kind": "open", "entity": "thing", "unit": "things", "windows": ["total"]}
            | described
            | {"by": ["unit"]},
        },
    }


def _both(text: str) -> dict[str, str]:
    return {"vi": text, "en": text}


def _yaml(value: Any) -> str:
    """Data as YAML in one line, every odd character of a text as an escape: some may not stand in a file."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_yaml(key)}: {_yaml(part)}" for key, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_yaml, value)) + "]"
        case str():
            return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'
        case _:
            return str(value)
