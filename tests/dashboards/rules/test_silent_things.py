"""While a thing is silent that broke a limit the rules call the whole not green; others keep their own colours."""

from pathlib import Path

import pytest

from dashboards.rules.limited import LimitedKpi
from dashboards.rules.timing import GAP
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY
from ioc.kpis.status import GreyReason, Status
from tests.dashboards.rules.scenes import (
    Scene,
    braces,
    feeds,
    figures,
    inside,
    outside,
    reason_of_whole,
    status_of_whole,
)
from tests.dashboards.rules.test_limits import KPIS, check, name_of

pytestmark = pytest.mark.prometheus

AT_THINGS = [kpi for kpi in KPIS if kpi.kpi.sender is not None and kpi.kpi.silent_after is not None]
STEP, LENGTH = 30, 20
HEARD_AT = 10
"""The step from which the thing is heard again."""
each_kpi = pytest.mark.parametrize("kpi", AT_THINGS, ids=name_of)


def scene_of(kpi: LimitedKpi, value: float) -> Scene:
    """A value of the whole and of the one thing that is heard; the other is silent, and then is heard again."""
    scene = Scene(name_of(kpi), STEP, LENGTH)
    feeds(scene, kpi.subsystem)
    label = kpi.subsystem.label(kpi.kpi.sender or "")
    figures(scene, kpi, value)
    figures(scene, kpi, value, **{label: "heard"})
    silent = [1.0] * HEARD_AT + [None] * (LENGTH - HEARD_AT)
    scene.add(metric_names.THING_SILENT, silent, **kpi.identity, **{label: "silent"})
    return scene


def status_of_thing(kpi: LimitedKpi) -> str:
    label = kpi.subsystem.label(kpi.kpi.sender or "")
    return f"sum({metric_names.KPI_STATUS}{braces({**kpi.identity, label: 'heard'})})"


@each_kpi
def test_the_whole_is_grey_and_says_why_until_it_is_heard_again(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    scene = scene_of(kpi, inside(kpi, kpi.limits.severities[-1]))
    heard = HEARD_AT + GAP // STEP + 1
    for step, status in ((3, Status.GREY), (HEARD_AT - 1, Status.GREY), (heard, Status.GREEN)):
        scene.expect_value(step, status_of_whole(kpi), status)
        scene.expect_value(step, status_of_thing(kpi), Status.GREEN)
    scene.expect_value(3, reason_of_whole(kpi), GreyReason.THING_SILENT)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@each_kpi
def test_what_is_known_to_break_a_limit_still_does(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    worst = kpi.limits.severities[0]
    scene = scene_of(kpi, outside(kpi, worst))
    scene.expect_value(3, status_of_whole(kpi), STATUS_OF_SEVERITY[worst])
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


def test_there_are_such_kpis() -> None:
    slugs = {kpi.slug for kpi in AT_THINGS}
    assert slugs >= {"river_alarm_level", "rain", "air_quality_index", "crowd_ratio", "bed_occupancy_ratio"}
