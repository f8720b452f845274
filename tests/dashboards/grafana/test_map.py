"""The map: a point for every commune, where it lies, in the colour of its status."""

import json
import re
from itertools import combinations
from math import cos, sin, tau
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from dashboards.boundaries import MOST_OCTETS, BoundariesError, read_boundaries, svg_path
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


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def square(code: Any, side: float = 0.05, kind: str = "Polygon") -> dict[str, Any]:
    """Around a commune's point, with a hole; longitude first, as RFC 7946 has it."""
    lat, lon = next((unit.at for unit in COMMUNES if unit.code == str(code)), None) or (21.3, 105.2)
    rings = [
        [[lon + x * half, lat + y * half] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
        for half in (side, side / 5)
    ]
    coordinates = rings if kind == "Polygon" else [rings]
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "communes.geojson"


def test_areas_of_the_offices_own_file_are_drawn_in_the_colour_of_their_status_below_the_points(file: Path) -> None:
    one, other = COMMUNES[0], COMMUNES[-1]
    file.write_text(json.dumps(collection(square(int(one.code)), square(other.code, kind="MultiPolygon"))))
    areas = read_boundaries(file, {unit.code for unit in UNITS})
    text = render_dashboards(CATALOGUE, areas=areas)["dashboards/vi/map.json"]
    assert text.count("http") == text.count("xmlns='http://www.w3.org/2000/svg'") == 2
    (points,) = [each for each in json.loads(text)["panels"] if each["gridPos"]["h"] == 25 and each["type"] == "canvas"]
    assert "không phải ranh giới" not in points["description"]
    assert "địa giới theo tệp của cơ quan" in points["description"]
    drawn, dots = points["options"]["root"]["elements"][:2], points["options"]["root"]["elements"][2:]
    assert [each["type"] for each in drawn] == ["icon", "icon"]
    assert len(dots) == len(COMMUNES)
    boxes = {unit.code: box for unit, box in placed(UNITS, areas)}
    for unit, element in zip((one, other), drawn, strict=True):
        assert element["config"]["fill"]["field"] == unit.name
        # As react-inlinesvg reads an address with a picture in it: what is behind the comma, decoded.
        address = element["config"]["path"]["fixed"]
        assert ":/" in address
        head, _, picture = address.partition(",")
        assert head == "data:image/svg+xml"
        assert unquote(picture) == picture
        assert "#" not in picture
        (drawn_on,), (path,) = re.findall("viewBox='([^']+)'", picture), re.findall(" d='([^']+)'", picture)
        _, _, width, height = map(int, drawn_on.split())
        placement = element["placement"]
        assert (placement["height"], placement["left"], placement["right"], placement["top"]) == (height, 0, 0, 0)
        assert path.count("M") == path.count("Z") == 2
        corners = [tuple(map(float, place.split())) for place in re.split("[MLZ]+", path) if place]
        (left, top), (right, bottom) = (tuple(pick(at) for at in zip(*corners, strict=True)) for pick in (min, max))
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        # The point is in the middle of what was drawn around it.
        box = boxes[unit.code]
        assert abs((left + right) / 2 - (box.left * width / 100 + box.height / 2)) < 1
        assert abs((top + bottom) / 2 - (box.top + box.height / 2)) < 1


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("no JSON", "is no JSON"),
        ([], "type: is no FeatureCollection — export it as GeoJSON"),
        ({"type": "Feature"}, "type: is no FeatureCollection"),
        (collection(), "features: there is none"),
        (collection({"properties": None}), r"features\[0\].properties.code: is missing — write the unit's code"),
        (
            collection(square("8716"), square("none")),
            r"features\[1\].properties.code: 'none' is no unit",
        ),
        (collection({**square("8716"), "geometry": None}), r"features\[0\].geometry.type: None is no area"),
        (
            collection({**square("8716"), "geometry": {"type": "Polygon", "coordinates": [[[105, 21], [106, 22]]]}}),
            r"features\[0\].geometry.coordinates: a ring has fewer than four places or is not closed — write longitude",
        ),
        (collection(square("8716", side=2000)), r"features\[0\].geometry.coordinates: .* is no place on the earth"),
        (collection({**square("8716"), "geometry": {"type": "Polygon", "coordinates": 5}}), "coordinates: .*iterable"),
    ],
)
def test_a_file_that_is_no_boundaries_of_units_is_refused_with_feature_field_and_fix(
    file: Path, made: Any, said: str
) -> None:
    file.write_text(made if isinstance(made, str) else json.dumps(made))
    with pytest.raises(BoundariesError, match=said) as refused:
        read_boundaries(file, {unit.code for unit in UNITS})
    assert str(file) in str(refused.value)
    assert " — " in str(refused.value)


def test_a_file_that_is_too_large_is_not_read(file: Path) -> None:
    with file.open("wb") as made:
        made.truncate(MOST_OCTETS + 1)
    with pytest.raises(BoundariesError, match=r"more than .* simplify the lines"):
        read_boundaries(file, ())


def test_what_is_written_of_a_boundary_is_no_finer_than_a_screen_shows(file: Path) -> None:
    fine = [[105.2 + 0.05 * cos(turn / 20_000 * tau), 21.3 + 0.05 * sin(turn / 20_000 * tau)] for turn in range(20_001)]
    feature = {**square("8716"), "geometry": {"type": "Polygon", "coordinates": [[*fine[:-1], fine[0]]]}}
    file.write_text(json.dumps(collection(feature)))
    [ring] = read_boundaries(file, {"8716"})["8716"]
    assert len(ring) == 20_001
    assert len(svg_path([[(1000 * lat, 1000 * lon) for lat, lon in ring]])) < 80_000
