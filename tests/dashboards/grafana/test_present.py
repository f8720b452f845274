"""What a page shows is now, or says that it is not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.grafana import render_dashboards
from dashboards.grafana.panel import ON_ANY_THEME
from dashboards.grafana.present import CLOCK_NOW, DIM, PRESENT
from dashboards.rules.broken import place_of
from dashboards.rules.limited import limited_kpis
from ioc.kpis import metric_names
from ioc.kpis.status import GreyReason
from ioc.text.bilingual import Language
from ioc.text.wall import TAG
from tests.packaged import packaged_catalogue

PAGES: dict[str, dict[str, Any]] = {
    path.removeprefix("dashboards/"): json.loads(text)
    for path, text in render_dashboards(packaged_catalogue()).items()
    if path.startswith("dashboards/")
}
TRENDS = {"timeseries", "state-timeline"}
"""Panels that show time; of all others a figure is read as what is now."""
MOST_QUERIES = {"overview": 50, "desk": 50, "months": 200, "ranking": 20, "platform": 40, "on_call": 15, "unit": 30}
MOST_QUERIES_OF_A_SUBSYSTEM = 45
MOST_PANELS_OF_A_SUBSYSTEM = 18
SCREEN = 1080
"""Pixels; the page of a subsystem is on two of them."""
RECORDED_OF_NOW = re.compile(
    r"\bioc_(kpi_status|kpi_judged|kpi_worst_place|subsystem_status|subsystem_broken|feed_silent|forecast_seconds|unit_kpi)"
    r"(\{[^}]*\})?(?!\{|\w|\[| offset)"
)
"""What rules go on recording for a minute after the last exporter answered; what is asked of the past is not now."""
every_page = pytest.mark.parametrize("page", PAGES)
every_subsystem = pytest.mark.parametrize(
    "page", [page for page in PAGES if Path(page).stem in packaged_catalogue().subsystems]
)


def language_of(page: str) -> Language:
    return "vi" if page.startswith("vi/") else "en"


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
        if target["range"] is not (panel["type"] in TRENDS or is_drawn_in_cells(panel, target))
        or target["instant"] is target["range"]
    ]
    assert wrong == []


def is_drawn_in_cells(panel: dict[str, Any], target: dict[str, Any]) -> bool:
    """Whether a table shows a query as lines, of which no value is written."""
    if panel["type"] != "table" or panel["transformations"][0]["id"] != "timeSeriesTable":
        return False
    title = panel["transformations"][-1]["options"]["renameByName"].get(f"Trend #{target['refId']}")
    cells = [
        each["value"]
        for override in panel["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == title
        for each in override["properties"]
        if each["id"] == "custom.cellOptions"
    ]
    return [(cell["type"], cell["hideValue"]) for cell in cells] == [("sparkline", True)]


@every_page
def test_nothing_reaches_back_for_a_value_that_is_not_there_any_more(page: str) -> None:
    assert "lastNotNull" not in json.dumps(PAGES[page])
    reduced = [p["options"]["reduceOptions"]["calcs"] for p in shown(page) if "reduceOptions" in p["options"]]
    assert [calcs for calcs in reduced if calcs != ["last"]] == []


@every_page
def test_what_rules_record_and_reads_as_now_is_none_while_no_exporter_answers(page: str) -> None:
    for panel in shown(page):
        for target in panel.get("targets", []):
            if target.get("instant") and RECORDED_OF_NOW.search(target["expr"]):
                assert f"unless on () group(timestamp({metric_names.CLOCK}) > time() - " in target["expr"], panel[
                    "title"
                ]


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


@every_subsystem
def test_a_subsystem_is_on_two_screens_and_the_rest_in_closed_rows(page: str) -> None:
    panels = [panel for panel in PAGES[page]["panels"] if panel["type"] != "row"]
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in PAGES[page]["panels"])
    # A row has 30 pixels and 8 to the next; 16 are above the first and below the last.
    assert 16 + rows * 38 - 8 + 16 <= 2 * SCREEN
    assert len(panels) <= MOST_PANELS_OF_A_SUBSYSTEM


@every_subsystem
def test_the_headline_and_what_breaks_its_limit_are_on_the_first_screen(page: str) -> None:
    subsystem = packaged_catalogue().subsystems[Path(page).stem]
    language = language_of(page)
    for slug, kpi in subsystem.kpis.items():
        if kpi.limits is not None or slug == subsystem.headline:
            title = f"{kpi.name.titled(language)} ("
            own = [p for p in shown(page, closed=False) if p["title"].startswith(title)]
            assert {panel["type"] for panel in own} == {"stat", "timeseries"}
            assert all((panel["gridPos"]["y"] + panel["gridPos"]["h"]) * 38 <= SCREEN for panel in own)


@every_subsystem
def test_every_kpi_with_limits_has_its_status_among_the_worst_places(page: str) -> None:
    subsystem = packaged_catalogue().subsystems[Path(page).stem]
    asked = json.dumps([p["targets"] for p in shown(page, closed=False) if p["type"] == "table"])
    for kpi in limited_kpis(subsystem):
        if label := place_of(kpi):
            assert f"max by ({label}) ({metric_names.KPI_STATUS}" in asked
            assert f'kpi=\\"{kpi.slug}\\",window=\\"{kpi.limits.window}\\"' in asked


@every_subsystem
def test_a_figure_of_a_kpi_says_since_when_it_is_not_now(page: str) -> None:
    language = language_of(page)
    kpis = packaged_catalogue().subsystems[Path(page).stem].kpis.values()
    for kpi in kpis:
        name = kpi.name.titled(language)
        figures = [
            p
            for p in shown(page)
            if p["type"] == "stat" and p["title"] in {name} | {t for t in [p["title"]] if t.startswith(f"{name} (")}
        ]
        assert figures or kpi.by == [("kpi",)], name  # what the source reports as totals is a table
        for panel in figures:
            *values, as_of = panel["targets"]
            assert "ioc_feed_event_time_seconds" in as_of["expr"]
            overrides = panel["fieldConfig"]["overrides"]
            if "count_values" in values[0]["expr"]:
                # In the colour of its status: what is not known is grey.
                grey = [o for o in overrides if ON_ANY_THEME[DIM] in json.dumps(o)]
                assert len(grey) == 2 + len(GreyReason)
                status, change = (target["expr"] for target in values)
                assert metric_names.KPI_STATUS in status
                assert "offset $ago" in change
                assert "ioc_kpi_knowledge" in change
            else:
                assert all("ioc_kpi_knowledge" in target["expr"] for target in values)
                assert len([o for o in overrides if ON_ANY_THEME[DIM] in json.dumps(o)]) == 2


@every_subsystem
def test_no_place_has_a_figure_of_a_kpi_of_which_nothing_is_known(page: str) -> None:
    subsystem = packaged_catalogue().subsystems[Path(page).stem]
    metrics = {metric_names.metric_name(subsystem.subsystem, slug, kpi): slug for slug, kpi in subsystem.kpis.items()}
    own = re.compile(rf"\b({'|'.join(metrics)})(_numerator|_denominator)?\{{")
    asked = 0
    # Reconciliation holds what was counted against what the source counted by then.
    tables = [p for p in shown(page) if p["type"] == "table" and not p["title"].startswith(("Đối soát", "Reconcil"))]
    for panel in tables:
        for target in panel["targets"]:
            if target["instant"] and (found := own.search(target["expr"])):
                slug = metrics[found[1]]
                known = f'ioc_kpi_knowledge{{subsystem="{subsystem.subsystem}",kpi="{slug}"}}'
                assert f"unless on () (min(({known}" in target["expr"], panel["title"]
                asked += 1
    assert asked or not any(grouping for kpi in subsystem.kpis.values() for grouping in kpi.groupings)


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
