"""``last``: the latest value of a field."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

from ioc.kpis import facts
from ioc.kpis.latest import LatestOfThings
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.specs import FactorsSpec, factors_of
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.instants import EpochSeconds
from ioc.time.windows import Window

_COMBINED: Mapping[str, Callable[[list[tuple[EpochSeconds, float]]], float]] = {
    "sum": lambda latest: sum(value for _, value in latest),
    "max": lambda latest: max(value for _, value in latest),
    "min": lambda latest: min(value for _, value in latest),
    "mean": lambda latest: sum(value for _, value in latest) / len(latest),
    "newest": lambda latest: max(latest)[1],
    "count": lambda latest: float(len(latest)),
}
_IN_WORDS = {
    "sum": Text("tổng các giá trị mới nhất của", "sum of the latest values of"),
    "max": Text("lớn nhất trong các giá trị mới nhất của", "largest of the latest values of"),
    "min": Text("nhỏ nhất trong các giá trị mới nhất của", "smallest of the latest values of"),
    "mean": Text("trung bình các giá trị mới nhất của", "mean of the latest values of"),
    "newest": Text("giá trị mới nhất của", "latest value of"),
    "count": Text("số lượng giá trị mới nhất của", "number of latest values of"),
}


class Last(LatestOfThings):
    """The latest value of a field; several things' latest values are combined, or the things counted."""

    kind: Literal["last"]

    of_zero: ClassVar[Text | None] = Text("giá trị gần nhất được gửi là 0", "the value sent last is 0")

    field: str
    combine: Literal["sum", "max", "min", "mean", "newest", "count"] = "newest"
    factors: FactorsSpec | None = None

    def measure(self) -> Measure:
        fact, factors = facts.Happened(self.of), factors_of(self.factors)
        return Measure(fact, "latest", amount=self.field, where=self.where, factors=factors)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        # Where it is read at each of several things, the view leaves out those that fell silent.
        oldest = 0 if self.silent_after is None or self.at_each else view.reached - self.silent_after.seconds
        values = {}
        for labels, things in self.latest(view, grouping).items():
            if young := [latest for latest in things if latest[0] >= oldest]:
                values[labels] = KpiValue(_COMBINED[self.combine](young))
        return values

    def formula(self, say: Writer) -> str:
        latest = f"{say.text(_IN_WORDS[self.combine])} {say.field(self.field)}{say.of_each(self.per)}"
        return f"{latest} {say.in_events([self.of])}"
