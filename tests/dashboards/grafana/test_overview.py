"""The overview: read from four metres on the wall, and at a desk beside Grafana's menu."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dashboards.grafana import render_dashboards
from dashboards.grafana.canvas import NO_BREAK, fitting, unbroken, width_of
from dashboards.grafana.overview import DESK_SCALE
from dashboards.grafana.status import CARD
from dashboards.grafana.tile import BROKEN_WIDTH, DIGITS, INNER, KPI_WIDTH, LABEL, NAME_WIDTH, PLACE_WIDTH, without_kind
from dashboards.rules.limited import limited_kpis
from ioc.catalogue.loader import load
from ioc.kpis import metric_names
from ioc.kpis.kinds.vn_aqi import VnAqi
from ioc.kpis.status import GreyReason, Status
from ioc.text.bilingual import LANGUAGES, Language
from tests.dashboards.grafana.test_grafana import CATALOGUE, DASHBOARDS, elements_of, overrides_of, texts_of, tiles_of

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_overview = pytest.mark.parametrize("name", ["overview", "desk"])

MILLIMETRES_A_PIXEL = 55 * 25.4 * 16 / math.hypot(16, 9) / 1920
"""Of a 55-inch screen of 1920 x 1080."""
CAPITALS = 2048 / 2816
"""The height of Inter's capitals and digits as a share of the letters' size, from its font file."""
FIGURES = {"value", "alerts", "clock"}
LINE = {"overview": 10, "desk": round(10 * DESK_SCALE)}
"""The height of what a fraction's line is made of, in pixels."""


def page_of(name: str, language: Language) -> dict[str, Any]:
    return DASHBOARDS[f"dashboards/{language}/{name}.json"]


def canvases_of(name: str, language: Language) -> list[dict[str, Any]]:
    return [panel for panel in page_of(name, language)["panels"] if panel["type"] == "canvas"]


def written(element: dict[str, Any]) -> bool:
    return bool(element["config"]["text"]["fixed"] or "field" in element["config"]["text"])


def arc_minutes(size: float) -> float:
    """How tall capitals of letters of this size, in pixels, look on that screen from four metres."""
    return math.degrees(math.atan(size * CAPITALS * MILLIMETRES_A_PIXEL / 4000)) * 60


@every_language
def test_every_word_is_16_arc_minutes_tall_at_four_metres_and_every_figure_24(language: Language) -> None:
    for panel in canvases_of("overview", language):
        sizes = {e["config"]["text"].get("field", ""): e["config"]["size"] for e in elements_of(panel) if written(e)}
        assert {name: size for name, size in sizes.items() if arc_minutes(size) < 16} == {}
        figures = {name: size for name, size in sizes.items() if name in FIGURES}
        assert figures
        assert {name: size for name, size in figures.items() if arc_minutes(size) < 24} == {}


@every_language
@every_overview
def test_stacked_diacritics_have_room_in_their_line(name: str, language: Language) -> None:
    # As in "Quyết", they need a fifth more than the letters' size.
    cut = [
        element
        for panel in canvases_of(name, language)
        for element in elements_of(panel)
        if written(element) and element["placement"]["height"] < 1.2 * element["config"]["size"] - 0.5
    ]
    assert cut == []


@every_language
@every_overview
def test_no_line_of_a_tile_is_written_over_another(name: str, language: Language) -> None:
    """Lines that stand above one another, by what their letters take: a fifth above the capitals, and below."""
    (tile, *_) = tiles_of(page_of(name, language))
    lines = set()
    for element in elements_of(tile):
        if written(element):
            centre = element["placement"]["top"] + element["placement"]["height"] / 2
            lines.add((centre, element["config"]["size"]))
    # The figure and its fraction stand beside each other.
    labels = sorted(centre for centre, size in lines if size == min(s for _, s in lines))
    size = min(size for _, size in lines)
    apart = [below - above for above, below in pairwise(labels)]
    assert min(apart) >= size * 1.1
    assert labels[-1] + size * 0.6 <= tile["gridPos"]["h"] * 38 - 8


@every_language
def test_the_wall_has_a_tile_for_each_subsystem_in_order_on_one_screen(language: Language) -> None:
    dashboard = page_of("overview", language)
    tiles = tiles_of(dashboard)
    names = [subsystem.short_name.titled(language) for subsystem in CATALOGUE.subsystems.values()]
    assert len(tiles) == 12
    for name, tile in zip(names, tiles, strict=True):
        assert unbroken(name) in texts_of(tile)
    places = [(tile["gridPos"]["y"], tile["gridPos"]["x"]) for tile in tiles]
    assert places == sorted(places)
    assert height_of(dashboard) <= 1080


