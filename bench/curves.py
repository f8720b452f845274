"""What a worker's rate depends on: KPIs, units, partitions, size of events, open entities."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from bench import recovery
from bench.field import WARM_UP, Field, Filled
from bench.readings import SLUG, Keyed, Readings, packaged_units, write_catalogue
from ioc.catalogue import load
from ioc.catalogue.loader import PACKAGED
from ioc.engine.plan import compile_plan

PARTITIONS = 4
_EVENTS = 200_000
_LARGE = 2_700
"""Bytes of text that make an event of 300 bytes one of 3 kB."""

_AFTERWARDS = 100_000
"""Events measured once all entities are open."""
_TOUCHED = 10
"""One in so many of them is about an entity opened before; the others open and close new ones by turns."""


@dataclass(frozen=True)
class Point:
    """The rates of one worker at one place of a curve."""

    curve: str
    at: int
    wall: float
    cpu: float
    peak: float


def curves(field: Field, told: Callable[[Point], None]) -> Iterator[Point]:
    """Measure every point of every curve."""
    for point in chain(_by_readings(field), _by_open_entities(field)):
        told(point)
        yield point


def _by_readings(field: Field) -> Iterator[Point]:
    province = packaged_units()
    for kpis in (1, 10, 100):
        yield _point(field, "KPIs", kpis, Readings(_EVENTS, province), {"kpis": kpis})
    for count in (10, 174, 5000):
        units = [f"unit_{number:04}" for number in range(count)]
        yield _point(field, "units", count, Readings(_EVENTS, units), {"units": units})
    for partitions in (4, 12, 48):
        yield _point(field, "partitions", partitions, Readings(_EVENTS, province), {}, partitions=partitions)
    for note in (0, _LARGE):
        yield _point(field, "bytes per event", 300 + note, Readings(_EVENTS // 2, province, note), {})


def _point(
    field: Field, curve: str, at: int, readings: Readings, catalogue: dict[str, Any], *, partitions: int = PARTITIONS
) -> Point:
    name = f"{curve.replace(' ', '-')}-{at}"
    settings = field.settings(name, partitions=partitions)
    filled = field.fill(settings, [SLUG], readings)
    return _worked(field, curve, at, filled, write_catalogue(field.folder / name, **catalogue))


def _by_open_entities(field: Field) -> Iterator[Point]:
    folder = field.folder / "dossiers"
    (folder / "subsystems").mkdir(parents=True)
    for name in ("province.yaml", f"subsystems/{recovery.SLUG}.yaml"):
        (folder / name).write_bytes((PACKAGED / name).read_bytes())
    for count in (1_000, 100_000, 1_000_000):
        settings = field.settings(f"open-{count}", partitions=PARTITIONS)
        filled = field.fill(settings, [recovery.SLUG], _dossiers(folder, count))
        yield _worked(field, "open entities", count, filled, folder, warm_up=count / filled.records)


def _worked(field: Field, curve: str, at: int, filled: Filled, catalogue: Path, *, warm_up: float = WARM_UP) -> Point:
    run, _ = field.work(filled, catalogue, warm_up)
    return Point(curve, at, run.wall, run.cpu, run.peak)


def _dossiers(catalogue: Path, count: int) -> Iterable[Keyed]:
    """So many open dossiers, then events about new ones and some old ones."""
    plan = compile_plan(load(catalogue))

    def keyed(number: int, value: bytes) -> Keyed:
        return Keyed(recovery.SLUG, recovery.dossier(number).encode(), value)

    for number in range(count):
        yield keyed(number, recovery.accepted(plan, number, recovery.START + number * recovery.DAY // count))
    now, new = recovery.START + recovery.DAY, count
    for place in range(_AFTERWARDS):
        at = now + place // 10
        if place % _TOUCHED == 0:
            old = place * 7919 % count
            paid = recovery.event(old, "paid", at, payment_channel=("online", "desk")[place % 2])
            yield keyed(old, paid.replace(b'"id":"paid', b'"id":"paid-%d' % place, 1))
        elif place % 2:
            new += 1
            yield keyed(new, recovery.accepted(plan, new, at))
        else:
            yield keyed(new, recovery.event(new, "handled", at, e_result=new % 2 == 0))
            new += 1
