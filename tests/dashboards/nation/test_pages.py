"""The nation's dashboards as Grafana reads them, and what its Prometheus reads of a province."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dashboards.grafana.panel import ON_ANY_THEME
from dashboards.grafana.status import LOOKS
from dashboards.nation.federation import dimensions, selector
from dashboards.nation.names import (
    CELL_GREY_REASON,
    CELL_INFO,
    CELL_STATUS,
    PROVINCE,
    PROVINCE_DOUBT,
    PROVINCE_INFO,
    PROVINCE_SCORE,
    PROVINCE_STATUS,
    Doubt,
)
from dashboards.nation.render import national_dashboards, national_rules
from dashboards.nation.wall import RANKS, WALL
from ioc.catalogue.nation import read_nation
from ioc.kpis import metric_names
from ioc.kpis.status import GreyReason, Status
from tests.dashboards.grafana.exported import exported_metrics
from tests.dashboards.grafana.promql import nodes, parse, unknown
from tests.packaged import packaged_catalogue

ROOT = Path(__file__).parents[3]
CATALOGUE = packaged_catalogue()
NATION = read_nation(ROOT / "docs/examples/nation.yaml")
PAGES: dict[str, dict[str, Any]] = {
    path: json.loads(text)
    for path, text in national_dashboards(CATALOGUE, NATION).items()
    if path.startswith("dashboards/")
}
CELL = {PROVINCE, "subsystem"}
RECORDED = {
    PROVINCE_INFO: {PROVINCE, "name_vi", "name_en", "grafana"},
    PROVINCE_DOUBT: {PROVINCE},
    CELL_INFO: CELL,
    CELL_STATUS: CELL,
    CELL_GREY_REASON: CELL,
    PROVINCE_STATUS: {PROVINCE},
    PROVINCE_SCORE: {PROVINCE},
}


@cache
def known_metrics() -> dict[str, set[str]]:
    """What the nation records, and of each province what it reads."""
    read = {name: {*labels, PROVINCE} for name, labels in exported_metrics(CATALOGUE).items()}
    return read | RECORDED | {metric_names.SUBSYSTEM_JUDGED: CELL}


def panels(path: str) -> list[dict[str, Any]]:
    return [each for panel in PAGES[path]["panels"] for each in (panel, *panel.get("panels", []))]


def queries(path: str) -> list[str]:
    return [target["expr"] for panel in panels(path) for target in panel.get("targets", [])]


def tables(language: str) -> list[dict[str, Any]]:
    return [panel for panel in panels(f"dashboards/{language}/{WALL}.json") if panel["type"] == "table"]


def overrides(panel: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        each["matcher"]["options"]: {own["id"]: own["value"] for own in each["properties"]}
        for each in panel["fieldConfig"]["overrides"]
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_only_what_is_recorded_or_read_of_a_province(path: str) -> None:
    assert queries(path)
    assert [(expr, fault) for expr in queries(path) for fault in unknown(expr, known_metrics())] == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_makes_a_figure_out_of_no_figure_or_leaves_the_grid(path: str) -> None:
    assert [expr for expr in queries(path) if "vector(" in expr.replace("vector(NaN)", "")] == []
    for panel in panels(path):
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert panel["type"] == "row" or panel["description"]
    assert len({panel["id"] for panel in panels(path)}) == len(panels(path))


def test_the_rules_read_only_what_is_read_of_a_province() -> None:
    rules = YAML(typ="safe").load(national_rules(CATALOGUE, NATION, "")["nation.yml"])["groups"][0]["rules"]
    read = {node.name for rule in rules for node in nodes(parse(rule["expr"])) if getattr(node, "name", "")}
    asked = selector(CATALOGUE)
    assert {name for name in read - RECORDED.keys() - {"up"} if name not in asked} == set()
    assert metric_names.SUBSYSTEM_JUDGED in read


@pytest.mark.parametrize("language", ["vi", "en"])
def test_all_provinces_are_on_one_screen_each_once(language: str) -> None:
    one, other = tables(language)
    for panel, picked in ((one, "topk(17, "), (other, "bottomk(17, ")):
        assert all(picked in target["expr"] for target in panel["targets"])
        assert len(panel["targets"]) == 3 + len(CATALOGUE.subsystems)
    assert len(NATION.provinces) == 34
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels(f"dashboards/{language}/{WALL}.json"))
    assert 16 + rows * 38 - 8 + 16 <= 1080
    widths = [own["custom.width"] for own in overrides(one).values()]
    assert sum(widths) <= 1920 // 2 - 24


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_provinces_name_leads_to_its_own_wall(language: str) -> None:
    for panel in tables(language):
        name = overrides(panel)["Tỉnh" if language == "vi" else "Province"]
        texts = {address: look["text"] for address, look in name["mappings"][0]["options"].items()}
        assert texts == {each.grafana: each.name.titled(language) for each in NATION.provinces}
        assert [link["url"] for link in name["links"]] == [f"${{__value.raw}}/d/ioc-{language}-overview?kiosk=1"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_status_and_every_reason_to_be_grey_has_a_look_and_doubts_one_of_their_own(language: str) -> None:
    fields = overrides(tables(language)[0])
    state = fields["Trạng thái" if language == "vi" else "Status"]["mappings"][0]["options"]
    cell = fields["1"]["mappings"][0]["options"]
    values = {*map(int, Status)} | {-reason for reason in (*GreyReason, *Doubt)}
    for looks in (state, cell):
        assert {int(value) for value in looks} == values
        greys = [look for value, look in looks.items() if int(value) <= 0]
        assert {look["color"] for look in greys} == {ON_ANY_THEME[LOOKS[Status.GREY].colour]}
    shapes = {value: look["text"] for value, look in cell.items()}
    assert {len(shape) for shape in shapes.values()} == {1}
    assert {shapes[str(-doubt)] for doubt in Doubt}.isdisjoint(shapes[str(int(status))] for status in Status)


def test_no_two_reasons_have_the_same_number() -> None:
    assert not {*map(int, GreyReason)} & {*map(int, Doubt)}


def test_each_ranking_leaves_out_provinces_that_are_not_believed() -> None:
    path = f"dashboards/vi/{RANKS}.json"
    ranked = [panel for panel in panels(path) if panel["type"] == "table"][:-1]
    asked = [target["expr"] for panel in ranked for target in panel["targets"]]
    assert len(asked) > 6
    assert [expr for expr in asked if PROVINCE_DOUBT not in expr] == []


def test_a_province_is_asked_for_wholes_alone_in_one_short_address() -> None:
    asked = selector(CATALOGUE)
    assert [label for label in dimensions(CATALOGUE) if f'{label}=""' not in asked] == []
    assert len(asked) < 2000


def test_no_province_speaks_for_another_and_each_has_its_login() -> None:
    config = YAML(typ="safe").load((ROOT / "dashboards/generated/nation/prometheus/prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    for member in NATION.provinces:
        job = jobs[f"ioc-province-{member.code}"]
        assert job["honor_timestamps"] is False
        assert job["metric_relabel_configs"][-1] == {"target_label": PROVINCE, "replacement": member.code}
        assert job["static_configs"][0]["labels"] == {PROVINCE: member.code}
        assert job["basic_auth"]["password_file"].endswith(member.code)
        assert job["sample_limit"] > 0
