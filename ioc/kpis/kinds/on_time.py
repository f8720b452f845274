"""``on_time``: how many closings stood in a certain way to their deadline."""

from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.view import KpiValues, View, counted, total
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.windows import Window

_OUTCOMES = {
    "early": Text("trước hạn", "early"),
    "on_time": Text("đúng hạn", "on time"),
    "late": Text("quá hạn", "late"),
    "no_deadline": Text("không có hạn", "without a deadline"),
}


class OnTime(Filtered):
    """How many closings were early or on time against the main deadline; one without a deadline is neither."""

    kind: Literal["on_time"]
    of: list[str] = Field(min_length=1)
    outcomes: list[facts.Timeliness] = Field(default=["early", "on_time"])

    def measures(self) -> list[Measure]:
        where = tuple(sorted((*self.where, (facts.TIMELINESS, frozenset(self.outcomes)))))
        return [Measure(facts.Happened(event), where=where) for event in self.of]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return counted(total(view.sums(measure, grouping, window) for measure in self.measures()))

    def formula(self, say: Writer) -> str:
        outcomes = say.either(say.text(_OUTCOMES[outcome]) for outcome in self.outcomes)
        return f"{say('số', 'number of')} {say.events(self.of)} {outcomes}"
