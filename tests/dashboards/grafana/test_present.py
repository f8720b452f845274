"""What a page shows is now, or says that it is not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.grafana import render_dashboards
from dashboards.grafana.present import CLOCK_NOW, DIM, PRESENT
from ioc.kpis import metric_names
from ioc.text.wall import TAG
from tests.packaged import packaged_catalogue

PAGES: dict[str, dict[str, Any]] = {
    path.removeprefix("dashboards/"): json.loads(text)
    for path, text in render_dashboards(packaged_catalogue()).items()
    if path.startswith("dashboards/")
}
TRENDS = {"timeseries", "state-timeline"}
"""Panels that show time; of all others a figure is read as what is now."""
MOST_QUERIES = {"overview": 65, "months": 200, "ranking": 85, "platform": 40, "on_call": 15, "unit": 25}
MOST_QUERIES_OF_A_SUBSYSTEM = 105
every_page = pytest.mark.parametrize("page", PAGES)


def shown(page: str, *, closed: bool = True) -> Iterator[dict[str, Any]]:
    for panel in PAGES[page]["panels"]:
        inner = panel.get("panels", []) if closed else []
        yield from (each for each in (panel, *inner) if each["type"] != "row")


@every_page
def test_a_figure_that_reads_as_now_is_asked_for_now_and_a_trend_over_time(page: str) -> None:
    wrong = [
        (panel["title"], target["expr"])
        for panel in shown(page)
        for target in panel["targets"]
        if target["range"] is not (panel["type"] in TRENDS) or target["instant"] is target["range"]
    ]
    assert wrong == []


@every_page
def test_nothing_reaches_back_for_a_value_that_is_not_there_any_more(page: str) -> None:
    assert "lastNotNull" not in json.dumps(PAGES[page])
    reduced = [p["options"]["reduceOptions"]["calcs"] for p in shown(page) if "reduceOptions" in p["options"]]
    assert [calcs for calcs in reduced if calcs != ["last"]] == []


@every_page
def test_every_page_has_clock_data_time_and_the_mark_of_simulated_data_at_its_top(page: str) -> None:
    first = next(shown(page))
    assert first["gridPos"]["y"] == 0
    clock, others = first["targets"]
    assert (clock["legendFormat"], clock["expr"]) == ("clock", CLOCK_NOW.expr)
    for field, query in PRESENT.items():
        assert f'label_replace({query}, "field", "{field}", "", "")' in others["expr"]
    drawn = {element["config"]["text"].get("field") for element in first["options"]["root"]["elements"]}
    assert {"clock", "as_of", "simulated"} <= drawn


def test_how_far_data_goes_and_that_it_is_simulated_is_shown_without_an_exporter_too() -> None:
    assert all("last_over_time(" in query for query in PRESENT.values())


@every_page
def test_alerts_and_notes_are_drawn_on_every_chart(page: str) -> None:
    alerts, notes = PAGES[page]["annotations"]["list"]
    slug = Path(page).stem
    own = f'{{subsystem="{slug}"}}' if slug in packaged_catalogue().subsystems else ""
    assert f"({metric_names.ALERT_OPEN}{own})" in alerts["expr"]
    assert notes["target"]["tags"] == [TAG]
    assert alerts["enable"] is notes["enable"] is True


@every_page
def test_a_page_asks_no_more_queries_than_declared_when_it_opens(page: str) -> None:
    asked = sum(len(panel["targets"]) for panel in shown(page, closed=False))
    assert asked <= MOST_QUERIES.get(Path(page).stem, MOST_QUERIES_OF_A_SUBSYSTEM)


@pytest.mark.parametrize("page", [page for page in PAGES if Path(page).stem in packaged_catalogue().subsystems])
def test_a_figure_of_a_kpi_says_since_when_it_is_not_now(page: str) -> None:
    subsystem = packaged_catalogue().subsystems[Path(page).stem]
    names = {getattr(kpi.name, page.partition("/")[0]) for kpi in subsystem.kpis.values()}
    figures = [p for p in shown(page) if p["type"] == "stat" and p["title"].rpartition(": ")[2] in names]
    assert len(figures) >= len(names) - 1  # what the source reports as totals is a table
    for panel in figures:
        *values, as_of = panel["targets"]
        assert all("ioc_kpi_knowledge" in target["expr"] for target in (*values, as_of))
        assert "ioc_feed_event_time_seconds" in as_of["expr"]
        dimmed = [o for o in panel["fieldConfig"]["overrides"] if DIM in json.dumps(o)]
        assert len(dimmed) == 2


def test_the_figure_of_a_tile_is_in_full_white_only_while_it_is_known() -> None:
    for page in ("vi/overview.json", "en/overview.json"):
        values = [
            element["config"]["color"]
            for panel in shown(page)
            if panel["type"] == "canvas"
            for element in panel["options"]["root"]["elements"]
            if element["config"]["text"].get("field") == "value"
        ]
        assert values == [{"fixed": DIM, "field": "known"}] * 12
