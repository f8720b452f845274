"""A view of figures set by hand, to show what a kind of KPI reads from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from pydantic import TypeAdapter

from ioc.kpis.base import Kpi
from ioc.kpis.kinds import AnyKpi
from ioc.kpis.measures import SCALE, Grouping, Labels, Measure
from ioc.kpis.view import KpiValues
from ioc.time.durations import Duration
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import HOUR, Window

LOCAL = timezone(timedelta(hours=7))
NOW = EpochSeconds(int(datetime(2025, 9, 30, 15, 20, tzinfo=LOCAL).timestamp()))
HOUR_BEFORE = int(datetime(2025, 9, 30, 14, 0, tzinfo=LOCAL).timestamp())
"""The start of the last complete hour."""
LAST_HOUR = datetime.fromtimestamp(HOUR_BEFORE, LOCAL)
TEXT = {"vi": "a", "en": "a"}


@dataclass
class FixedView:
    """A view whose figures are given; windows and measures of the same accumulator share them."""

    now: EpochSeconds = NOW
    bucket_counts: Mapping[Labels, Mapping[int | str, int]] = field(default_factory=dict)
    newest: Mapping[Labels, tuple[int, float]] = field(default_factory=dict)
    counts: Mapping[Labels, int] = field(default_factory=dict)
    amounts: Mapping[Labels, int] = field(default_factory=dict)
    panes: Mapping[int, Mapping[Labels, int]] = field(default_factory=dict)
    """Counts by start of the pane."""
    pane_amounts: Mapping[int, Mapping[Labels, int]] = field(default_factory=dict)
    kpis: Mapping[tuple[str, Window], KpiValues] = field(default_factory=dict)
    heard_from: int | None = None
    """The oldest event time of every feed."""

    @property
    def reached(self) -> EpochSeconds:
        return self.now

    def after(self, duration: Duration) -> EpochSeconds:
        return EpochSeconds(self.now + duration.seconds)

    def sums(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, int]:
        return self.amounts if measure.amount else self.counts

    def buckets(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, Mapping[int | str, int]]:
        return self.bucket_counts

    def latest(self, measure: Measure, grouping: Grouping) -> Mapping[Labels, tuple[EpochSeconds, float]]:
        return {labels: (EpochSeconds(time), value) for labels, (time, value) in self.newest.items()}

    def pane_sums(
        self, measure: Measure, grouping: Grouping, size: Seconds, start: EpochSeconds
    ) -> Mapping[Labels, int]:
        assert size == HOUR
        return (self.pane_amounts if measure.amount else self.panes).get(start, {})

    def heard_since(self, event: str) -> EpochSeconds | None:
        return None if self.heard_from is None else EpochSeconds(self.heard_from)

    def kpi(self, slug: str, grouping: Grouping, window: Window) -> KpiValues:
        return self.kpis.get((slug, window), {})


def kpi_of(kind: str, **spec: object) -> Kpi:
    common = {"kind": kind, "name": TEXT, "description": TEXT, "unit": "things", "windows": ["total"]}
    kpi: Kpi = TypeAdapter(AnyKpi).validate_python(common | spec)
    return kpi


def plain(values: KpiValues) -> dict[Labels, float]:
    return {labels: value.value for labels, value in values.items()}


def air(kind: str, hours: int, first: int = 0, value: float = 25.0, **spec: object) -> tuple[Kpi, FixedView]:
    """PM2.5 at station 1, two measurements an hour, for so many hours that end ``first`` hours before the last."""
    starts = [HOUR_BEFORE - age * HOUR for age in range(first, first + hours)]
    view = FixedView(
        panes={start: {("1", "pm25"): 2} for start in starts},
        pane_amounts={start: {("1", "pm25"): int(2 * value * SCALE)} for start in starts},
    )
    return kpi_of(kind, of="measurement.taken", at_each="station", **spec), view


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())