def test_the_overview_at_a_desk_is_the_same_in_letters_that_fit_beside_the_menu() -> None:
    wall, desk = (tiles_of(page_of(name, "vi")) for name in ("overview", "desk"))
    for one, other in zip(wall, desk, strict=True):
        yesterday = [t["expr"].replace("offset $ago", "offset 1d") for t in other["targets"]]
        assert [t["expr"] for t in one["targets"]] == yesterday
        for large, small in zip(elements_of(one), elements_of(other), strict=True):
            assert large["config"]["text"] == small["config"]["text"]
            assert small["config"]["size"] == round(large["config"]["size"] * DESK_SCALE)
    # Grafana's menu is 300 pixels wide and its bars are 80 high: what is left of 1,600 x 900.
    line = ((1600 - 300 - 2 * 16) / 4 - 8) * 0.96
    assert line >= INNER * DESK_SCALE
    assert height_of(page_of("desk", "vi")) <= 900 - 80


@every_language
@every_overview
def test_a_click_on_a_tile_leads_to_the_subsystem(name: str, language: Language) -> None:
    for slug, tile in zip(CATALOGUE.subsystems, tiles_of(page_of(name, language)), strict=True):
        top = elements_of(tile)[-1]
        assert top["links"] == [
            {"title": top["name"], "url": top["links"][0]["url"], "targetBlank": False, "oneClick": True}
        ]
        path, _, query = top["links"][0]["url"].partition("?")
        assert query == ("kiosk=1" if name == "overview" else "")
        assert path == f"/d/{page_of(slug, language)['uid']}"


@every_language
def test_no_click_on_the_wall_leaves_kiosk_mode(language: Language) -> None:
    canvases = canvases_of("overview", language)
    links = [link["url"] for panel in canvases for element in elements_of(panel) for link in element["links"]]
    assert len(links) == 12 + 3
    assert [url for url in links if not url.endswith("?kiosk=1")] == []


@every_language
def test_every_name_of_the_catalogue_stands_on_the_wall_in_full(language: Language) -> None:
    for subsystem in CATALOGUE.subsystems.values():
        name = subsystem.short_name.titled(language)
        assert fitting(name, LABEL, NAME_WIDTH) == name
        headline = subsystem.kpis[subsystem.headline]
        for kpi, width in [(headline, KPI_WIDTH), *((each.kpi, BROKEN_WIDTH) for each in limited_kpis(subsystem))]:
            named = (kpi.short or kpi.name).titled(language)
            assert fitting(named, LABEL, width) == named


def test_a_name_without_a_short_one_ends_at_a_word_and_a_place_at_a_letter() -> None:
    assert fitting("Security operations and the data center", 30, 452) == "Security operations and the…"
    assert fitting("Sở Nông nghiệp và Môi trường", LABEL, PLACE_WIDTH, to_the_letter=True) == "Sở Nông ng…"


@every_language
def test_almost_every_commune_stands_on_a_tile_by_its_full_name(language: Language) -> None:
    communes = without_kind({u.code: u.name for u in CATALOGUE.province.units if u.level == "commune"}).values()
    cut = [name for name in communes if fitting(name, LABEL, PLACE_WIDTH, to_the_letter=True) != name]
    assert len(communes) == 148
    assert len(cut) <= 3, cut


@every_language
@every_overview
def test_a_tile_without_a_value_has_neither_a_unit_nor_the_line_of_a_fraction(name: str, language: Language) -> None:
    """An element's fixed colour is what stands while its field has no series; what has no field stands always."""
    for slug, tile in zip(CATALOGUE.subsystems, tiles_of(page_of(name, language)), strict=True):
        headline = CATALOGUE.subsystems[slug].kpis[CATALOGUE.subsystems[slug].headline]
        (figures,) = (t["expr"] for t in tile["targets"] if '"field", "value"' in t["expr"])
        parts = figures.split(" or label_replace(")
        value, known = (next(each for each in parts if f'"field", "{field}"' in each) for field in ("value", "known"))
        percents = [each for each in elements_of(tile) if each["config"]["text"]["fixed"] == "%"]
        assert len(percents) == (headline.unit == "ratio")
        for percent in percents:
            assert percent["config"]["color"] == {"fixed": "transparent", "field": "known"}
            of_value = value.partition(', "field"')[0].removeprefix("label_replace(")
            assert f" and on () {of_value} or on () 0 * {of_value}, " in known
        lines = [each["background"]["color"] for each in elements_of(tile) if each["placement"]["height"] == LINE[name]]
        assert len(lines) == (2 if headline.ratio else 0)
        for line in lines:
            assert line in ({"fixed": "transparent", "field": "denominator"}, {"fixed": CARD})


