"""What the kinds on the newest event of each of several things share."""

from abc import abstractmethod
from collections.abc import Iterable

from pydantic import Field

from ioc.kpis.base import Filtered
from ioc.kpis.measures import Grouping, Labels, Measure, Needed
from ioc.kpis.view import View
from ioc.time.instants import EpochSeconds


class LatestOfThings(Filtered):
    """A KPI of the newest event of each thing."""

    of: str
    per: list[str] = Field(default_factory=list)
    """The fields that name the thing: each keeps its own latest value."""

    only_windows = ("total",)

    @property
    def things(self) -> list[str]:
        return self.per

    @abstractmethod
    def measure(self) -> Measure:
        """What is kept of the newest event."""

    def measures(self) -> list[Measure]:
        return [self.measure()]

    def needed(self) -> Iterable[Needed]:
        return [Needed(self.measure(), self._kept(grouping), "total") for grouping in self.groupings]

    def latest(self, view: View, grouping: Grouping) -> dict[Labels, list[tuple[EpochSeconds, float]]]:
        """For each label set its things' newest event times and values."""
        things: dict[Labels, list[tuple[EpochSeconds, float]]] = {}
        for labels, latest in view.latest(self.measure(), self._kept(grouping)).items():
            things.setdefault(labels[: len(grouping)], []).append(latest)
        return things

    def _kept(self, grouping: Grouping) -> Grouping:
        return (*grouping, *(field for field in self.per if field not in grouping))
