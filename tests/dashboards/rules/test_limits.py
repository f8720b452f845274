"""Every limit of the catalogue, run through the real rules by promtool."""

import math
from pathlib import Path

import pytest

from dashboards.grafana.units import amount
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import feed_alert, kpi_alert
from dashboards.rules.timing import FEED_HOLD, GAP, KEEP_FIRING, LEAD
from dashboards.rules.wording import quantity
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY, Severity
from ioc.kpis.status import KNOWN, Certainty, GreyReason, Knowledge, Status
from tests.dashboards.rules.scenes import (
    Scene,
    cleared,
    feeds,
    figures,
    inside,
    known,
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
FEEDS = [
    (subsystem, feed)
    for subsystem in SUBSYSTEMS
    for feed, spec in subsystem.feeds.items()
    if spec.expected_interval is not None
]
UNKNOWN = (GreyReason.NOT_DUE, GreyReason.NO_DATA, GreyReason.FEED_SILENT)
PARTLY = (GreyReason.BEHIND, GreyReason.REBUILDING, GreyReason.INCOMPLETE, GreyReason.THING_SILENT)
TWO_MINUTES = 120
HOUR = 3600
MONTH = 28 * 24 * HOUR


def name_of(kpi: LimitedKpi) -> str:
    return f"{kpi.subsystem.subsystem}.{kpi.slug}"


each_kpi = pytest.mark.parametrize("kpi", KPIS, ids=name_of)
each_limit = pytest.mark.parametrize(
    ("kpi", "severity"), LIMITS, ids=[f"{name_of(kpi)}-{severity}" for kpi, severity in LIMITS]
)
each_feed = pytest.mark.parametrize(
    ("subsystem", "feed"), FEEDS, ids=[f"{subsystem.subsystem}.{feed}" for subsystem, feed in FEEDS]
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
    broken = min(hold, 20) + 2
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
    feeds(scene, kpi.subsystem)
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
    feeds(scene, kpi.subsystem)
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
    feeds(scene, kpi.subsystem)
    figures(scene, kpi, outside(kpi, kpi.limits.severities[0]), sample=kpi.limits.minimum_sample - 1)
    scene.expect_value(2, status_of_whole(kpi), Status.GREY)
    scene.expect_value(2, reason_of_whole(kpi), GreyReason.BELOW_SAMPLE)
    scene.expect_alerts(2, kpi.subsystem.subsystem)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@each_kpi
def test_with_its_minimum_sample_a_kpi_has_a_colour(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    scene = Scene("sample", 10, 3)
    feeds(scene, kpi.subsystem)
    figures(scene, kpi, inside(kpi, kpi.limits.severities[-1]), sample=kpi.limits.minimum_sample)
    scene.expect_value(2, status_of_whole(kpi), Status.GREEN)
    scene.expect_value(2, reason_of_whole(kpi), None)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


@each_kpi
def test_what_is_unknown_is_grey_with_its_reason_and_no_alert_is_even_pending(
    kpi: LimitedKpi, rules: Path, tmp_path: Path
) -> None:
    scenes = []
    for reason in UNKNOWN:
        scene = scene_of(kpi, Knowledge(Certainty.UNKNOWN, reason), outside(kpi, kpi.limits.severities[0]))
        scene.expect_value(2, status_of_whole(kpi), Status.GREY)
        scene.expect_value(2, reason_of_whole(kpi), reason)
        scene.expect_alerts(2, kpi.subsystem.subsystem)
        scenes.append(scene)
    check(tmp_path, rules, *scenes, subsystem=kpi.subsystem)


@each_kpi
def test_what_is_partly_known_is_coloured_where_it_breaks_a_limit_and_else_grey_with_its_reason(
    kpi: LimitedKpi, rules: Path, tmp_path: Path
) -> None:
    scenes = []
    for reason in PARTLY:
        knowledge = Knowledge(Certainty.PARTLY_KNOWN, reason)
        for severity in kpi.limits.severities:
            scene = scene_of(kpi, knowledge, outside(kpi, severity))
            scene.expect_value(2, status_of_whole(kpi), STATUS_OF_SEVERITY[severity])
            scene.expect_value(2, reason_of_whole(kpi), None)
            scene.expect(2, alert_of(kpi, severity), *states("pending"))
            scenes.append(scene)
        well = scene_of(kpi, knowledge, inside(kpi, kpi.limits.severities[-1]))
        well.expect_value(2, status_of_whole(kpi), Status.GREY)
        well.expect_value(2, reason_of_whole(kpi), reason)
        scenes.append(well)
    check(tmp_path, rules, *scenes, subsystem=kpi.subsystem)


def scene_of(kpi: LimitedKpi, knowledge: Knowledge, value: float) -> Scene:
    """A KPI of which so much is known."""
    scene = Scene(f"{knowledge.reason} {value}", 10, 3)
    feeds(scene, kpi.subsystem)
    known(scene, kpi.subsystem.subsystem, kpi.slug, knowledge)
    figures(scene, kpi, value)
    return scene


@each_kpi
def test_without_a_word_on_what_is_known_a_kpi_is_grey(kpi: LimitedKpi, rules: Path, tmp_path: Path) -> None:
    scene = Scene("no word", 10, 3)
    feeds(scene, kpi.subsystem)
    scene.add(metric_names.KPI_KNOWLEDGE, [None] * scene.length, **kpi.identity)
    figures(scene, kpi, inside(kpi, kpi.limits.severities[-1]))
    scene.expect_value(2, status_of_whole(kpi), Status.GREY)
    scene.expect_value(2, reason_of_whole(kpi), GreyReason.NO_DATA)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


def test_without_the_value_of_a_headline_that_has_no_limits_a_subsystem_is_not_green(
    rules: Path, tmp_path: Path
) -> None:
    subsystem = packaged_catalogue().subsystems["socioeconomic"]
    slug, headline = subsystem.subsystem, subsystem.kpis[subsystem.headline]
    scene = Scene("headline", 300, 12)
    feeds(scene, subsystem)
    for kpi in limited_kpis(subsystem):
        figures(scene, kpi, inside(kpi, kpi.limits.severities[-1]))
    values = [0.5 if step < 9 else None for step in range(scene.length)]
    scene.add(metric_names.metric_name(slug, subsystem.headline, headline), values, window=headline.windows[0])
    doubt = Knowledge(Certainty.PARTLY_KNOWN, GreyReason.BEHIND)
    known(scene, slug, subsystem.headline, [doubt if 3 <= step < 6 else KNOWN for step in range(scene.length)])
    for step, status in ((2, Status.GREEN), (5, Status.GREY), (8, Status.GREEN), (11, Status.GREY)):
        scene.expect_value(step, f'sum(ioc_subsystem_status{{subsystem="{slug}"}})', status)
    check(tmp_path, rules, scene, subsystem=subsystem)


@each_feed
def test_a_feed_alone_is_silent_only_beyond_its_expected_interval(
    subsystem: Subsystem, feed: str, rules: Path, tmp_path: Path
) -> None:
    slug, expected = subsystem.subsystem, interval_of(subsystem, feed)
    scene = Scene("feed", 20, 21)
    feeds(scene, subsystem, **{feed: [*[float(expected)] * 10, *[expected + 1.0] * 5, *[0.0] * 6]})
    scene.expect_alerts(9, slug)
    scene.expect_alerts(14, slug, (feed_alert(slug), severity_of(subsystem, feed), "firing", feed))
    scene.expect_alerts(20, slug)
    check(tmp_path, rules, scene, subsystem=subsystem)


@each_subsystem
def test_of_feeds_that_never_spoke_each_is_told_after_its_interval_and_only_in_its_hours(
    subsystem: Subsystem, rules: Path, tmp_path: Path
) -> None:
    slug, name = subsystem.subsystem, feed_alert(subsystem.subsystem)
    intervals = {feed: interval_of(subsystem, feed) for of, feed in FEEDS if of == subsystem}
    step = 20 if max(intervals.values()) < HOUR else 300 if max(intervals.values()) < MONTH else 3 * HOUR
    hold = math.ceil(FEED_HOLD / step)
    fires = {feed: math.ceil(interval / step) + hold for feed, interval in intervals.items()}
    scenes = [Scene(hours, step, max(fires.values()) + 1) for hours in ("in its hours", "outside")]
    for scene, in_hours in zip(scenes, (1.0, 0.0), strict=True):
        nothing_yet(scene, subsystem, in_hours)
        for kpi in limited_kpis(subsystem):
            scene.expect_value(scene.length - 1, status_of_whole(kpi), Status.GREY)
            scene.expect_value(scene.length - 1, reason_of_whole(kpi), GreyReason.NO_DATA)
        scene.expect_value(scene.length - 1, f'sum(ioc_subsystem_status{{subsystem="{slug}"}})', Status.GREY)
        scene.expect_alerts(0, slug)
    for moment in {fires[feed] + shift for feed in fires for shift in (-1, 0)}:
        alerts = [
            (name, severity_of(subsystem, feed), "firing" if moment >= at else "pending", feed)
            for feed, at in fires.items()
            if moment >= at - hold
        ]
        scenes[0].expect_alerts(moment, slug, *alerts)
        scenes[1].expect_alerts(moment, slug)
    check(tmp_path, rules, *scenes, subsystem=subsystem)


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.limits.hold.seconds < HOUR], ids=name_of)
def test_a_short_gap_starts_no_hold_anew_and_a_long_one_leaves_no_colour(
    kpi: LimitedKpi, rules: Path, tmp_path: Path
) -> None:
    worst = kpi.limits.severities[0]
    step = 20
    hold, gap = math.ceil(kpi.limits.hold.seconds / step), GAP // step
    values = [outside(kpi, worst)] * (hold - 1) + [None] * (gap - 1) + [outside(kpi, worst)] * 2 + [None] * (gap + 1)
    scene = Scene("gap", step, len(values))
    feeds(scene, kpi.subsystem)
    figures(scene, kpi, values)
    scene.expect(hold, alert_of(kpi, worst), *states("firing"))
    scene.expect_value(hold + gap - 2, status_of_whole(kpi), STATUS_OF_SEVERITY[worst])
    scene.expect_value(len(values) - 1, status_of_whole(kpi), Status.GREY)
    check(tmp_path, rules, scene, subsystem=kpi.subsystem)


def interval_of(subsystem: Subsystem, feed: str) -> int:
    expected = subsystem.feeds[feed].expected_interval
    assert expected is not None
    return expected.seconds


def severity_of(subsystem: Subsystem, feed: str) -> str:
    """Critical where a KPI that wakes somebody rests on the feed."""
    wakes = [kpi for kpi in limited_kpis(subsystem) if kpi.limits.alert == "page"]
    return "critical" if any(feed in feeds_of_kpi(subsystem, kpi.slug) for kpi in wakes) else "warning"


@pytest.mark.parametrize(("value", "vietnamese"), [(1234567.5, "1234567,5"), (117.125, "117,125"), (0.1 + 0.2, "0,3")])
def test_a_limit_of_many_digits_is_told_whole(value: float, vietnamese: str) -> None:
    assert quantity(value, "meters", "vi") == vietnamese
    assert amount(value, "meters", "vi").split()[0] == vietnamese
