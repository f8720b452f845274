"""The kinds of KPI, one class each: what the engine keeps for it and how its value is read from that."""

from typing import Annotated

from pydantic import Field

from ioc.kpis.air import Exceedance, VnAqi
from ioc.kpis.amounts import Age, DurationKpi, Last, Mean, Sum
from ioc.kpis.counting import Alive, Count, Distinct, Oldest, OnTime, Open, OpenLongerThan, Overdue
from ioc.kpis.derived import Declared, Difference, Ratio
from ioc.kpis.levels import AlarmLevel
from ioc.kpis.reporting import Reported
from ioc.kpis.surge import Surge
from ioc.kpis.targets import Progress, ShareBelow

AnyKpi = Annotated[
    Count
    | OnTime
    | Open
    | Overdue
    | Oldest
    | OpenLongerThan
    | Distinct
    | Alive
    | Sum
    | Mean
    | Last
    | Age
    | DurationKpi
    | VnAqi
    | Exceedance
    | AlarmLevel
    | Surge
    | Reported
    | Ratio
    | Difference
    | Progress
    | ShareBelow
    | Declared,
    Field(discriminator="kind"),
]
"""Any KPI of the catalogue, told apart by its ``kind``."""
