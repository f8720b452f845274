"""Every limit of the catalogue, run through the real rules by promtool."""

import math
from pathlib import Path

import pytest

from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import feed_alert, kpi_alert
from dashboards.rules.timing import FEED_HOLD, GAP, KEEP_FIRING, LEAD
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY, Severity
from ioc.kpis.status import GreyReason, Status
from tests.dashboards.rules.scenes import (
    Scene,
    cleared,
    feed,
    figures,
    inside,
    level,
    nothing_yet,
    outside,
    reason_of_whole,
    run,
    status_of_whole,
)
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

SUBSYSTEMS = list(packaged_catalogue().subsystems.values())
KPIS = [kpi for subsystem in SUBSYSTEMS for kpi in limited_kpis(subsystem)]
LIMITS = [(kpi, severity) for kpi in KPIS for severity in kpi.limits.severities]
TWO_MINUTES = 120
HOUR = 3600


def name_of(kpi: LimitedKpi) -> str:
    return f"{kpi.subsystem.subsystem}.{kpi.slug}"


each_kpi = pytest.mark.parametrize("kpi", KPIS, ids=name_of)
each_limit = pytest.mark.parametrize(
    ("kpi", "severity"), LIMITS, ids=[f"{name_of(kpi)}-{severity}" for kpi, severity in LIMITS]
)
each_subsystem = pytest.mark.parametrize("subsystem", SUBSYSTEMS, ids=lambda each: each.subsystem)


def step_of(kpi: LimitedKpi) -> int:
    """Seconds between evaluations, few enough of them for a hold of a day."""
    return 30 if kpi.limits.hold.seconds < HOUR else 240


def hold_of(kpi: LimitedKpi, severity: Severity) -> int:
    """Steps from the first broken evaluation to the one that fires."""
    lead = LEAD if severity is Severity.WARNING and kpi.limits.critical else 0
    return math.ceil((kpi.limits.hold.seconds + lead) / step_of(kpi))


def check(folder: Path, rules: Path, *scenes: Scene, subsystem: Subsystem) -> None:
    assert run(folder, [rules / f"{subsystem.subsystem}.yml"], *scenes) == ""


def alert_of(kpi: LimitedKpi, severity: Severity) -> str:
    name = kpi_alert(kpi.subsystem.subsystem, kpi.slug)
    return f'sum by (alertstate) (ALERTS{{alertname="{name}",severity="{severity}"}})'


def states(state: str | None) -> list[tuple[dict[str, str], float]]:
    return [] if state is None else [({"alertstate": state}, 1)]


@each_limit
def test_a_limit_colours_at_once_fires_after_its_hold_and_clears_at_its_clear_level(
    kpi: LimitedKpi, severity: Severity, rules: Path, tmp_path: Path
) -> None:
    hold, step, limits = hold_of(kpi, severity), step_of(kpi), level(kpi, severity)
    between = math.ceil((KEEP_FIRING + TWO_MINUTES) / step) if limits.clear != limits.raised else 0
    after = math.ceil(KEEP_FIRING / step)
    broken = hold + 2
    midway = broken + hold + 1
    recovered = midway + between
    values = [
        *[inside(kpi, severity)] * broken,
        *[outside(kpi, severity)] * (hold + 1),
        *[(limits.raised + limits.clear) / 2] * between,
        *[cleared(kpi, severity)] * (after + 1),
    ]
    colour = STATUS_OF_SEVERITY[severity]
    calm = Status.YELLOW if severity is Severity.CRITICAL and kpi.limits.warning else Status.GREEN
    scene = Scene("limit", step, len(values))
    feed(scene, kpi.subsystem)
    figures(scene, kpi, values)

    def at(when: int, status: Status, alert: str | None) -> None:
        scene.expect_value(when, status_of_whole(kpi), status)
        scene.expect(when, alert_of(kpi, severity), *states(alert))

    at(broken - 1, calm, None)
    at(broken, colour, "pending")
    at(broken + hold - 1, colour, "pending")
    at(broken + hold, colour, "firing")
    if between:
        at(recovered - 1, colour, "firing")
    scene.expect_value(recovered, status_of_whole(kpi), calm)
    scene.expect(recovered + after, alert_of(kpi, severity), *states(None))
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.labels], ids=name_of)
def test_one_unit_over_the_limit_alerts_though_the_whole_is_green(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    worst, best = kpi.limits.severities[0], kpi.limits.severities[-1]
    scene = Scene("unit", 10, 2)
    feed(scene, kpi.subsystem)
    figures(scene, kpi, inside(kpi, best))
    figures(scene, kpi, outside(kpi, worst), **{kpi.labels[0]: "somewhere"})
    scene.expect_value(1, status_of_whole(kpi), Status.GREEN)
    scene.expect_value(1, f'sum(ioc_kpi_status{{{kpi.labels[0]}="somewhere"}})', STATUS_OF_SEVERITY[worst])
    scene.expect(1, alert_of(kpi, worst), *states("pending"))
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.limits.minimum_sample], ids=name_of)
def test_below_its_minimum_sample_a_kpi_is_grey_and_no_alert_is_even_pending(
    kpi: LimitedKpi, rules: Path, tmp_path: Path
) -> None:
    scene = Scene("sample", 10, 3)
    feed(scene, kpi.subsystem)
    figures(scene, kpi, outside(kpi, kpi.limits.severities[0]), sample=kpi.limits.minimum_sample - 1)
    scene.expect_value(2, status_of_whole(kpi), Status.GREY)
    scene.expect_value(2, reason_of_whole(kpi), GreyReason.BELOW_SAMPLE)
    scene.expect_alerts(2, kpi.subsystem.subsystem)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@each_kpi
