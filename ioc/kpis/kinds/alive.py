"""``alive``: the share of things that give signs of life."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from ioc.kpis.base import Misuse
from ioc.kpis.measures import Grouping, Measure
from ioc.kpis.standing import BEFORE_ALL, Stands, seen
from ioc.kpis.view import KpiValue, KpiValues, Moment, View
from ioc.kpis.wording import Writer
from ioc.time.durations import Elapsed
from ioc.time.instants import EpochSeconds
from ioc.time.windows import Window


class Alive(Stands):
    """The share of things heard of within the time-out, of all that are known and in service.

    However long one is silent, it stays in the denominator until it is withdrawn.
    """

    kind: Literal["alive"]
    presence: str
    timeout: Elapsed
    inventory: int | None = Field(default=None, gt=0)
    """How many are in service at the least: so many are missed even where some were never heard of."""

    ratio = True
    only_unit = "ratio"

    def measure(self) -> Measure:
        return seen(self.presence, self.where)

    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        values = {}
        for labels, minutes in view.buckets(self.measure(), grouping, window).items():
            alive = heard_since(minutes, EpochSeconds(view.reached - self.timeout.seconds))
            known = max(self.inventory or 0, sum(minutes.values()))
            if known:
                values[labels] = KpiValue(alive / known, alive, known, known)
        return values

    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        """Those not heard of within the time-out."""
        return BEFORE_ALL, (moment.reached - self.timeout.seconds) // 60 * 60

    @property
    def expected(self) -> int | None:
        return self.inventory

    def formula(self, say: Writer) -> str:
        heard, known = say("có tín hiệu trong", "heard of within"), say("đang hoạt động", "in service")
        inventory = f", {say('ít nhất là', 'at least')} {self.inventory}" if self.inventory else ""
        return f"{say.presence(self.presence)} {heard} {self.timeout} / {known}{inventory}"

    def misuses(self) -> Iterable[Misuse]:
        if self.inventory is not None and self.by:
            message = "an inventory is declared for the whole only"
            yield Misuse("inventory", message, "drop by, or drop inventory")


def heard_since(minutes: Mapping[int | str, int], instant: EpochSeconds) -> int:
    """How many of the things, counted by the minute last heard of, were heard since ``instant``."""
    return sum(count for minute, count in minutes.items() if int(minute) >= instant // 60)
