"""Of two exporters the fresher one counts: one that stands still decides no status and tells no silence."""

from pathlib import Path

import pytest

from dashboards.grafana.queries import OPEN_ALERTS, PLATFORM_STATUS
from dashboards.rules.exporters import while_one_answers
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import feed_alert
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.limits import STATUS_OF_SEVERITY
from ioc.kpis.status import Certainty, GreyReason, Knowledge, Status
from tests.dashboards.rules.scenes import (
    Scene,
    Values,
    feeds,
    figures,
    inside,
    known,
    outside,
    reason_of_whole,
    run,
    status_of_whole,
)
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

STEP = 10
MINUTE = 60 // STEP
FROZEN_FOR = 3000.0
KPIS = [kpi for subsystem in packaged_catalogue().subsystems.values() for kpi in limited_kpis(subsystem)]
RAIN = next(kpi for kpi in KPIS if kpi.identity == {"subsystem": "environment", "kpi": "rain"})
"""Its gauges are expected to be heard every quarter of an hour."""


class Two(Scene):
    """Two exporters, of which the other stood still 50 minutes ago and is still answering."""

    def __init__(self, name: str, frozen: Scene, living: Scene) -> None:
        super().__init__(name, STEP, living.length)
        self.series = {**living.series, **_of_the_other(frozen)}
        running = [FROZEN_FOR + step * STEP for step in range(self.length)]
        self.add(platform_metrics.EXPORTER_CHECKPOINT.name, running)
        self.add(platform_metrics.EXPORTER_CHECKPOINT.name, 0.0, instance="other:9464")


def _of_the_other(scene: Scene) -> dict[str, Values]:
    return {name.replace("exporter:9464", "other:9464"): values for name, values in scene.series.items()}


def page(kpi: LimitedKpi, value: float, knowledge: Knowledge | None = None, length: int = 3, **silence: float) -> Scene:
    """What one exporter serves of a KPI's subsystem."""
    scene = Scene("page", STEP, length)
    feeds(scene, kpi.subsystem, **silence)
    figures(scene, kpi, value)
    if knowledge is not None:
        known(scene, kpi.subsystem.subsystem, kpi.slug, knowledge)
    return scene


def check(folder: Path, rules: Path, *scenes: Scene, kpi: LimitedKpi) -> None:
    assert run(folder, [rules / f"{kpi.subsystem.subsystem}.yml"], *scenes) == ""


def test_a_feed_dead_since_one_exporter_froze_is_silent_by_the_other(rules: Path, tmp_path: Path) -> None:
    dry = inside(RAIN, RAIN.limits.severities[-1])
    unknown = Knowledge(Certainty.UNKNOWN, GreyReason.FEED_SILENT)
    frozen = page(RAIN, dry, length=MINUTE)
    scene = Two("dead", frozen, living=page(RAIN, dry, unknown, length=MINUTE, rain_gauges=FROZEN_FOR))
    scene.expect_value(MINUTE - 1, status_of_whole(RAIN), Status.GREY)
    scene.expect_value(MINUTE - 1, reason_of_whole(RAIN), GreyReason.FEED_SILENT)
    scene.expect_alerts(MINUTE - 1, "environment", (feed_alert("environment"), "critical", "firing", "rain_gauges"))
    check(tmp_path, rules, scene, kpi=RAIN)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: f"{kpi.subsystem.subsystem}.{kpi.slug}")
def test_a_frozen_exporter_makes_nothing_greener_or_redder(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    worst, best = kpi.limits.severities[0], kpi.limits.severities[-1]
    good, bad = inside(kpi, best), outside(kpi, worst)
    was_good = Two("was good", frozen=page(kpi, good), living=page(kpi, bad))
    was_good.expect_value(2, status_of_whole(kpi), STATUS_OF_SEVERITY[worst])
    was_bad = Two("was bad", frozen=page(kpi, bad), living=page(kpi, good))
    was_bad.expect_value(2, status_of_whole(kpi), Status.GREEN)
    was_unknown = Two(
        "was unknown",
        frozen=page(kpi, good, Knowledge(Certainty.UNKNOWN, GreyReason.NO_DATA)),
        living=page(kpi, good),
    )
    was_unknown.expect_value(2, status_of_whole(kpi), Status.GREEN)
    check(tmp_path, rules, was_good, was_bad, was_unknown, kpi=kpi)


def test_when_the_fresher_one_is_gone_for_longer_than_a_gap_the_other_counts_again(rules: Path, tmp_path: Path) -> None:
    good = inside(RAIN, RAIN.limits.severities[-1])
    unknown = Knowledge(Certainty.UNKNOWN, GreyReason.FEED_SILENT)
    length, gone = 4 * MINUTE, 2 * MINUTE
    scene = Two("gone", frozen=page(RAIN, good, unknown, length), living=page(RAIN, good, length=length))
    scene.series = {
        name: [*values[:gone], *[None] * (length - gone)] if "exporter:9464" in name else values
        for name, values in scene.series.items()
    }
    scene.expect_value(gone + MINUTE - 2, status_of_whole(RAIN), Status.GREEN)
    scene.expect_value(gone + MINUTE, status_of_whole(RAIN), Status.GREY)
    check(tmp_path, rules, scene, kpi=RAIN)


def test_while_none_says_how_fresh_it_is_all_is_grey(rules: Path, tmp_path: Path) -> None:
    scene = page(RAIN, inside(RAIN, RAIN.limits.severities[-1]))
    scene.add(platform_metrics.EXPORTER_CHECKPOINT.name, [None] * scene.length)
    scene.expect_value(2, f"sum({metric_names.KPI_STATUS} > 0)", None)
    check(tmp_path, rules, scene, kpi=RAIN)


def test_what_a_prometheus_started_again_finds_from_before_is_neither_a_status_nor_no_alert(
    tmp_path: Path, rules: Path
) -> None:
    ended = [*[1.0] * 3, *[None] * 17]
    scene, in_the_past = Scene("started again", STEP, 20), Scene("imported", STEP, 20)
    scene.add(metric_names.CLOCK, ended)
    scene.add("recorded", ended)
    scene.add("ALERTS", ended, **{"class": "heartbeat"})
    in_the_past.add("recorded", 1.0)
    for step, status, open_alerts in ((3, 1, 0), (7, 1, 0), (9, None, None), (19, None, None)):
        scene.expect_value(step, while_one_answers("max(recorded)"), status)
        scene.expect_value(step, OPEN_ALERTS, open_alerts)
        scene.expect_value(step, PLATFORM_STATUS, status)
        scene.expect_value(step, 'max(recorded + on () ALERTS{class="heartbeat"})', 2)
        in_the_past.expect_value(step, while_one_answers("max(recorded)"), 1)
    assert run(tmp_path, [rules / "units.yml"], scene, in_the_past) == ""
