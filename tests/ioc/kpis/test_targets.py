"""Reported values against the plan of the year."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import pytest

from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.kpis.targets import LatestSpec, Progress, ShareBelow, expected_share
from ioc.kpis.view import KpiValues
from ioc.text.bilingual import Text
from ioc.time.durations import Duration
from ioc.time.windows import Window

TEXT = Text(vi="Chậm so với mốc", en="Behind the milestone")
MILESTONES = ["march", "june", "september", "december"]
SHARES = {"march": 0.1, "june": 0.3, "september": 0.5, "december": 1.0}

BEHIND = Progress(
    kind="progress",
    name=TEXT,
    description=TEXT,
    unit="ratio",
    windows=["total"],
    at_each="indicator",
    actual=LatestSpec(of="target.reported", field="reached"),
    plan=LatestSpec(of="target.set", field="plan"),
    milestones=MILESTONES,
)
ON_TRACK = ShareBelow(
    kind="share_below",
    name=TEXT,
    description=TEXT,
    unit="ratio",
    windows=["total"],
    of="behind",
    across="indicator",
    below=0.05,
)


def local(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 12, tzinfo=timezone(timedelta(hours=7))).timestamp())


class Reports:
    """A view of what was reported of each indicator, each with a plan of 200."""

    def __init__(self, now: int, reached: Mapping[str, float], reported: int | None = None) -> None:
        self.now = now
        self._reached = reached
        self._reported = now if reported is None else reported

    def latest(self, measure: Measure, grouping: Grouping) -> Mapping[Labels, tuple[int, float]]:
        known = {"plan": 200.0, **SHARES}
        return {
            (indicator,): (self._reported, known.get(measure.amount or "", reached))
            for indicator, reached in self._reached.items()
        }

    def kpi(self, slug: str, grouping: Grouping, window: Window) -> KpiValues:
        return BEHIND.values(self, grouping, window)

    def after(self, duration: Duration) -> int:
        raise NotImplementedError

    def sums(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, int]:
        raise NotImplementedError

    def buckets(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, Mapping[int | str, int]]:
        raise NotImplementedError

    def pane_sums(self, measure: Measure, grouping: Grouping, size: int, start: int) -> Mapping[Labels, int]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("month", "day", "share"),
    [(3, 31, 0.1), (6, 30, 0.3), (9, 30, 0.5), (12, 31, 1.0), (10, 31, 0.5 + 0.5 * 31 / 92)],
)
def test_a_milestone_is_expected_on_its_day_and_a_straight_line_between(month: int, day: int, share: float) -> None:
    assert expected_share(local(2025, month, day), list(SHARES.values())) == pytest.approx(share)


def test_behind_is_what_was_due_less_what_was_reached() -> None:
    view = Reports(local(2025, 9, 30), {"public_investment": 80, "exports": 120})
    values = BEHIND.values(view, ("indicator",), "total")
    assert {labels: value.value for labels, value in values.items()} == {
        ("public_investment",): pytest.approx(0.1),
        ("exports",): pytest.approx(-0.1),
    }


def test_last_years_result_says_nothing_of_this_years_plan() -> None:
    view = Reports(local(2026, 1, 2), {"public_investment": 200}, reported=local(2025, 12, 31))
    assert BEHIND.values(view, ("indicator",), "total") == {}
    assert ON_TRACK.values(view, (), "total") == {}


def test_on_track_counts_the_indicators_less_than_five_points_behind() -> None:
    view = Reports(local(2025, 9, 30), {"public_investment": 80, "exports": 120, "revenue": 92})
    value = ON_TRACK.values(view, (), "total")[()]
    assert (value.numerator, value.denominator) == (2, 3)
