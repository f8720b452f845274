"""The recorded status and ``ioc.kpis.limits`` are one definition: both run over the same random values."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashboards.rules.limited import LimitedKpi, limited_kpis
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import grey_reason_of, status_of
from ioc.kpis.status import Status
from tests.dashboards.rules.scenes import Scene, feed, figures, run
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

STEPS = 40
STEP = 120
"""Longer than the gap that is bridged, shorter than a status is remembered."""


@dataclass(frozen=True)
class Moment:
    """What is known of a KPI at one step."""

    value: float | None
    sample: float | None
    due: bool


def moments_of(kpi: LimitedKpi, chance: random.Random) -> list[Moment]:
    """Values at, beside and between the limits, sometimes none, too small a sample or nothing due."""
    levels = [each for each in (kpi.limits.warning, kpi.limits.critical) if each]
    edges = [edge for each in levels for edge in (each.raised, each.clear, (each.raised + each.clear) / 2)]
    values = [edge + shift for edge in edges for shift in (-1e-6, 0.0, 1e-6)]
    least = kpi.limits.minimum_sample
    moments = []
    for _ in range(STEPS):
        value = None if chance.random() < 0.1 else chance.choice(values)
        sample = float(chance.choice([least - 1, least, 3 * least])) if least and value is not None else None
        moments.append(Moment(value, sample, due=kpi.kpi.reporting is None or chance.random() < 0.9))
    return moments


def statuses_of(kpi: LimitedKpi, moments: list[Moment], silent: list[bool]) -> Iterator[Status]:
    previous = None
    for moment, is_silent in zip(moments, silent, strict=True):
        previous = status_of(moment.value, moment.sample, previous, kpi.limits, silent=is_silent, due=moment.due)
        yield previous


@pytest.mark.parametrize("subsystem", packaged_catalogue().subsystems.values(), ids=lambda each: each.subsystem)
def test_prometheus_and_python_agree_on_every_status_reason_and_worst_status(
    subsystem: Subsystem, rules: Path, tmp_path: Path
) -> None:
    chance = random.Random(subsystem.subsystem)
    silent = [chance.random() < 0.1 for _ in range(STEPS)]
    expected = subsystem.feed.expected_interval.seconds
    scene = Scene("reference", STEP, STEPS)
    feed(scene, subsystem, silence=[expected + 1.0 if each else 0.0 for each in silent])
    by_kpi: list[list[Status]] = []
    for kpi in limited_kpis(subsystem):
        moments = moments_of(kpi, chance)
        labels = {**kpi.identity, "window": kpi.limits.window}
        figures(scene, kpi, [each.value for each in moments], [each.sample for each in moments])
        if kpi.kpi.reporting is not None:
            scene.add(metric_names.KPI_NOT_DUE, [float(not each.due) for each in moments], **kpi.identity)
        by_kpi.append(list(statuses_of(kpi, moments, silent)))
        for step, (moment, status) in enumerate(zip(moments, by_kpi[-1], strict=True)):
            reason = grey_reason_of(moment.value, moment.sample, kpi.limits, silent=silent[step], due=moment.due)
            kpi_only = f'{{kpi="{kpi.slug}"}}'
            scene.expect(step, f"{metric_names.KPI_STATUS}{kpi_only} + 0", (labels, status))
            found = [] if reason is None else [(labels, reason)]
            scene.expect(step, f"{metric_names.KPI_GREY_REASON}{kpi_only} + 0", *found)
    for step, together in enumerate(zip(*by_kpi, strict=True)):
        worst = min(together, key=lambda status: status.rank)
        scene.expect(step, f"{metric_names.SUBSYSTEM_STATUS} + 0", ({"subsystem": subsystem.subsystem}, worst))
    assert run(tmp_path, [rules / f"{subsystem.subsystem}.yml"], scene) == ""
    assert {status for each in by_kpi for status in each} >= {Status.GREY, Status.RED}
