"""The boundaries of units as an office has them: a GeoJSON FeatureCollection (RFC 7946), each feature a unit's area."""

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

MOST_OCTETS = 20_000_000
"""A province's communes at a metre's detail have less; a screen shows a thousandth of it."""
CODE = "code"
"""The property that holds the unit's code."""

Ring = list[tuple[float, float]]
"""Latitudes and longitudes in degrees, the first again at the end."""
Areas = Mapping[str, list[Ring]]
"""By unit; rings within others are holes."""


class BoundariesError(ValueError):
    """A file that is no such collection; the message names file, feature, field and fix."""


def read_boundaries(file: Path, units: Collection[str]) -> Areas:
    """The areas of units, by their codes. Raises BoundariesError, OSError."""
    size = file.stat().st_size
    if size > MOST_OCTETS:
        raise BoundariesError(
            f"{file}: has {size:,} octets, more than {MOST_OCTETS:,} — simplify the lines, to ten metres, say"
        )
    try:
        found = json.loads(file.read_bytes())
    except ValueError as error:
        raise BoundariesError(f"{file}: is no JSON: {error} — export it as GeoJSON") from None
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise BoundariesError(f"{file}: type: is no FeatureCollection — export it as GeoJSON, all communes in one file")
    features = found.get("features")
    if not isinstance(features, list) or not features:
        raise BoundariesError(f"{file}: features: there is none — a feature for each unit belongs there")
    areas: dict[str, list[Ring]] = {}
    for number, feature in enumerate(features):
        where = f"{file}: features[{number}]"
        code, rings = _feature(where, feature)
        if code not in units:
            raise BoundariesError(
                f"{where}.properties.{CODE}: {code!r} is no unit — write a code of the catalogue's units, such as "
                f"{min(units, default='none')}, or leave the feature out"
            )
        areas.setdefault(code, []).extend(rings)
    return areas


def _feature(where: str, feature: Any) -> tuple[str, list[Ring]]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get(CODE) if isinstance(properties, dict) else None
    if isinstance(code, bool) or not isinstance(code, str | int):
        raise BoundariesError(f"{where}.properties.{CODE}: is missing — write the unit's code there")
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in {"Polygon", "MultiPolygon"}:
        raise BoundariesError(f"{where}.geometry.type: {kind!r} is no area — write Polygon or MultiPolygon")
    coordinates = geometry.get("coordinates")
    try:
        polygons = [coordinates] if kind == "Polygon" else coordinates
        return str(code), [_ring(ring) for polygon in polygons for ring in polygon]
    except (TypeError, ValueError, LookupError) as error:
        raise BoundariesError(
            f"{where}.geometry.coordinates: {error} — write longitude, latitude in degrees (WGS 84), each ring closed"
        ) from None


def _ring(ring: Any) -> Ring:
    """Raises TypeError, ValueError, LookupError."""
    places = [(float(position[1]), float(position[0])) for position in ring]
    if len(places) < 4 or places[0] != places[-1]:
        raise ValueError("a ring has fewer than four places or is not closed")
    for latitude, longitude in places:
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValueError(f"[{longitude:g}, {latitude:g}] is no place on the earth")
    return places


def svg_path(rings: list[list[tuple[float, float]]]) -> str:
    """Rings of pixels as the ``d`` of a path, to a tenth of a pixel; what falls onto one place is one place."""
    return "".join(f"M{'L'.join(f'{x:g} {y:g}' for x, y in _apart(ring))}Z" for ring in rings)


def _apart(ring: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    rounded = [(round(x, 1), round(y, 1)) for x, y in ring]
    yield rounded[0]
    yield from (place for before, place in pairwise(rounded) if place != before)
