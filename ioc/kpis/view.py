"""What a KPI reads: merged figures at one moment, and the values it makes of them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.time.durations import Duration
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import Window


class KpiValue(NamedTuple):
    """A KPI's value; ratios carry what they were made of."""

    value: float
    numerator: float | None = None
    denominator: float | None = None
    sample: float | None = None
    """How many cases stand behind it, where a minimum sample may be asked."""


KpiValues = Mapping[Labels, KpiValue]


class Moment(Protocol):
    """When figures are read."""

    @property
    def now(self) -> EpochSeconds:
        """The end of windows: what happened before it counts."""
        ...

    @property
    def reached(self) -> EpochSeconds:
        """What all partitions have reached of ``now``: where states stand that the clock alone moves."""
        ...

    def after(self, duration: Duration) -> EpochSeconds:
        """The instant that comes ``duration`` after `reached`, by the working calendar where it is working time."""
        ...


class View(Moment, Protocol):
    """Merged figures at one moment, as a kind reads them."""

    def sums(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, int]:
        """Sums over the window's panes; amounts in units of 1/SCALE."""
        ...

    def buckets(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, Mapping[int | str, int]]:
        """Counts per bucket over the window's panes."""
        ...

    def latest(self, measure: Measure, grouping: Grouping) -> Mapping[Labels, tuple[EpochSeconds, float]]:
        """Newest event time and the value it came with."""
        ...

    def pane_sums(
        self, measure: Measure, grouping: Grouping, size: Seconds, start: EpochSeconds
    ) -> Mapping[Labels, int]:
        """One pane's sums."""
        ...

    def heard_since(self, event: str) -> EpochSeconds | None:
        """The oldest event time of the feed that sends an event; None where it was never heard."""
        ...

    def kpi(self, slug: str, grouping: Grouping, window: Window) -> KpiValues:
        """The values of another KPI of the subsystem."""
        ...


def total(parts: Iterable[Mapping[Labels, int]]) -> dict[Labels, int]:
    """Sums of several measures, added per label set."""
    sums: dict[Labels, int] = {}
    for part in parts:
        for labels, amount in part.items():
            sums[labels] = sums.get(labels, 0) + amount
    return sums


def counted(counts: Mapping[Labels, int]) -> dict[Labels, KpiValue]:
    """Counts as values."""
    return {labels: KpiValue(count) for labels, count in counts.items()}
