"""Reported values against the plan of the year."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.kinds.progress import LatestSpec, Progress, expected_share
from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.text.bilingual import Text
from ioc.time.instants import EpochSeconds
from tests.ioc.kpis.fixed_view import FixedView, seconds

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


def local(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 12, tzinfo=timezone(timedelta(hours=7))).timestamp())


class Reports(FixedView):
    """What was reported of each indicator, each with a plan of 200."""

    def __init__(self, now: int, reached: Mapping[str, float], reported: int | None = None) -> None:
        super().__init__(now)
        self._reached = reached
        self._reported = now if reported is None else reported

    def latest(self, measure: Measure, grouping: Grouping) -> Mapping[Labels, tuple[EpochSeconds, float]]:
        known = {"plan": 200.0, **SHARES}
        return {
            (indicator,): (EpochSeconds(self._reported), known.get(measure.amount or "", reached))
            for indicator, reached in self._reached.items()
        }


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


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_what_is_expected_grows_by_the_day_towards_the_end_of_each_quarter(day: date, ends: list[float]) -> None:
    quarter = (day.month - 1) // 3
    year = [date(day.year, 1, 1) + timedelta(days=number) for number in range(366)]
    days = [each for each in year if each.year == day.year and (each.month - 1) // 3 == quarter]
    low, high = [0.0, *ends][quarter], ends[quarter]
    wanted = low + (high - low) * (days.index(day) + 1) / len(days)
    noon = seconds(datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
    assert expected_share(noon, ends) == pytest.approx(wanted)
