"""A unit's KPIs, its peers' median and its rank among them, as Prometheus works them out."""

from pathlib import Path

import pytest

from dashboards.grafana.peers import Peers
from dashboards.grafana.ranking import LEVEL_OF, part_of_the_ranking, ranked_kpis
from ioc.kpis import metric_names, platform_metrics
from tests.dashboards.rules.scenes import Scene, run
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

UNITS = {unit.code: unit for unit in packaged_catalogue().province.units}
SHARE = "ioc_public_services_overdue_share_ratio"
HANDLED = "ioc_public_services_handled_ratio"
SHARES, OTHERS = Peers(shares=True), Peers(shares=False)


def scene_of(name: str, metric: str, values: dict[str, tuple[float, float]]) -> Scene:
    """Units with a value and the cases behind it."""
    scene = Scene(name, step=60, length=5)
    scene.add(platform_metrics.EXPORTER_CHECKPOINT.name, 0.0)
    for code, (value, sample) in values.items():
        unit = UNITS[code]
        scene.add(metric_names.UNIT_INFO, 1.0, unit=code, name=unit.name, kind=unit.kind, level=unit.level)
        scene.add(metric, value, window="total", unit=code)
        scene.add(metric_names.denominator_name(metric), sample, window="total", unit=code)
    return scene


def asked(expression: str, unit: str) -> str:
    """The page's query for one unit, without the labels that name the KPI."""
    return f"max ({expression.replace('$unit', unit)})"


def test_a_unit_below_the_minimum_sample_is_in_no_ranking(tmp_path: Path, rules: Path) -> None:
    scene = scene_of("sample", SHARE, {"4828": (0.5, 29), "4831": (0.1, 30)})
    scene.expect(2, f"max by (unit, level) ({metric_names.UNIT_KPI})", ({"unit": "4831", "level": "commune"}, 0.1))
    assert run(tmp_path, [rules / "units.yml"], scene) == ""


def test_the_least_overdue_is_first_and_agencies_are_no_peers_of_communes(tmp_path: Path, rules: Path) -> None:
    shares = {"4792": (0.3, 100.0), "4795": (0.1, 100.0), "4828": (0.2, 100.0), "so_noi_vu": (0.0, 100.0)}
    scene = scene_of("least", SHARE, shares)
    # An agency alone is first and last of one.
    for unit, rank in (("4795", 1), ("4828", 2), ("4792", 3), ("so_noi_vu", None)):
        scene.expect_value(2, asked(SHARES.rank, unit), rank)
    scene.expect_value(2, asked(SHARES.median, "4792"), 20)
    scene.expect_value(2, asked(SHARES.number, "4792"), 3)
    scene.expect_value(2, asked(SHARES.number, "so_noi_vu"), 1)
    assert run(tmp_path, [rules / "units.yml"], scene) == ""


def test_the_most_handled_is_first_and_equals_share_a_rank(tmp_path: Path, rules: Path) -> None:
    ratios = {"4792": (0.9, 100.0), "4795": (0.8, 100.0), "4828": (0.8, 100.0), "4831": (0.7, 100.0)}
    scene = scene_of("most", HANDLED, ratios)
    for unit, rank in (("4792", 1), ("4795", 2), ("4828", 2), ("4831", 4)):
        scene.expect_value(2, asked(SHARES.rank, unit), rank)
    assert run(tmp_path, [rules / "units.yml"], scene) == ""


def test_nobody_has_a_rank_or_a_value_while_the_feed_is_silent(tmp_path: Path, rules: Path) -> None:
    scenes = []
    for name, known, rank, value in (("heard", 2.0, 1, 10), ("partly", 1.0, 1, 10), ("silent", 0.0, None, None)):
        scene = scene_of(name, SHARE, {"4792": (0.1, 100.0), "4795": (0.2, 100.0)})
        scene.add(metric_names.KPI_KNOWLEDGE, known, subsystem="public_services", kpi="overdue_share")
        scene.expect_value(2, asked(SHARES.rank, "4792"), rank)
        scene.expect_value(2, asked(SHARES.value, "4792"), value)
        scenes.append(scene)
    assert run(tmp_path, [rules / "units.yml"], *scenes) == ""


def test_nobody_has_a_rank_or_a_value_where_one_of_two_exporters_knows_nothing(tmp_path: Path, rules: Path) -> None:
    scene = scene_of("two", SHARE, {"4792": (0.1, 100.0), "4795": (0.2, 100.0)})
    for instance, known in (("a", 2.0), ("b", 0.0)):
        kpi = {"subsystem": "public_services", "kpi": "overdue_share"}
        scene.add(metric_names.KPI_KNOWLEDGE, known, instance=instance, **kpi)
    scene.expect_value(2, asked(SHARES.rank, "4792"), None)
    scene.expect_value(2, asked(SHARES.value, "4792"), None)
    assert run(tmp_path, [rules / "units.yml"], scene) == ""


