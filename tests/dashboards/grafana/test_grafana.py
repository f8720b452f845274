"""The dashboards as Grafana reads them: complete, readable, in both languages, and asking only what is exported."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dashboards.grafana import dashboards_of, render_dashboards
from dashboards.grafana.canvas import unbroken
from dashboards.grafana.panel import ON_ANY_THEME, SCHEMA_VERSION
from dashboards.grafana.provisioning import environment
from dashboards.grafana.queries import NO_DATA_LINE
from dashboards.grafana.status import BLUE, CARD, INK, LOOKS, MUTED, TEXT, Look, status_mappings
from ioc.kpis.status import Status
from tests.dashboards.grafana.exported import exported_metrics
from tests.dashboards.grafana.promql import unknown
from tests.packaged import packaged_catalogue

CATALOGUE = packaged_catalogue()
FILES = render_dashboards(CATALOGUE)
DASHBOARDS: dict[str, dict[str, Any]] = {
    path: json.loads(text) for path, text in FILES.items() if path.startswith("dashboards/")
}
EXPORTED = exported_metrics(CATALOGUE)
VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]")


def panels_of(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All, those in closed rows too."""
    return [each for panel in dashboard["panels"] for each in (panel, *panel.get("panels", []))]


PANELS = [(path, panel) for path, dashboard in DASHBOARDS.items() for panel in panels_of(dashboard)]
SHOWN = [(path, panel) for path, panel in PANELS if panel["type"] != "row"]
every_dashboard = pytest.mark.parametrize("path", DASHBOARDS)


def texts_of(panel: dict[str, Any]) -> list[str]:
    """The fixed texts of a canvas."""
    return [element["config"]["text"]["fixed"] for element in elements_of(panel)]


