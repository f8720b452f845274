"""``out_of_service``: how many things were withdrawn."""

from typing import Literal

from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.standing import AFTER_ALL, BEFORE_ALL, Stands, withdrawn
from ioc.kpis.view import KpiValues, Moment, View, counted
from ioc.kpis.wording import Writer
from ioc.time.windows import Window


class OutOfService(Stands):
    """How many things were declared out of service and not heard of since; by their id, each of these."""

    kind: Literal["out_of_service"]
    presence: str
    possibly_empty: bool = True
    """By their id there is nothing to see for as long as no thing is withdrawn."""

    def measure(self) -> Measure:
        return withdrawn(self.presence, self.where)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        counts = view.sums(self.measure(), grouping, window)
        return counted({labels: count for labels, count in counts.items() if count or not grouping})

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        return BEFORE_ALL, AFTER_ALL

    def formula(self, say: Writer) -> str:
        return f"{say('số', 'number of')} {say.presence(self.presence)} {say('đã ngừng hoạt động', 'out of service')}"
