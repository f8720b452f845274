"""The last hour against what is usual."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.measures import Labels
from ioc.kpis.view import KpiValue
from ioc.time.windows import DAY
from tests.ioc.kpis.fixed_view import HOUR_BEFORE, LAST_HOUR, FixedView, kpi_of, plain, seconds


def hourly_mentions(usual: list[int], now: int) -> dict[int, Mapping[Labels, int]]:
    """Mentions of the topic flood at the same hour of past days, the newest first, and in the last hour."""
    days: dict[int, Mapping[Labels, int]] = {
        HOUR_BEFORE - (age + 1) * DAY: {("flood",): count} for age, count in enumerate(usual)
    }
    return {HOUR_BEFORE: {("flood",): now}, **days}


def test_surge_is_against_the_median_of_that_hour() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    view = FixedView(panes=hourly_mentions([1, 2, 4, 8, 100, 3, 5], now=24))
    assert surge.values(view, (), "1h") == {("flood",): KpiValue(6.0, sample=24)}


def test_surge_of_something_new_is_against_one() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    panes: dict[int, Mapping[Labels, int]] = {HOUR_BEFORE - day * DAY: {("roads",): 5} for day in range(1, 29)}
    view = FixedView(panes={**panes, HOUR_BEFORE: {("flood",): 20}})
    assert plain(surge.values(view, (), "1h")) == {("flood",): 20.0}


def test_500_mentions_at_an_hour_of_which_28_days_had_none_are_a_surge() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    view = FixedView(panes={HOUR_BEFORE: {("flood",): 500}}, heard_from=HOUR_BEFORE - 28 * DAY)
    assert surge.values(view, (), "1h") == {("flood",): KpiValue(500.0, sample=500)}


def test_quiet_days_count_from_when_the_feed_was_first_heard() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    panes = {HOUR_BEFORE - 2 * DAY: {("flood",): 9}, HOUR_BEFORE: {("flood",): 20}}
    for days, values in ((6, {}), (7, {("flood",): 20.0})):
        view = FixedView(panes=panes, heard_from=HOUR_BEFORE - days * DAY)
        assert plain(surge.values(view, (), "1h")) == values


def test_surge_has_no_value_before_seven_days_of_history() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    assert surge.values(FixedView(panes=hourly_mentions([1] * 6, now=24)), (), "1h") == {}
    assert surge.values(FixedView(panes=hourly_mentions([1] * 7, now=24)), (), "1h") != {}


def test_surge_looks_back_28_days_and_no_further() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    view = FixedView(panes=hourly_mentions([2] * 28 + [1_000] * 100, now=4))
    assert plain(surge.values(view, (), "1h")) == {("flood",): 2.0}


TOPICS = st.dictionaries(st.sampled_from(["flood", "roads", "water"]), st.integers(0, 60))


@given(st.lists(TOPICS, min_size=1, max_size=40))
def test_a_surge_is_the_last_hour_over_the_middle_of_that_hour_in_28_days(days: list[dict[str, int]]) -> None:
    panes = {
        seconds(LAST_HOUR - timedelta(days=age)): {(topic,): count for topic, count in day.items()}
        for age, day in enumerate(days)
    }
    # The feed was there on the oldest day that has mentions, and on all days since.
    oldest = max((age for age, day in enumerate(days[:29]) if sum(day.values())), default=0)
    past = days[1 : oldest + 1]
    wanted = {}
    for topic, count in days[0].items() if len(past) >= 7 else ():
        usual = sorted(day.get(topic, 0) for day in past)
        middle = (usual[(len(usual) - 1) // 2] + usual[len(usual) // 2]) / 2
        wanted[topic,] = count / max(1, middle)
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    assert plain(surge.values(FixedView(panes=panes), (), "1h")) == pytest.approx(wanted)