def elements_of(panel: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = panel["options"]["root"]["elements"]
    return found


def overrides_of(panel: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = panel["fieldConfig"]["overrides"]
    return found


def tiles_of(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """The canvases with a figure."""
    canvases = [panel for panel in dashboard["panels"] if panel["type"] == "canvas"]
    return [panel for panel in canvases if any(e["config"]["text"].get("field") == "value" for e in elements_of(panel))]


def queries() -> Iterator[tuple[str, str]]:
    for path, panel in SHOWN:
        for target in panel["targets"]:
            yield f"{path}: {panel['title'] or panel['id']} {target['refId']}", target["expr"]


def test_uids_and_titles_are_unique() -> None:
    for field in ("uid", "title"):
        names = Counter((dashboard[field], path.split("/")[1]) for path, dashboard in DASHBOARDS.items())
        assert [name for name, times in names.items() if times > 1] == []
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}", dashboard["uid"]) for dashboard in DASHBOARDS.values())


@every_dashboard
def test_a_dashboard_belongs_to_its_file(path: str) -> None:
    dashboard = DASHBOARDS[path]
    assert dashboard["editable"] is False
    assert dashboard["schemaVersion"] == SCHEMA_VERSION
    assert dashboard["timezone"] == "Asia/Ho_Chi_Minh"
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    assert {panel["datasource"]["uid"] for panel in panels_of(dashboard) if panel["type"] != "row"} == {"${datasource}"}
    ids = [panel["id"] for panel in panels_of(dashboard)]
    assert len(ids) == len(set(ids))


@every_dashboard
def test_no_two_panels_overlap_and_none_leaves_the_grid(path: str) -> None:
    places = [panel["gridPos"] for panel in DASHBOARDS[path]["panels"]]
    assert [place for place in places if place["x"] < 0 or place["x"] + place["w"] > 24] == []
    overlapping = [
        (one, two)
        for one, two in combinations(places, 2)
        if one["x"] < two["x"] + two["w"]
        and two["x"] < one["x"] + one["w"]
        and one["y"] < two["y"] + two["h"]
        and two["y"] < one["y"] + one["h"]
    ]
    assert overlapping == []


def test_every_panel_says_what_it_is_and_what_it_shows_without_data() -> None:
    for path, panel in SHOWN:
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["description"], (path, panel["title"])
        assert defaults["unit"], (path, panel["title"])
        assert defaults["noValue"], (path, panel["title"])
        assert panel["targets"], (path, panel["title"])
        assert all(target["legendFormat"] for target in panel["targets"])
        if panel["type"] in ("timeseries", "state-timeline"):
            assert "legend" in panel["options"], (path, panel["title"])


def test_only_the_parts_of_the_wall_go_without_a_title_of_grafanas() -> None:
    untitled = [panel for path, panel in SHOWN if not panel["title"] and Path(path).stem not in ("overview", "desk")]
    # Over each of the others stands the strip with the clock.
    assert [panel["gridPos"] for panel in untitled] == [{"x": 0, "y": 0, "w": 24, "h": 2}] * (len(DASHBOARDS) - 4)


@every_dashboard
def test_queries_ask_only_what_is_exported(path: str) -> None:
    asked = [(place, expr) for place, expr in queries() if place.startswith(path)]
    assert [(place, fault) for place, expr in asked for fault in unknown(expr, EXPORTED)] == []


def test_a_metric_or_label_that_nothing_exports_is_noticed() -> None:
    assert unknown("sum(ioc_health_beds_bed)", EXPORTED) == ["metric ioc_health_beds_bed"]
    assert unknown('up{facility="a"}', EXPORTED) == ["label facility of up"]
    assert unknown("max by (commune) (ioc_health_beds{window='total'}) + on (unit) up", EXPORTED) == [
        "label unit",
        "label commune",
    ]


def test_rates_go_over_the_interval_that_grafana_works_out() -> None:
    rates = [expr for _, expr in queries() if re.search(r"\b(rate|irate|increase)\(", expr)]
    assert rates
    assert [expr for expr in rates if "[$__rate_interval]" not in expr] == []


def test_nothing_makes_a_figure_out_of_no_figure() -> None:
    assert [expr for _, expr in queries() if "vector(" in expr.replace("vector(NaN)", "")] == []


def test_legends_have_no_words_of_grafanas() -> None:
    assert [(path, p["title"]) for path, p in SHOWN if p["options"].get("legend", {}).get("calcs")] == []


def test_only_what_has_changed_may_be_empty_on_the_page_of_a_unit() -> None:
    targets = [t for panel in DASHBOARDS["dashboards/vi/unit.json"]["panels"] for t in panel.get("targets", [])]
    assert {target["possiblyEmpty"] for target in targets} == {True, False}
    now = [target for target in targets if target["instant"] and "offset" not in target["expr"]]
    assert [target["expr"] for target in now if target["possiblyEmpty"]] == []


def test_the_limits_of_a_kpi_are_drawn_in_the_colours_of_breaking_them() -> None:
    panel = chart("dashboards/vi/public_services.json", "Tỷ lệ đang xử lý quá hạn (%, lũy kế)")
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps[1:]] == [
        (1, ON_ANY_THEME[LOOKS[Status.YELLOW].colour]),
        (3, ON_ANY_THEME[LOOKS[Status.RED].colour]),
    ]
    below = chart("dashboards/vi/public_services.json", "Tỷ lệ thanh toán trực tuyến (%, 30 ngày)")
    steps = below["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps[1:]] == [
        (50, ON_ANY_THEME[LOOKS[Status.RED].colour]),
        (70, ON_ANY_THEME[LOOKS[Status.YELLOW].colour]),
    ]
    assert panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] == "dashed"


def test_every_kpi_is_on_the_dashboard_of_its_subsystem() -> None:
    for slug, subsystem in CATALOGUE.subsystems.items():
        text = FILES[f"dashboards/vi/{slug}.json"]
        assert [
            kpi.name.vi
            for kpi in subsystem.kpis.values()
            if json.dumps(kpi.name.vi, ensure_ascii=False)[1:-1] not in text
        ] == []


