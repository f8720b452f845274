"""The map: a point for every commune, where it lies, in the colour of its status."""

import json
from itertools import combinations
from typing import Any

from dashboards.grafana import render_dashboards
from dashboards.grafana.map import placed
from ioc.catalogue.model import Unit
from tests.packaged import packaged_catalogue

CATALOGUE = packaged_catalogue()
UNITS = CATALOGUE.province.units
COMMUNES = [unit for unit in UNITS if unit.level == "commune"]
BOXES = {unit.code: box for unit, box in placed(UNITS)}


def test_every_commune_has_its_own_point_in_the_province_and_a_name_of_its_own() -> None:
    assert len(COMMUNES) == len({unit.at for unit in COMMUNES}) == len({unit.name for unit in COMMUNES}) == 148
    for unit in COMMUNES:
        assert unit.at is not None
        # From Mai Chau to Lap Thach, from the Da to the Tam Dao.
        assert 20.3 < unit.at[0] < 21.8, unit.name
        assert 104.8 < unit.at[1] < 105.9, unit.name


def test_points_lie_as_on_a_map_and_none_beyond_its_edge() -> None:
    assert BOXES.keys() == {unit.code for unit in COMMUNES}
    for box in BOXES.values():
        assert min(box.left, box.right, box.top) >= 0
        assert box.top + box.height <= 25 * 38
    places = {unit.code: unit.at for unit in COMMUNES}
    for one, two in combinations(BOXES, 2):
        (lat, lon), (other_lat, other_lon) = places[one] or (0, 0), places[two] or (0, 0)
        assert (lat > other_lat) <= (BOXES[one].top <= BOXES[two].top)
        assert (lon > other_lon) <= (BOXES[one].left >= BOXES[two].left)


def test_a_kilometre_is_as_long_to_the_north_as_to_the_east() -> None:
    corners = {"a": (21.0, 105.0), "b": (21.0, 105.0 + 1 / 0.9336), "c": (22.0, 105.0)}
    units = [Unit(code=code, name=code, kind="ward", level="commune", at=at) for code, at in corners.items()]
    boxes = {unit.code: box for unit, box in placed(units)}
    east = (boxes["b"].left - boxes["a"].left) / 100 * 11 * 79
    assert abs(east - (boxes["a"].top - boxes["c"].top)) < 4


def test_units_without_coordinates_and_one_alone_have_room_on_the_map() -> None:
    unit = Unit(code="a", name="A", kind="ward", level="commune")
    assert placed([unit]) == []
    assert len(placed([unit.model_copy(update={"at": (21.0, 105.0)})])) == 1


def test_a_click_on_a_point_leads_to_its_unit_and_nothing_is_fetched_from_elsewhere() -> None:
    text = render_dashboards(CATALOGUE)["dashboards/vi/map.json"]
    assert "http" not in text
    dashboard: dict[str, Any] = json.loads(text)
    (points,) = [panel for panel in dashboard["panels"] if panel["gridPos"]["h"] == 25 and panel["type"] == "canvas"]
    assert "không phải ranh giới" in points["description"]
    for unit, element in zip(COMMUNES, points["options"]["root"]["elements"], strict=True):
        assert element["background"]["color"]["field"] == unit.name
        assert element["links"][0]["title"] == unit.name
        assert element["links"][0]["url"] == f"/d/ioc-vi-unit?var-unit={unit.code}"
