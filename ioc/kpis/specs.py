"""Parts of KPIs as the catalogue writes them: conditions, breakdowns, factors, limits, reports."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ioc.kpis.measures import Factors, Grouping, Where
from ioc.time.durations import Elapsed, parse_duration
from ioc.time.windows import Window


def _grouping(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _where(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return tuple(
        sorted(
            (field, frozenset(allowed if isinstance(allowed, list) else [allowed])) for field, allowed in value.items()
        )
    )


WhereSpec = Annotated[Where, BeforeValidator(_where)]
GroupingSpec = Annotated[Grouping, BeforeValidator(_grouping)]


class FactorsSpec(BaseModel):
    """How an amount is converted: by the value of a field, such as the unit it was measured in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str
    of: dict[str, float]


def factors_of(spec: FactorsSpec | None) -> Factors | None:
    """The factors as measures have them."""
    return None if spec is None else (spec.by, tuple(sorted(spec.of.items())))


class LimitsSpec(BaseModel):
    """When a value is yellow and when it is red."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    direction: Literal["above", "below"]
    """``above``: broken at or above the limit; ``below``: broken strictly below it."""
    warning: float | None = None
    critical: float | None = None
    clear_warning: float | None = None
    clear_critical: float | None = None
    hold: Elapsed = Field(default_factory=lambda: parse_duration("5m"))
    minimum_sample: int | None = None
    """Below this denominator (or sample) the KPI is grey; 30 for ratios unless said."""
    window: Window | None = None
    """The window the limits hold for; the first of the KPI's windows unless said."""
    alert: Literal["page", "digest"] = "digest"
    reason: str
    """Where the limits come from: S, I or M with the reference."""


class ForecastSpec(BaseModel):
    """When a value that rises is expected to reach the next limit, should it go on as before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    over: Elapsed
    """The time before now whose trend it rests on, and the furthest that it looks ahead."""
    levels_of: str | None = None
    """Another KPI, whose alarm levels of the same things are the limits; the KPI's own limits unless said."""


class ReportingSpec(BaseModel):
    """When a report is due: before that the KPI is grey, "not due"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calendar: Literal["every_day", "working_days", "school_days"] = "every_day"
    by: str = "00:00"
    """Local time of day."""
