"""The figures of an alert on a KPI, as they are when somebody is told of it."""

from dataclasses import dataclass

WORST = 10
"""How many places of a breakdown are named."""


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
    breakdowns: tuple[AlertBreakdown, ...] = ()
