"""Readings of devices: the events that all contenders count, and what they must come to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ruamel.yaml import YAML

from ioc.catalogue import load
from ioc.catalogue.loader import PACKAGED
from ioc.scenarios.events import stamp

SLUG = "readings"
CATALOGUE = Path(__file__).parent / "catalogue" / f"{SLUG}.yaml"
START = 1_761_930_000
"""1 November 2025, 00:00 in Viet Nam; s since the epoch."""
SPAN = 4 * 3600
"""The events spread over so many seconds of event time."""
PANE = 300
KINDS = ("camera", "air", "water", "rain", "traffic", "power")
GRADES = ("a", "b", "c", "d")
DEVICES = 2
"""Devices of each kind in each unit."""

_HEAD = (
    b'{"specversion":"1.0","id":"%b-%d","source":"/bench/readings","type":"vn.phutho.readings.reading.taken.v1",'
    b'"time":"%b","partitionkey":"%b","simulated":true,'
    b'"data":{"device":"%b","unit":"%b","kind":"%b","grade":"%b","value":%.2f%b}}'
)


class Keyed(NamedTuple):
    """A record to be published."""

    subsystem: str
    key: bytes
    value: bytes


@dataclass
class Readings:
    """A stream of readings that is the same each time, and its counts by ``unit|kind|start of five minutes``."""

    count: int
    units: Sequence[str]
    note: int = 0
    """Bytes of text in each event beside its ordinary 300."""
    start: int = START
    span: int = SPAN
    truth: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Keyed]:
        self.truth.clear()
        rng = np.random.default_rng(2025)
        devices = len(self.units) * len(KINDS) * DEVICES
        # Some devices are busier than others.
        chosen = (devices * rng.random(self.count) ** 1.5).astype(int).tolist()
        grades = rng.integers(0, len(GRADES), self.count).tolist()
        note = b',"note":"%b"' % (b"x" * self.note) if self.note else b""
        for number, (device, grade) in enumerate(zip(chosen, grades, strict=True)):
            time = self.start + number * self.span // self.count
            unit, kind = self.units[device % len(self.units)], KINDS[device // len(self.units) % len(KINDS)]
            key = b"device_%06d" % device
            values = key, unit.encode(), kind.encode(), GRADES[grade].encode(), device % 97 + grade / 3, note
            self.truth[f"{unit}|{kind}|{time // PANE * PANE}"] += 1
            yield Keyed(SLUG, key, _HEAD % (key, self.start + number, stamp(time), key, *values))


def packaged_units() -> list[str]:
    """The codes of the province's units."""
    return [unit.code for unit in load().province.units]


def write_catalogue(folder: Path, *, kpis: int = 1, units: Sequence[str] = ()) -> Path:
    """A catalogue of the readings alone, with so many KPIs, and a file of units if any are given; its folder."""
    yaml = YAML()
    subsystem = yaml.load(CATALOGUE)
    subsystem["kpis"] |= {f"readings_{number}": _kpi(subsystem["kpis"][SLUG], number) for number in range(1, kpis)}
    (folder / "subsystems").mkdir(parents=True)
    (folder / "province.yaml").write_bytes((PACKAGED / "province.yaml").read_bytes())
    yaml.dump(subsystem, folder / "subsystems" / f"{SLUG}.yaml")
    if units:
        listed = [{"code": code, "name": code, "kind": "other", "level": "commune"} for code in units]
        yaml.dump({"units": listed}, folder / "units.yaml")
    return folder


_BY = ([["unit", "kind"]], [["unit"]], [["kind"]])
_WINDOWS = (["5m"], ["24h"], ["today"])


def _kpi(first: dict[str, object], number: int) -> dict[str, object]:
    """A further KPI: other breakdowns, windows and conditions by turns."""
    allowed = [grade for place, grade in enumerate(GRADES) if (number // 9 + 1) >> place & 1]
    by, windows = _BY[number % 3], _WINDOWS[number // 3 % 3]
    return dict(first) | {"by": by, "windows": windows} | ({"where": {"grade": allowed}} if allowed else {})
