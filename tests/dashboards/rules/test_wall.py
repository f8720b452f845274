"""What is recorded for every picture of the whole: how far the data goes, which alerts are open, what is broken."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from dashboards.grafana.tile import note_queries
from dashboards.rules.limited import LimitedKpi, limited_kpis
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import Severity
from tests.dashboards.rules.scenes import Scene, feeds, figures, inside, outside, run
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

CATALOGUE = packaged_catalogue()
HEALTH, SERVICES = CATALOGUE.subsystems["health"], CATALOGUE.subsystems["public_services"]
STEP, LENGTH = 30, 12
LAST = LENGTH - 1


def limited(subsystem: Subsystem, slug: str) -> LimitedKpi:
    return next(kpi for kpi in limited_kpis(subsystem) if kpi.slug == slug)


def spoken(scene: Scene, subsystem: Subsystem, times: Mapping[str, float], silent: Mapping[str, float]) -> None:
    """Feeds with the times of their newest events, and seconds of silence."""
    feeds(scene, subsystem, **silent)
    for feed, moment in times.items():
        scene.add(metric_names.FEED_EVENT_TIME, moment, subsystem=subsystem.subsystem, feed=feed)


def check(folder: Path, rules: Path, scene: Scene, subsystem: Subsystem) -> None:
    assert run(folder, [rules / f"{subsystem.subsystem}.yml", rules / "wall.yml"], scene) == ""


@pytest.mark.parametrize(
    ("silent", "reaches"),
    [
        ({}, 800),
        # Once a day is not old before the day is over; then it is the oldest.
        ({"evaluation": 27 * 3600.0}, 100),
        ({"payments": 7200.0}, 800),
    ],
)
def test_the_data_goes_as_far_as_the_oldest_feed_that_matters(
    silent: dict[str, float], reaches: float, rules: Path, tmp_path: Path
) -> None:
    scene = Scene("data time", STEP, LENGTH)
    spoken(scene, SERVICES, {"one_stop": 900, "payments": 800, "evaluation": 100}, silent)
    scene.expect_value(LAST, f"sum({metric_names.DATA_TIME})", reaches)
    check(tmp_path, rules, scene, SERVICES)


def test_outside_its_hours_a_feed_does_not_make_the_data_old(rules: Path, tmp_path: Path) -> None:
    scene = Scene("night", STEP, LENGTH)
    spoken(scene, SERVICES, {"one_stop": 500, "payments": 800}, {})
    scene.add(metric_names.FEED_IN_HOURS, 0.0, subsystem="public_services", feed="one_stop")
    scene.expect_value(LAST, f"sum({metric_names.DATA_TIME})", 800)
    check(tmp_path, rules, scene, SERVICES)


def test_a_warning_beside_its_critical_is_one_alert_and_what_a_silent_feed_hides_is_none(
    rules: Path, tmp_path: Path
) -> None:
    p90 = limited(HEALTH, "ambulance_p90")
    fires, hidden = p90.limits.hold.seconds // STEP + 3, p90.limits.hold.seconds // STEP + 8
    scene = Scene("open", STEP, hidden + 1)
    # While its feed is silent it fires all the same, and is counted no more.
    silence = [0.0] * (fires + 1) + [7200.0] * (hidden - fires)
    feeds(scene, HEALTH, ambulance_centre=silence)
    figures(scene, p90, outside(p90, Severity.CRITICAL))
    both = 'count(ALERTS{kpi="ambulance_p90",alertstate="firing"})'
    opened = f'count({metric_names.ALERT_OPEN}{{subsystem="health"}})'
    scene.expect_value(fires, both, 2)
    scene.expect_value(fires, opened, 1)
    scene.expect_value(hidden, both, 2)
    scene.expect_value(hidden, f'count({metric_names.ALERT_OPEN}{{kpi="ambulance_p90"}})', None)
    scene.expect_value(hidden, f'count({metric_names.ALERT_OPEN}{{feed="ambulance_centre"}})', 1)
    check(tmp_path, rules, scene, HEALTH)


def test_red_units_are_counted_and_the_worst_is_named_where_the_whole_is_green(rules: Path, tmp_path: Path) -> None:
    overdue = limited(SERVICES, "overdue_share")
    scene = Scene("units", STEP, LENGTH)
    feeds(scene, SERVICES)
    figures(scene, overdue, inside(overdue, Severity.WARNING))
    for number in range(7):
        figures(scene, overdue, outside(overdue, Severity.CRITICAL) + number / 100, unit=f"u{number}")
    figures(scene, overdue, outside(overdue, Severity.WARNING), unit="yellow")
    scene.expect_value(LAST, f"sum({metric_names.KPI_RED_PLACES})", 7)
    scene.expect(LAST, f"{metric_names.KPI_WORST_PLACE} * 0", (
        {"subsystem": "public_services", "kpi": "overdue_share", "place": "u6"}, 0
    ))  # fmt: skip
    broken = {"subsystem": "public_services", "kpi": "overdue_share"}
    scene.expect(LAST, f"{metric_names.SUBSYSTEM_BROKEN} * 1", (broken, 1))
    check(tmp_path, rules, scene, SERVICES)


def test_the_headline_is_named_before_others_that_are_as_bad_and_a_red_kpi_before_it(
    rules: Path, tmp_path: Path
) -> None:
    headline = limited(HEALTH, HEALTH.headline)
    other = next(kpi for kpi in limited_kpis(HEALTH) if kpi.slug != HEALTH.headline and kpi.limits.critical)
    for severity, named in ((Severity.WARNING, headline), (Severity.CRITICAL, other)):
        scene = Scene(severity.value, STEP, LENGTH)
        feeds(scene, HEALTH)
        figures(scene, headline, outside(headline, Severity.WARNING))
        figures(scene, other, outside(other, severity))
        scene.expect(LAST, f"{metric_names.SUBSYSTEM_BROKEN} * 1", ({"subsystem": "health", "kpi": named.slug}, 1))
        check(tmp_path, rules, scene, HEALTH)


@pytest.mark.parametrize(("red", "named", "counted"), [(None, "bua", None), (1, "bua", None), (7, None, 7)])
def test_a_tile_names_the_worst_place_or_says_how_many_are_red(
    tmp_path: Path, rules: Path, red: int | None, named: str | None, counted: int | None
) -> None:
    scene = Scene("note", step=60, length=3)
    of_it = {"subsystem": "environment", "kpi": "river_alarm_level"}
    scene.add(metric_names.SUBSYSTEM_BROKEN, 1.0, **of_it)
    scene.add(metric_names.KPI_WORST_PLACE, 2.0, **of_it, place="bua")
    # Of a KPI that is not the one shown nothing is told.
    scene.add(metric_names.KPI_WORST_PLACE, 9.0, subsystem="environment", kpi="rain", place="elsewhere")
    scene.add(metric_names.KPI_RED_PLACES, 9.0, subsystem="environment", kpi="rain")
    if red is not None:
        scene.add(metric_names.KPI_RED_PLACES, float(red), **of_it)
    _, place, fields = (query.expr for query in note_queries(CATALOGUE.subsystems["environment"]))
    scene.expect(2, place, *([] if named is None else [({"place": named}, 2.0)]))
    scene.expect_value(
        2, f'max(({fields}) and on (field) label_replace(group(vector(1)), "field", "places", "", ""))', counted
    )
    assert run(tmp_path, [rules / "units.yml"], scene) == ""
