"""What every kind of KPI has in common.

A kind says three things: which measures the engine must keep for it, which
other KPIs it is derived from, and how its value reads from those at a given
moment. It never sees an event or a clock.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ioc.kpis.measures import Grouping, Measure, Needed, Where
from ioc.kpis.view import KpiValue, KpiValues, Moment, View
from ioc.text.bilingual import Text
from ioc.time.durations import Elapsed, parse_duration
from ioc.time.windows import Window

MINIMUM_SAMPLE_OF_RATIOS = 30


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


class ReportingSpec(BaseModel):
    """When a report is due: before that the KPI is grey, "not due"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calendar: Literal["every_day", "working_days", "school_days"] = "every_day"
    by: str = "00:00"
    """Local time of day."""


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


class Kpi(BaseModel):
    """One indicator of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    name: Text
    description: Text
    unit: str
    """``ratio`` (0 to 1), ``seconds``, or the thing counted, in English plural."""
    windows: list[Window] = Field(min_length=1)
    by: list[GroupingSpec] = Field(default_factory=list)
    """The breakdowns exported beside the whole: a field, or a list of fields."""
    at_each: str | None = None
    """A field: the value is of each station or site, and the whole is the worst of them."""
    limits: LimitsSpec | None = None
    best: Literal["most", "least"] | None = None
    """Which end of a ranking of units is good; the limits' direction says it where there are limits."""
    reporting: ReportingSpec | None = None
    reported: bool = False
    """A figure that the source reports as it stands; it has no numerator."""
    possibly_empty: bool = False
    """It may have no value for long, and its panels say so."""
    source: str = ""

    ratio: ClassVar[bool] = False
    """Whether values carry numerator and denominator."""
    sampled: ClassVar[bool] = False
    """Whether values that are no ratio carry the number of cases behind them."""

    @property
    def groupings(self) -> list[Grouping]:
        """The whole and every breakdown."""
        own = [*self.by, (self.at_each,)] if self.at_each else self.by
        return [(), *dict.fromkeys(own)]

    @property
    def ranked(self) -> Literal["most", "least"] | None:
        """Which end of a ranking is good; None where neither is, as of a mere count."""
        if self.best is None and self.limits is not None:
            return "least" if self.limits.direction == "above" else "most"
        return self.best

    def needed(self) -> Iterable[Needed]:
        """What the engine keeps for this KPI; derived kinds keep nothing of their own."""
        return ()

    def inputs(self) -> Iterable[tuple[str, Window | None]]:
        """The KPIs it is derived from; a window given is read instead of the KPI's own."""
        return ()

    @abstractmethod
    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        """Its values for one grouping and window; a label set without a value is left out."""

    def needs_windows(self, *windows: Window) -> None:
        """Raise ValueError where a window is declared that this kind cannot be read in."""
        if not set(self.windows) <= set(windows):
            allowed = ", ".join(windows)
            raise ValueError(f"a KPI of kind {self.kind} has windows of its own; write windows: [{allowed}]")

    @property
    def minimum_sample(self) -> int:
        """The cases below which the KPI is grey."""
        if self.limits is not None and self.limits.minimum_sample is not None:
            return self.limits.minimum_sample
        return MINIMUM_SAMPLE_OF_RATIOS if self.ratio else 0

    @property
    def minimum_sample_of_ranks(self) -> int:
        """The cases below which a unit has no place in a ranking."""
        return self.minimum_sample or (MINIMUM_SAMPLE_OF_RATIOS if self.sampled else 0)

    def worst(self, values: Iterable[KpiValue]) -> KpiValue | None:
        """The worst value in the direction of the limits, of those with the minimum sample if any has it."""
        candidates = list(values)
        enough = [value for value in candidates if value.sample is None or value.sample >= self.minimum_sample]
        below = self.limits is not None and self.limits.direction == "below"
        return (min if below else max)(enough or candidates, key=lambda value: value.value, default=None)


class Stands(Kpi):
    """A KPI of what entities or presences are now, each of which stands in one instant: its stamp."""

    @abstractmethod
    def measure(self) -> Measure:
        """What it counts."""

    @abstractmethod
    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        """The instants, the second excluded, between which the stamps of those lie that somebody must look at."""
