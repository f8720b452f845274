"""``surge``: the last hour against what is usual at that hour."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import ClassVar, Literal

from ioc.kpis import facts
from ioc.kpis.base import AtEachOnly, Filtered
from ioc.kpis.measures import Grouping, Labels, Measure, Needed
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import DAY, HOUR, Window, pane_start

DAYS = 28
LEAST_DAYS = 7
"""With fewer days of history there is no telling what is usual."""


class Surge(AtEachOnly, Filtered):
    """For each value of a field: events of the last complete hour over the median of the same hour of 28 days.

    A day on which the feed was there and nothing came is a day of none: an hour that is usually quiet is a baseline,
    too. A median below 1 counts as 1.
    """

    kind: Literal["surge"]

    of_zero: ClassVar[Text | None] = Text("giờ vừa qua không có sự kiện nào", "nothing came in the hour that passed")

    of: str

    only_windows = ("1h",)
    reads_silence = True
    looks_back = Seconds(DAYS * DAY + HOUR)

    def measures(self) -> tuple[Measure]:
        return (Measure(facts.Happened(self.of), where=self.where),)

    def needed(self) -> list[Needed]:
        return [Needed(measure, (self.at_each,), "24h") for measure in self.measures()]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        (events,) = self.measures()
        hour = pane_start(HOUR, view.now) - HOUR
        hours = [EpochSeconds(hour - day * DAY) for day in range(DAYS + 1)]
        days = [view.pane_sums(events, (self.at_each,), HOUR, start) for start in hours]
        history = days[1 : 1 + self._days_known(view, hours, days)]
        values: dict[Labels, KpiValue] = {}
        if len(history) >= LEAST_DAYS:
            for labels, count in days[0].items():
                usual = max(1.0, median(day.get(labels, 0) for day in history))
                values[labels] = KpiValue(count / usual, sample=count)
        return values

    def _days_known(self, view: View, hours: Sequence[EpochSeconds], days: Sequence[Mapping[Labels, int]]) -> int:
        """For how many days back the feed is known to have been there; it was on the oldest day that has events."""
        since = view.heard_since(self.of)
        oldest = max((day for day, counts in enumerate(days) if any(counts.values())), default=0)
        return max(oldest, sum(since is not None and since <= hour for hour in hours[1:]))

    def formula(self, say: Writer) -> str:
        usual = say(
            f"trong giờ vừa qua / trung vị của cùng giờ trong {DAYS} ngày",
            f"in the last complete hour / median of the same hour over {DAYS} days",
        )
        return f"{say('số', 'number of')} {say.events([self.of])} {usual}"
