"""``distinct``: how many different values of a field were seen."""

from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class Distinct(Filtered):
    """How many different values of a field were seen."""

    kind: Literal["distinct"]
    of: list[str] = Field(min_length=1)
    field: str

    def measures(self) -> list[Measure]:
        return [Measure(facts.Happened(event), "buckets", bucket=self.field, where=self.where) for event in self.of]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        seen: dict[Labels, set[int | str]] = {}
        for measure in self.measures():
            for labels, counts in view.buckets(measure, grouping, window).items():
                seen.setdefault(labels, set()).update(counts)
        return {labels: KpiValue(len(values)) for labels, values in seen.items()}

    def formula(self, say: Writer) -> str:
        different = say("số giá trị khác nhau của", "number of different")
        return f"{different} {say.field(self.field)} {say('trong', 'in')} {say.events(self.of)}"
