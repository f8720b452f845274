"""Socio-economic targets: plans of the year with milestones, and reports of what was reached."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from ioc.kpis.kinds.progress import expected_share
from ioc.scenarios.events import INTEGER, NUMBER, Event, Writer, midnight, source_totals
from ioc.scenarios.setting import FIRST_DAY, LAST_DAY, Setting, date_of
from ioc.scenarios.timeline import Remembering
from ioc.time.instants import EpochSeconds

SLUG = "socioeconomic"
_set = Writer(
    SLUG, "target.set", "indicator", year=INTEGER, plan=NUMBER, share_by_march=NUMBER, share_by_june=NUMBER,
    share_by_september=NUMBER, share_by_december=NUMBER,
)  # fmt: skip
_reported = Writer(SLUG, "target.reported", "indicator", year=INTEGER, reached=NUMBER)


class Target(NamedTuple):
    """A target of the year: its plan, its milestones, how far it is behind them, whether it is reported each day."""

    indicator: str
    plan: float
    milestones: tuple[float, float, float, float]
    behind: float
    daily: bool = False


# M: plausible figures. Disbursement is no straight line; social housing is the one that lags.
TARGETS = (
    Target("public_investment", 38_500, (0.1, 0.35, 0.6, 1.0), 0.021, daily=True),
    Target("budget_revenue", 52_000, (0.27, 0.52, 0.76, 1.0), -0.06, daily=True),
    Target("exports", 28_400, (0.22, 0.47, 0.74, 1.0), -0.01),
    Target("retail_sales", 121_000, (0.24, 0.49, 0.74, 1.0), 0.005),
    Target("foreign_investment", 880, (0.2, 0.5, 0.75, 1.0), 0.03),
    Target("new_enterprises", 4_200, (0.25, 0.5, 0.75, 1.0), 0.0),
    Target("social_housing", 9_800, (0.1, 0.3, 0.55, 1.0), 0.09),
)


class Targets(Remembering):
    """Plans on the first day; two targets are reported each working day, all at a month's end."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        date, noon = date_of(day), midnight(day)
        if day == FIRST_DAY or (date.month, date.day) == (1, 1):
            for target in TARGETS:
                yield _set(noon + 7 * 3600, target.indicator.encode(), date.year, target.plan, *target.milestones)
        if day == LAST_DAY:
            reports = sum(len(self._due(before)) for before in range(FIRST_DAY, day))
            yield from source_totals(SLUG, day, [("reports", reports)])
        for number, target in self._due(day):
            time = EpochSeconds(noon + 15 * 3600 + number * 900)
            share = expected_share(time, list(target.milestones)) - target.behind
            yield _reported(time, target.indicator.encode(), date.year, max(0.0, share) * target.plan)

    def _due(self, day: int) -> list[tuple[int, Target]]:
        """The targets that are reported on a day, with their places among all."""
        if not self._setting.is_working(day):
            return []
        # The scenario's last day is the last of a month; elsewhere all report on the first day, and monthly.
        monthly = day in (FIRST_DAY, LAST_DAY) or (date_of(day) + timedelta(days=1)).day == 1
        return [(number, target) for number, target in enumerate(TARGETS) if target.daily or monthly]


def feeds(setting: Setting) -> list[Targets]:
    """The feed of this subsystem."""
    return [Targets(setting)]
