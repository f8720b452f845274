"""``declared``: a number of the catalogue itself."""

from typing import ClassVar, Literal

from ioc.kpis.base import Kpi
from ioc.kpis.measures import Grouping
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.windows import Window


class Declared(Kpi):
    """A number that the province declares in the catalogue, such as an inventory."""

    kind: Literal["declared"]

    of_zero: ClassVar[Text | None] = Text("tỉnh đã khai báo là 0", "the province declared 0")

    value: float

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        return {(): KpiValue(self.value)} if grouping == () else {}

    def formula(self, say: Writer) -> str:
        return f"{say.number(self.value)}, {say('khai báo trong danh mục', 'declared in the catalogue')}"
