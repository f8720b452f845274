"""The figures that Prometheus writes into an alert's annotation ``figures``, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANNOTATION = "figures"


@dataclass(frozen=True, slots=True)
class AlertFigure:
    """A value; a ratio with what it was made of."""

    value: float
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """The values of a breakdown's labels, such as one commune, with its figure."""

    codes: tuple[str, ...]
    figure: AlertFigure


@dataclass(frozen=True, slots=True)
class AlertBreakdown:
    """How many label sets of one breakdown break the limit, and the worst of them, the worst first."""

    labels: tuple[str, ...]
    count: int
    worst: tuple[WorstPlace, ...]


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """What an alert on a KPI is about."""

    whole: AlertFigure | None
    hour_ago: float | None
    """The whole's value an hour before."""
    simulated: bool
    breakdowns: tuple[AlertBreakdown, ...]


def alert_figures(annotations: Mapping[str, str]) -> AlertFigures | None:
    """The figures of an alert; None where it has none, or where Prometheus wrote an error instead."""
    try:
        data = json.loads(annotations[ANNOTATION], parse_constant=lambda _: None)
        return AlertFigures(
            whole=_figure(data),
            hour_ago=data["hour_ago"],
            simulated=bool(data["simulated"]),
            # The first element is always null, so that every breakdown can be preceded by a comma.
            breakdowns=tuple(_breakdown(each) for each in data["breakdowns"] if each is not None),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _figure(data: Mapping[str, Any]) -> AlertFigure | None:
    value = data["value"]
    return None if value is None else AlertFigure(float(value), data.get("numerator"), data.get("denominator"))


def _breakdown(data: Mapping[str, Any]) -> AlertBreakdown:
    places = [(tuple(place["at"]), _figure(place)) for place in data["worst"] if place is not None]
    worst = tuple(WorstPlace(codes, figure) for codes, figure in places if figure is not None)
    return AlertBreakdown(tuple(data["by"]), int(data["count"]), worst)