def test_units_are_shown_by_their_names_and_the_worst_first() -> None:
    panel = worst_places("dashboards/vi/public_services.json", "Đơn vị giải quyết (xấu nhất đứng đầu)")
    assert [(sort["displayName"], sort["desc"]) for sort in panel["options"]["sortBy"]] == [
        ("Trạng thái", True),
        ("Tỷ lệ đang xử lý quá hạn (%, lũy kế)", True),
    ]
    mapped = panel["fieldConfig"]["overrides"][0]["properties"][0]["value"][0]["options"]
    assert mapped["8716"]["text"] == "Phường Vĩnh Phúc"
    assert set(mapped) == {unit.code for unit in CATALOGUE.province.units}


def test_a_station_is_shown_by_its_name_where_the_catalogue_knows_it() -> None:
    panel = worst_places("dashboards/vi/environment.json", "Trạm quan trắc (xấu nhất đứng đầu)")
    mapped = panel["fieldConfig"]["overrides"][0]["properties"][0]["value"][0]["options"]
    assert mapped["bua_thanh_son"]["text"] == "Sông Bứa, Thanh Sơn"


def test_where_more_is_better_the_least_comes_first() -> None:
    panel = worst_places("dashboards/vi/cameras_traffic.json", "Địa bàn (xấu nhất đứng đầu)")
    sort = panel["options"]["sortBy"][-1]
    assert (sort["displayName"], sort["desc"]) == ("Tỷ lệ camera hoạt động (%, lũy kế)", False)


