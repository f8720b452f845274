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
from ioc.kpis.status import KNOWN, Certainty, GreyReason, Knowledge, Status
from tests.dashboards.rules.scenes import Scene, feeds, figures, known, run
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

STEPS = 60
STEP = 120
"""Longer than the gap that is bridged, shorter than a status is remembered."""


UNKNOWN = (GreyReason.FEED_SILENT, GreyReason.NO_DATA, GreyReason.NOT_DUE)
DOUBTS = [
    Knowledge(Certainty.UNKNOWN if reason in UNKNOWN else Certainty.PARTLY_KNOWN, reason)
    for reason in GreyReason
    if reason is not GreyReason.BELOW_SAMPLE
]


@dataclass(frozen=True)
class Moment:
    """A KPI at one step."""

    value: float | None
    sample: float | None
    knowledge: Knowledge


def moments_of(kpi: LimitedKpi, chance: random.Random) -> list[Moment]:
    """Values at, beside and between the limits, sometimes none, too small a sample, partly known or unknown."""
    levels = [each for each in (kpi.limits.warning, kpi.limits.critical) if each]
    edges = [edge for each in levels for edge in (each.raised, each.clear, (each.raised + each.clear) / 2)]
    values = [edge + shift for edge in edges for shift in (-1e-6, 0.0, 1e-6)]
    least = kpi.limits.minimum_sample
    moments = []
    for _ in range(STEPS):
        value = None if chance.random() < 0.1 else chance.choice(values)
        sample = float(chance.choice([least - 1, least, 3 * least])) if least and value is not None else None
        moments.append(Moment(value, sample, KNOWN if chance.random() < 0.7 else chance.choice(DOUBTS)))
    return moments


def statuses_of(kpi: LimitedKpi, moments: list[Moment]) -> Iterator[Status]:
    previous = None
    for moment in moments:
        previous = status_of(moment.value, moment.sample, previous, kpi.limits, moment.knowledge)
        yield previous


@pytest.mark.parametrize("subsystem", packaged_catalogue().subsystems.values(), ids=lambda each: each.subsystem)
def test_prometheus_and_python_agree_on_every_status_reason_and_worst_status(
    subsystem: Subsystem, rules: Path, tmp_path: Path
) -> None:
    chance = random.Random(subsystem.subsystem)
    scene = Scene("reference", STEP, STEPS)
    feeds(scene, subsystem)
    by_kpi: list[list[Status]] = []
    for kpi in limited_kpis(subsystem):
        moments = moments_of(kpi, chance)
        labels = {**kpi.identity, "window": kpi.limits.window}
        figures(scene, kpi, [each.value for each in moments], [each.sample for each in moments])
        known(scene, subsystem.subsystem, kpi.slug, [each.knowledge for each in moments])
        by_kpi.append(list(statuses_of(kpi, moments)))
        for step, (moment, status) in enumerate(zip(moments, by_kpi[-1], strict=True)):
            kpi_only = f'{{kpi="{kpi.slug}"}}'
            scene.expect(step, f"{metric_names.KPI_STATUS}{kpi_only} + 0", (labels, status))
            reason = grey_reason_of(moment.value, moment.sample, kpi.limits, moment.knowledge)
            found = [(labels, reason)] if status is Status.GREY else []
            scene.expect(step, f"{metric_names.KPI_GREY_REASON}{kpi_only} + 0", *found)
    for step, together in enumerate(zip(*by_kpi, strict=True)):
        worst = min(together, key=lambda status: status.rank)
        scene.expect(step, f"{metric_names.SUBSYSTEM_STATUS} + 0", ({"subsystem": subsystem.subsystem}, worst))
    assert run(tmp_path, [rules / f"{subsystem.subsystem}.yml"], scene) == ""
    assert {status for each in by_kpi for status in each} >= {Status.GREY, Status.RED}
