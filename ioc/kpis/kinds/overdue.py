"""``overdue``: how many entities are open past a deadline."""

from collections.abc import Iterable
from typing import Literal

from ioc.kpis import facts
from ioc.kpis.measures import Grouping, Measure, Needed
from ioc.kpis.standing import BEFORE_ALL, Stands
from ioc.kpis.view import KpiValue, KpiValues, Moment, View
from ioc.kpis.wording import Writer
from ioc.time.durations import AnyDuration, Duration
from ioc.time.windows import WINDOWS, Window, span_of


class Overdue(Stands):
    """How many entities are open past a deadline; the clock moves it, no event need arrive.

    A suspended entity is not overdue. In a window other than ``total``: those that fell overdue within it and
    still are. With ``within``: those not yet overdue that will be within that time.

    A suspension moves every deadline by the working time that passes in it, also one that was set in elapsed time;
    one that is given anew meanwhile moves by what passes after that.
    """

    kind: Literal["overdue"]
    entity: str
    deadline: str = facts.MAIN_DEADLINE
    within: AnyDuration | None = None

    only_windows = WINDOWS

    @property
    def ahead(self) -> Duration | None:
        return self.within

    def measure(self) -> Measure:
        return Measure(facts.Due(self.entity, self.deadline), "buckets", bucket=facts.STAMP, where=self.where)

    def needed(self) -> Iterable[Needed]:
        return [Needed(self.measure(), grouping, "total") for grouping in self.groupings]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        first, last = self.cases_between(view, window)
        return {
            labels: KpiValue(sum(count for minute, count in minutes.items() if first <= int(minute) * 60 < last))
            for labels, minutes in view.buckets(self.measure(), grouping, "total").items()
        }

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        if self.within is not None:
            return moment.reached, moment.after(self.within)
        # A deadline before 1970 is a source's empty value, and passed all the same.
        return BEFORE_ALL if window == "total" else span_of(window, moment.now).start, moment.reached

    def formula(self, say: Writer) -> str:
        entities = f"{say('số', 'number of')} {say.entity(self.entity)}"
        deadline = f"({say.deadline(self.entity, self.deadline)})"
        if self.within is not None:
            return f"{entities} {say('đến hạn', 'due')} {deadline} {say('trong', 'within')} {self.within}"
        return f"{entities} {say('đang mở đã quá hạn', 'open and past their deadline')} {deadline}"