def test_an_answer_without_series_never_reads_as_if_all_were_well() -> None:
    said = {panel["fieldConfig"]["defaults"]["noValue"] for path, panel in SHOWN if "/en/" in path}
    no_unit, no_forecast = "No unit has the minimum sample, or no data", "No forecast, or no data"
    assert said == {"No data", "Not reported by the source", no_unit, no_forecast}
    # Grafana says it in the colour of the least step.
    least = {p["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] for _, p in SHOWN if p["type"] == "stat"}
    assert least == {"text", ON_ANY_THEME[LOOKS[Status.GREY].colour], ON_ANY_THEME[BLUE]}


def test_a_status_is_told_by_colour_word_and_shape_each_for_itself() -> None:
    assert len({look.colour for look in LOOKS.values()}) == len({look.shape for look in LOOKS.values()}) == 4
    for language in ("vi", "en"):
        (mapping,) = status_mappings(language)
        words = [result["text"] for code, result in mapping["options"].items() if code != "-2"]
        assert len(words) == len(set(words))
    (mapping,) = status_mappings("vi")
    assert mapping["options"]["-1"]["text"] == "○ Mất dữ liệu"
    assert mapping["options"]["3"]["text"] == "■ Cần xử lý"


def test_status_colours_have_the_contrast_that_text_needs() -> None:
    for look in LOOKS.values():
        assert contrast(INK, look.colour) >= 4.5
        assert contrast(look.colour, CARD) >= 4.5
    assert contrast(TEXT, CARD) >= 7
    assert contrast(MUTED, CARD) >= 7


def test_where_the_theme_paints_the_ground_colours_are_legible_on_dark_and_on_white() -> None:
    assert set(ON_ANY_THEME) == {*(look.colour for look in LOOKS.values()), BLUE}
    for colour in ON_ANY_THEME.values():
        assert contrast(colour, CARD) >= 4.5
        assert contrast(colour, "#ffffff") >= 3
    used = {
        colour
        for _, panel in SHOWN
        if panel["type"] != "canvas"
        for colour in re.findall(r'"(#[0-9a-f]{6})"', json.dumps(panel))
    }
    assert used == set(ON_ANY_THEME.values())


def test_a_canvas_brings_the_card_that_its_colours_are_made_for_into_the_light_theme() -> None:
    canvases = [panel for _, panel in SHOWN if panel["type"] == "canvas"]
    assert len(canvases) > len(CATALOGUE.subsystems)
    for panel in canvases:
        assert panel["options"]["root"]["background"]["color"] == {"fixed": CARD}


def test_green_yellow_and_red_differ_in_lightness_without_any_colour() -> None:
    for colours in (LOOKS, {status: Look(ON_ANY_THEME[look.colour], look.shape) for status, look in LOOKS.items()}):
        lightness = sorted(luminance(colours[status].colour) for status in list(LOOKS)[1:])
        assert [(a, b) for a, b in pairwise(lightness) if b - a < 0.02] == []


@pytest.mark.parametrize("path", [path for path in DASHBOARDS if "/en/" in path])
def test_english_dashboards_speak_no_vietnamese(path: str) -> None:
    for panel in panels_of(DASHBOARDS[path]):
        own = [panel["title"], panel.get("description", "")] + (texts_of(panel) if panel["type"] == "canvas" else [])
        said = [text for text in own if text != unbroken("Tiếng Việt")]
        # Decisions keep the names that they are known by.
        assert [text for text in said if VIETNAMESE.search(re.sub(r"(QĐ|NĐ)-\w+", "", text))] == []


@pytest.mark.parametrize("path", [path for path in DASHBOARDS if "/vi/" in path])
def test_vietnamese_dashboards_are_complete(path: str) -> None:
    english = DASHBOARDS[path.replace("/vi/", "/en/")]
    for panel, other in zip(panels_of(DASHBOARDS[path]), panels_of(english), strict=True):
        if panel["type"] != "row":
            assert panel["description"] != other["description"]
            assert VIETNAMESE.search(panel["description"]), panel["description"]
            assert panel["fieldConfig"]["defaults"]["noValue"] != other["fieldConfig"]["defaults"]["noValue"]


def test_both_languages_ask_the_same() -> None:
    for name in dashboards_of(CATALOGUE, "vi"):
        vi, en = (DASHBOARDS[f"dashboards/{language}/{name}.json"] for language in ("vi", "en"))
        asked = [[[t["expr"] for t in panel.get("targets", [])] for panel in panels_of(d)] for d in (vi, en)]
        # Where there is nothing the column of names says so, of feeds one for each language.
        own = (f'"name_{language}", "{NO_DATA_LINE}"' for language in ("vi", "en"))
        assert json.dumps(asked[0]) == json.dumps(asked[1]).replace(*(json.dumps(each)[1:-1] for each in [*own][::-1]))


def test_grafana_finds_data_source_folders_and_home_by_its_environment() -> None:
    yaml = YAML(typ="safe")
    datasource = yaml.load(FILES["provisioning/datasources/prometheus.yaml"])["datasources"][0]
    providers = yaml.load(FILES["provisioning/dashboards/ioc.yaml"])["providers"]
    given = environment(Path("/folder"), "http://127.0.0.1:9090")
    named = {datasource["url"], *(provider["options"]["path"].partition("/")[0] for provider in providers)}
    assert {name.removeprefix("$") for name in named} <= given.keys()
    assert [provider["options"]["path"].partition("/")[2] for provider in providers] == ["vi", "en"]
    home = Path(given["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).relative_to("/folder")
    assert f"dashboards/{home.as_posix()}" in FILES
    assert datasource["uid"] == DASHBOARDS["dashboards/vi/overview.json"]["templating"]["list"][0]["current"]["value"]
    assert (datasource["editable"], providers[0]["allowUiUpdates"]) == (False, False)


def chart(path: str, title: str) -> dict[str, Any]:
    (panel,) = [p for p in panels_of(DASHBOARDS[path]) if p["title"] == title and p["type"] == "timeseries"]
    return dict(panel)


def worst_places(path: str, title: str) -> dict[str, Any]:
    """The table of the worst places, not that of the closed row."""
    return next(dict(panel) for panel in DASHBOARDS[path]["panels"] if panel["title"] == title)


def titled(path: str, title: str) -> dict[str, Any]:
    (panel,) = [panel for panel in panels_of(DASHBOARDS[path]) if panel["title"] == title]
    return dict(panel)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