def test_with_its_minimum_sample_a_kpi_has_a_colour(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    scene = Scene("sample", 10, 3)
    feed(scene, kpi.subsystem)
    figures(scene, kpi, inside(kpi, kpi.limits.severities[-1]), sample=kpi.limits.minimum_sample)
    scene.expect_value(2, status_of_whole(kpi), Status.GREEN)
    scene.expect_value(2, reason_of_whole(kpi), None)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.kpi.reporting], ids=name_of)
def test_before_its_report_is_due_a_kpi_is_grey_and_no_alert_is_even_pending(
    kpi: LimitedKpi, rules: Path, tmp_path: Path
) -> None:
    scene = Scene("not due", 10, 3)
    feed(scene, kpi.subsystem)
    scene.add(metric_names.KPI_NOT_DUE, 1.0, **kpi.identity)
    figures(scene, kpi, outside(kpi, kpi.limits.severities[0]))
    scene.expect_value(2, status_of_whole(kpi), Status.GREY)
    scene.expect_value(2, reason_of_whole(kpi), GreyReason.NOT_DUE)
    scene.expect_alerts(2, kpi.subsystem.subsystem)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@each_kpi
def test_a_stale_figure_is_grey_and_only_its_feed_is_told(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    slug, hold = kpi.subsystem.subsystem, math.ceil(FEED_HOLD / 10)
    scene = Scene("silent", 10, hold + 1)
    feed(scene, kpi.subsystem, silence=kpi.subsystem.feed.expected_interval.seconds + 1)
    figures(scene, kpi, outside(kpi, kpi.limits.severities[0]))
    scene.expect_value(hold, status_of_whole(kpi), Status.GREY)
    scene.expect_value(hold, reason_of_whole(kpi), GreyReason.FEED_SILENT)
    scene.expect_alerts(hold, slug, (feed_alert(slug), feed_severity(kpi.subsystem), "firing"))
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@each_subsystem
def test_without_any_data_all_is_grey_and_only_the_feed_is_told_in_its_hours(
    subsystem: Subsystem, rules: Path, tmp_path: Path
) -> None:
    slug, seconds = subsystem.subsystem, subsystem.feed.expected_interval.seconds
    step = 20 if seconds < HOUR else 240
    interval, hold = seconds // step, math.ceil(FEED_HOLD / step)
    fires = interval + hold
    scenes = [Scene("in its hours", step, fires + 1), Scene("outside", step, fires + 1)]
    for scene, in_hours in zip(scenes, (1.0, 0.0), strict=True):
        nothing_yet(scene, subsystem, in_hours)
        for kpi in limited_kpis(subsystem):
            scene.expect_value(fires, status_of_whole(kpi), Status.GREY)
            scene.expect_value(fires, reason_of_whole(kpi), GreyReason.NO_DATA)
        scene.expect_value(fires, f'sum(ioc_subsystem_status{{subsystem="{slug}"}})', Status.GREY)
    scenes[0].expect_alerts(interval - 1, slug)
    scenes[0].expect_alerts(interval, slug, (feed_alert(slug), feed_severity(subsystem), "pending"))
    scenes[0].expect_alerts(fires - 1, slug, (feed_alert(slug), feed_severity(subsystem), "pending"))
    scenes[0].expect_alerts(fires, slug, (feed_alert(slug), feed_severity(subsystem), "firing"))
    scenes[1].expect_alerts(fires, slug)
    check(tmp_path, rules, *scenes, subsystem=subsystem)


@each_subsystem
def test_a_feed_is_silent_only_beyond_its_expected_interval(subsystem: Subsystem, rules: Path, tmp_path: Path) -> None:
    slug, expected = subsystem.subsystem, float(subsystem.feed.expected_interval.seconds)
    scene = Scene("feed", 10, 41)
    feed(scene, subsystem, silence=[*[expected] * 20, *[expected + 1] * 10, *[0.0] * 11])
    scene.expect_alerts(19, slug)
    scene.expect_alerts(29, slug, (feed_alert(slug), feed_severity(subsystem), "firing"))
    scene.expect_alerts(40, slug)
    check(tmp_path, rules, scene, subsystem=subsystem)


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.limits.hold.seconds < HOUR], ids=name_of)
def test_a_short_gap_starts_no_hold_anew_and_a_long_one_leaves_no_colour(
    kpi: LimitedKpi, rules: Path, tmp_path: Path
) -> None:
    worst = kpi.limits.severities[0]
    hold, gap = math.ceil(kpi.limits.hold.seconds / 10), GAP // 10
    values = [outside(kpi, worst)] * (hold - 1) + [None] * (gap - 1) + [outside(kpi, worst)] * 2 + [None] * (gap + 1)
    scene = Scene("gap", 10, len(values))
    feed(scene, kpi.subsystem)
    figures(scene, kpi, values)
    scene.expect(hold, alert_of(kpi, worst), *states("firing"))
    scene.expect_value(hold + gap - 2, status_of_whole(kpi), STATUS_OF_SEVERITY[worst])
    scene.expect_value(len(values) - 1, status_of_whole(kpi), Status.GREY)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


def feed_severity(subsystem: Subsystem) -> str:
    return "critical" if any(kpi.limits.alert == "page" for kpi in limited_kpis(subsystem)) else "warning"
