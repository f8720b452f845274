"""``duration``: how long entities take from their opening to an event."""

from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.histogram import quantile
from ioc.kpis.limits import effective_limits
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class DurationKpi(Filtered):
    """A quantile of the time from an entity's opening to an event, its suspensions left out."""

    kind: Literal["duration"]
    to: str
    quantile: float = Field(gt=0, lt=1)

    sampled = True
    only_unit = "seconds"

    def measures(self) -> tuple[Measure]:
        return (Measure(facts.Happened(self.to), "buckets", bucket=facts.took(self._edges), where=self.where),)

    @property
    def _edges(self) -> tuple[int, ...]:
        """Where its histogram has edges of its own (ms): at all that its value is judged by."""
        limits = effective_limits(self)
        levels = [] if limits is None else [limits.warning, limits.critical]
        judged = {edge for level in levels if level is not None for edge in (level.raised, level.clear)}
        return tuple(sorted(round(edge * 1000) for edge in judged))

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        (took,) = self.measures()
        values = {}
        for labels, counts in view.buckets(took, grouping, window).items():
            histogram = {int(bucket): count for bucket, count in counts.items() if count > 0}
            if histogram:
                values[labels] = KpiValue(
                    quantile(histogram, self.quantile, self._edges), sample=sum(histogram.values())
                )
        return values

    def formula(self, say: Writer) -> str:
        took = say("của thời gian từ khi mở đến", "of the time from opening to")
        apart = say("không kể thời gian tạm dừng", "suspensions left out")
        return f"p{self.quantile * 100:g} {took} {say.events([self.to])}, {apart}"
