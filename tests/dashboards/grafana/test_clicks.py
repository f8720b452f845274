"""How far a question is from its answer: pages are walked by the links that a click follows."""

import json
from typing import Any

import pytest

from ioc.text.wall import dashboard_uid
from tests.dashboards.grafana.test_present import PAGES, SCREEN, shown
from tests.packaged import packaged_catalogue

WITH_UNITS_AND_CASES = ("public_services", "citizen_feedback")


def addresses(panel: dict[str, Any]) -> list[str]:
    """Where clicks on what a panel shows lead."""
    if panel["type"] == "canvas":
        elements = panel["options"]["root"]["elements"]
        return [link["url"] for element in elements for link in element["links"]]
    overrides = panel["fieldConfig"]["overrides"]
    properties = [each for override in overrides for each in override["properties"] if each["id"] == "links"]
    return [link["url"] for each in properties for link in each["value"]]


@pytest.mark.parametrize("slug", packaged_catalogue().subsystems)
def test_a_tile_of_the_wall_leads_to_its_subsystem(slug: str) -> None:
    to = f"/d/{dashboard_uid(slug.replace('_', '-'), 'vi')}?"
    (tile,) = [p for p in shown("vi/overview.json") if any(url.startswith(to) for url in addresses(p))]
    assert tile["type"] == "canvas"


@pytest.mark.parametrize("slug", WITH_UNITS_AND_CASES)
def test_which_unit_is_worst_whether_it_gets_better_and_its_cases_are_two_clicks_from_the_wall(slug: str) -> None:
    """The first is on the tile; what it opens names the worst, with change and trend; the second opens the cases."""
    open_panels = list(shown(f"vi/{slug}.json", closed=False))
    worst = next(p for p in open_panels if p["title"].endswith("(xấu nhất đứng đầu)"))
    assert (worst["gridPos"]["y"] + worst["gridPos"]["h"]) * 38 <= 2 * SCREEN
    told = json.dumps(worst["transformations"][-1]["options"]["renameByName"], ensure_ascii=False)
    assert "So với" in told
    assert "Xu hướng" in told
    urls = addresses(worst)
    assert any(url.startswith(f"${{cases}}/cases/{slug}/") and "unit=" in url for url in urls)
    assert any(url.startswith(f"/d/{dashboard_uid('unit', 'vi')}?") for url in urls)


def test_the_one_on_call_needs_no_click_to_see_what_is_wrong_where_and_since_when() -> None:
    first = next(panel for panel in shown("vi/on_call.json", closed=False) if panel["type"] == "table")
    named = set(first["transformations"][-1]["options"]["renameByName"].values())
    assert {"Chỉ tiêu", "Nơi xấu nhất", "Giá trị ở đó", "Ngưỡng", "Từ lúc", "Nhận"} <= named
    assert first["gridPos"]["y"] < 6


def test_the_count_of_open_alerts_on_the_wall_leads_to_them() -> None:
    header = next(iter(shown("vi/overview.json")))
    assert f"/d/{dashboard_uid('on-call', 'vi')}?kiosk=1" in addresses(header)
    assert PAGES["vi/on_call.json"]["uid"] == dashboard_uid("on-call", "vi")