def test_equals_are_in_the_same_part_of_the_ranking_and_nobody_in_one_while_not_all_is_known(
    tmp_path: Path, rules: Path
) -> None:
    (kpi,) = [kpi for kpi in ranked_kpis(packaged_catalogue()) if kpi.slug == "overdue_share"][:1]
    codes = [code for code, unit in UNITS.items() if unit.level == "commune"][:21]
    shares = {code: (0.5 if place == 0 else 0.02 if place < 6 else 0.0, 100.0) for place, code in enumerate(codes)}
    group = part_of_the_ranking(kpi, "total").replace(LEVEL_OF, "commune")
    scenes = []
    for name, known, parts in (("known", 2.0, (1, 2, 2, 4, 4)), ("partly", 1.0, (0, 0, 0, 0, 0))):
        scene = scene_of(name, SHARE, shares)
        scene.add(metric_names.KPI_KNOWLEDGE, known, subsystem="public_services", kpi="overdue_share")
        for place, part in zip((0, 1, 5, 6, 20), parts, strict=True):
            scene.expect_value(2, f'max(({group}) and on (unit) {{__name__="{SHARE}",unit="{codes[place]}"}})', part)
        scenes.append(scene)
    assert run(tmp_path, [rules / "units.yml"], *scenes) == ""


@pytest.mark.parametrize(("better", "parts"), [(1, (4, 2, 2)), (0, (None, None, None))])
def test_most_share_the_worst_value_and_are_in_no_upper_part_nor_anybody_where_all_do_alike(
    tmp_path: Path, rules: Path, better: int, parts: tuple[int | None, ...]
) -> None:
    scenes = []
    for slug, metric, good, bad in (("overdue_share", SHARE, 0.1, 0.5), ("handled_ratio", HANDLED, 0.5, 0.0)):
        (kpi,) = [kpi for kpi in ranked_kpis(packaged_catalogue()) if kpi.slug == slug][:1]
        codes = [code for code, unit in UNITS.items() if unit.level == "commune"][:21]
        shares = {code: (good if place < better else bad, 100.0) for place, code in enumerate(codes)}
        group = part_of_the_ranking(kpi, "total").replace(LEVEL_OF, "commune")
        scene = scene_of(slug, metric, shares)
        scene.add(metric_names.KPI_KNOWLEDGE, 2.0, subsystem=kpi.subsystem.subsystem, kpi=slug)
        for place, part in zip((0, 1, 20), parts, strict=True):
            scene.expect_value(2, f'max(({group}) and on (unit) {{__name__="{metric}",unit="{codes[place]}"}})', part)
        scenes.append(scene)
    assert run(tmp_path, [rules / "units.yml"], *scenes) == ""


def test_where_neither_end_is_good_there_is_no_rank(tmp_path: Path, rules: Path) -> None:
    scene = Scene("count", step=60, length=5)
    scene.add(platform_metrics.EXPORTER_CHECKPOINT.name, 0.0)
    scene.add(metric_names.UNIT_INFO, 1.0, unit="4792", name="x", kind="ward", level="commune")
    scene.add("ioc_public_services_received_dossiers", 12.0, window="total", unit="4792")
    scene.expect_value(2, asked(OTHERS.median, "4792"), 12)
    scene.expect_value(2, asked(OTHERS.rank, "4792"), None)
    assert run(tmp_path, [rules / "units.yml"], scene) == ""


def test_before_its_report_is_due_a_kpi_has_a_value_and_no_rank(tmp_path: Path, rules: Path) -> None:
    scenes = []
    for name, not_due, rank in (("due", 0.0, 2), ("not_due", 1.0, None)):
        scene = Scene(name, step=60, length=5)
        scene.add(platform_metrics.EXPORTER_CHECKPOINT.name, 0.0)
        metric = "ioc_education_schools_reporting_ratio"
        for unit, share in (("4792", 0.0), ("4795", 0.5)):
            scene.add(metric_names.UNIT_INFO, 1.0, unit=unit, name="x", kind="ward", level="commune")
            scene.add(metric, share, window="today", unit=unit)
            scene.add(metric_names.denominator_name(metric), 100.0, window="today", unit=unit)
        scene.add(metric_names.KPI_NOT_DUE, not_due, subsystem="education", kpi="schools_reporting_ratio")
        scene.expect_value(2, asked(SHARES.value, "4792"), 0)
        scene.expect_value(2, asked(SHARES.rank, "4792"), rank)
        scenes.append(scene)
    assert run(tmp_path, [rules / "units.yml"], *scenes) == ""
