"""``alarm_level``: latest values held against alarm levels that differ from station to station."""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, FiniteFloat

from ioc.kpis import facts
from ioc.kpis.base import AtEachOnly, Filtered
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.specs import FactorsSpec, factors_of
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.windows import Window


def _rising(levels: list[float]) -> list[float]:
    if any(lower >= higher for lower, higher in pairwise(levels)):
        raise ValueError("these levels do not rise; write the lowest first, and each once")
    return levels


Levels = Annotated[list[FiniteFloat], Field(min_length=1), AfterValidator(_rising)]


class AlarmLevel(AtEachOnly, Filtered):
    """At each station: how many of its alarm levels the latest value has reached, 0 below the first."""

    kind: Literal["alarm_level"]

    of_zero: ClassVar[Text | None] = Text(
        "chưa trạm nào chạm mức báo động đầu tiên", "no station has reached its first alarm level"
    )

    of: str
    field: str
    levels: dict[str, Levels] = Field(min_length=1)
    """For each station its alarm levels, the lowest first."""
    factors: FactorsSpec | None = None

    only_windows = ("total",)

    def measures(self) -> tuple[Measure]:
        fact, factors = facts.Happened(self.of), factors_of(self.factors)
        return (Measure(fact, "latest", amount=self.field, where=self.where, factors=factors),)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        (latest,) = self.measures()
        return {
            (station,): KpiValue(sum(value >= level for level in self.levels[station]))
            for (station,), (_, value) in view.latest(latest, (self.at_each,)).items()
            if station in self.levels
        }

    def formula(self, say: Writer) -> str:
        reached = say("số mức báo động mà giá trị mới nhất của", "alarm levels reached by the latest")
        return f"{reached} {say.field(self.field)}{say(' đã đạt', '')}"
