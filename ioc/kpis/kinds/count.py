"""``count``: how many events."""

from typing import Literal

from pydantic import Field

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.view import KpiValues, View, counted, total
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class Count(Filtered):
    """How many events; of an entity's lifecycle only those that took effect.

    A handled dossier counts once however often it is reported handled, and no more once it is reopened or voided.
    """

    kind: Literal["count"]
    of: list[str] = Field(min_length=1)

    def measures(self) -> list[Measure]:
        return [Measure(facts.Happened(event), where=self.where) for event in self.of]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return counted(total(view.sums(measure, grouping, window) for measure in self.measures()))

    def formula(self, say: Writer) -> str:
        return f"{say('số', 'number of')} {say.events(self.of)}"