def test_a_place_goes_without_what_it_is_unless_only_that_tells_it_apart() -> None:
    places = {"1": "Xã Tam Nông", "2": "Phường Việt Trì", "3": "Xã Việt Trì", "4": "Sở Tư pháp", "5": "Bệnh viện Tỉnh"}
    expected = {"1": "Tam Nông", "2": "Phường Việt Trì", "3": "Xã Việt Trì", "4": "Sở Tư pháp", "5": "BV Tỉnh"}
    assert without_kind(places) == expected


@every_language
def test_what_stands_in_one_line_of_a_tile_has_room_beside_each_other(language: Language) -> None:
    tile, *_ = tiles_of(page_of("overview", language))
    fields = {o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]} for o in overrides_of(tile)}

    def with_unit(number: int, field: str) -> str:
        return f"{number} {fields[field]['unit'].removeprefix('suffix:')}"

    def words(field: str) -> list[str]:
        return [result["text"] for mapping in fields[field]["mappings"] for result in mapping["options"].values()]

    assert len(words("status")) == len(Status) + len(GreyReason)
    new = fields["new"]["mappings"][1]["options"]["result"]["text"]
    ages = max(width_of(with_unit(59, unit), LABEL) for unit in ("seconds", "minutes", "hours", "days"))
    for left, right in [
        (max(width_of(word, LABEL) for word in words("status")), width_of(new, LABEL)),
        (NAME_WIDTH, ages),
        (KPI_WIDTH, width_of("99.999", LABEL)),
        (BROKEN_WIDTH, width_of("23:59", LABEL)),
        (PLACE_WIDTH, width_of(with_unit(9, "nobody"), LABEL)),
        (width_of(with_unit(99, "places"), LABEL), width_of(with_unit(9, "nobody"), LABEL)),
        (PLACE_WIDTH, width_of(f"✓{NO_BREAK}23:59", LABEL)),
    ]:
        # A quarter of a letter's size between the two, or from four metres they are one word.
        assert left + right <= INNER - LABEL / 4
    assert width_of(new, LABEL) <= room(tile, "new")


@every_language
def test_every_band_of_an_index_stands_on_one_line_beside_its_value(language: Language) -> None:
    (tile,) = (
        t
        for t in tiles_of(page_of("overview", language))
        if any("band" in o["matcher"].values() for o in overrides_of(t))
    )
    (properties,) = (o["properties"] for o in overrides_of(tile) if o["matcher"]["options"] == "band")
    names = [mapping["options"]["result"]["text"] for mapping in properties[0]["value"]]
    assert len(names) == len(VnAqi.bands)
    for name in names:
        assert " " not in name
        assert width_of(name, LABEL) <= room(tile, "band")
        assert width_of(name, LABEL) + width_of("500", DIGITS) <= INNER - LABEL / 4


def room(tile: dict[str, Any], field: str) -> float:
    """The pixels that a text has."""
    box = next(e["placement"] for e in elements_of(tile) if e["config"]["text"].get("field") == field)
    return INNER * (100 - box["left"] - box["right"]) / 100


@pytest.mark.parametrize(("page", "ago"), [("overview", "1d"), ("desk", "$ago")])
def test_the_change_on_a_tile_is_since_yesterday_or_since_the_time_picked_and_of_what_is_known(
    page: str, ago: str
) -> None:
    for slug, tile in zip(CATALOGUE.subsystems, tiles_of(page_of(page, "vi")), strict=True):
        (figures,) = (t["expr"] for t in tile["targets"] if '"field", "change"' in t["expr"])
        change = next(part for part in figures.split(" or label_replace(") if '"field", "change"' in part)
        metric = metric_names.metric_name(
            slug,
            CATALOGUE.subsystems[slug].headline,
            CATALOGUE.subsystems[slug].kpis[CATALOGUE.subsystems[slug].headline],
        )
        assert f"{metric}{{" in change
        assert f"offset {ago}" in change
        assert metric_names.KPI_KNOWLEDGE in change


def test_a_thirteenth_subsystem_has_a_dashboard_and_a_tile(tmp_path: Path) -> None:
    parking = Path(__file__).parents[2] / "ioc" / "catalogue" / "parking" / "subsystems" / "parking.yaml"
    thirteenth = tmp_path / "parking.yaml"
    thirteenth.write_text(parking.read_text().replace("\norder: 1\n", "\norder: 13\n"))
    files = render_dashboards(load(extra=[thirteenth]))
    assert "dashboards/vi/parking.json" in files
    assert unbroken("Bãi xe") in texts_of(tiles_of(json.loads(files["dashboards/vi/overview.json"]))[12])


def height_of(dashboard: dict[str, Any]) -> int:
    rows: int = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    # A row has 30 pixels and 8 to the next; 16 are above the first and below the last.
    return 16 + rows * 38 - 8 + 16
