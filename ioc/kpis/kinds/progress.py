"""``progress``: how far a reported value is behind the target set for the year."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Writer
from ioc.text.bilingual import Text
from ioc.time.instants import EpochSeconds
from ioc.time.windows import UTC_OFFSET, Window


class LatestSpec(BaseModel):
    """The latest value of a field of an event."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str
    field: str


class Progress(Filtered):
    """How far ``actual`` over ``plan`` is behind the milestone of the date, in points of share (0.05 is five points).

    Milestones are shares of the plan to be reached by the ends of quarters; between them the expected share moves
    in a straight line, from 0 on 1 January. Ahead of the milestone is negative. Without a report in the current
    year there is no value: last year's result says nothing of this year's plan.
    """

    kind: Literal["progress"]

    of_zero: ClassVar[Text | None] = Text("đúng bằng mốc của ngày", "exactly at the milestone of the date")

    signed: ClassVar[bool] = True

    actual: LatestSpec
    plan: LatestSpec
    milestones: list[str] = Field(min_length=4, max_length=4)
    """The fields of the plan's event that hold the shares to be reached by 31/3, 30/6, 30/9 and 31/12."""

    only_windows = ("total",)

    def measures(self) -> list[Measure]:
        """The actual value, the plan, the four milestones."""
        read = [(self.actual.of, self.actual.field)]
        read += [(self.plan.of, name) for name in (self.plan.field, *self.milestones)]
        return [Measure(facts.Happened(event), "latest", amount=name, where=self.where) for event, name in read]

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        actual, plan, *shares = (view.latest(measure, grouping) for measure in self.measures())
        this_year = year_start(view.now)
        values: dict[Labels, KpiValue] = {}
        for labels, (_, planned) in plan.items():
            reported, done = actual.get(labels, (EpochSeconds(0), 0.0))
            if planned > 0 and reported >= this_year and all(labels in share for share in shares):
                expected = expected_share(view.now, [share[labels][1] for share in shares])
                values[labels] = KpiValue(expected - done / planned)
        return values

    def formula(self, say: Writer) -> str:
        behind = say("mốc kế hoạch của ngày trừ", "the date's milestone less")
        return f"{behind} {say.field(self.actual.field)} / {say.field(self.plan.field)}"


def year_start(now: EpochSeconds) -> EpochSeconds:
    """Local midnight of the 1 January before an instant."""
    year = datetime.fromtimestamp(now + UTC_OFFSET, UTC).year
    return EpochSeconds(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) - UTC_OFFSET)


def expected_share(now: EpochSeconds, quarter_ends: list[float]) -> float:
    """The share expected at an instant, linear between the ends of quarters."""
    today = datetime.fromtimestamp(now + UTC_OFFSET, UTC).date()
    ends = [date(today.year - 1, 12, 31), *(date(today.year, month + 1, 1) - timedelta(days=1) for month in (3, 6, 9))]
    points = list(zip([*ends, date(today.year, 12, 31)], [0.0, *quarter_ends], strict=True))
    for (start, low), (end, high) in pairwise(points):
        if today <= end:
            return low + (high - low) * (today - start).days / (end - start).days
    raise AssertionError("every day of a year is at most its 31 December")
