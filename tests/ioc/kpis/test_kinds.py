"""What each kind of KPI reads from figures, shown on a view of numbers set by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ioc.kpis import AnyKpi
from ioc.kpis.amounts import duration_bucket, quantile
from ioc.kpis.base import Kpi
from ioc.kpis.measures import SCALE, Grouping, Labels, Measure
from ioc.kpis.view import KpiValue, KpiValues
from ioc.time.durations import Duration
from ioc.time.windows import DAY, HOUR, Window

LOCAL = timezone(timedelta(hours=7))
NOW = int(datetime(2025, 9, 30, 15, 20, tzinfo=LOCAL).timestamp())
HOUR_BEFORE = int(datetime(2025, 9, 30, 14, 0, tzinfo=LOCAL).timestamp())
"""The last complete hour."""
TEXT = {"vi": "a", "en": "a"}


@dataclass
class FixedView:
    """A view whose figures are given; windows and measures of the same accumulator share them."""

    now: int = NOW
    bucket_counts: Mapping[Labels, Mapping[int | str, int]] = field(default_factory=dict)
    newest: Mapping[Labels, tuple[int, float]] = field(default_factory=dict)
    counts: Mapping[Labels, int] = field(default_factory=dict)
    amounts: Mapping[Labels, int] = field(default_factory=dict)
    panes: Mapping[int, Mapping[Labels, int]] = field(default_factory=dict)
    """Counts by start of the pane."""
    pane_amounts: Mapping[int, Mapping[Labels, int]] = field(default_factory=dict)
    kpis: Mapping[tuple[str, Window], KpiValues] = field(default_factory=dict)

    def after(self, duration: Duration) -> int:
        return self.now + duration.seconds

    def sums(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, int]:
        return self.amounts if measure.amount else self.counts

    def buckets(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, Mapping[int | str, int]]:
        return self.bucket_counts

    def latest(self, measure: Measure, grouping: Grouping) -> Mapping[Labels, tuple[int, float]]:
        return self.newest

    def pane_sums(self, measure: Measure, grouping: Grouping, size: int, start: int) -> Mapping[Labels, int]:
        assert size == HOUR
        return (self.pane_amounts if measure.amount else self.panes).get(start, {})

    def kpi(self, slug: str, grouping: Grouping, window: Window) -> KpiValues:
        return self.kpis.get((slug, window), {})


def kpi_of(kind: str, **spec: object) -> Kpi:
    common = {"kind": kind, "name": TEXT, "description": TEXT, "unit": "things", "windows": ["total"]}
    kpi: Kpi = TypeAdapter(AnyKpi).validate_python(common | spec)
    return kpi


def plain(values: KpiValues) -> dict[Labels, float]:
    return {labels: value.value for labels, value in values.items()}


# Derived kinds


def test_difference_adds_and_takes_away() -> None:
    view = FixedView(
        kpis={
            ("received", "total"): {(): KpiValue(10), ("a",): KpiValue(4)},
            ("handled", "total"): {(): KpiValue(7)},
            ("withdrawn", "total"): {(): KpiValue(1), ("b",): KpiValue(2)},
        }
    )
    backlog = kpi_of("difference", of=["received", "-handled", "-withdrawn"])
    assert plain(backlog.values(view, (), "total")) == {(): 2, ("a",): 4, ("b",): -2}


def test_term_with_a_window_is_read_in_it() -> None:
    view = FixedView(kpis={("received", "total"): {(): KpiValue(10)}, ("received", "today"): {(): KpiValue(3)}})
    before_today = kpi_of("difference", of=["received@total", "-received@today"])
    assert plain(before_today.values(view, (), "30d")) == {(): 7}


def test_ratio_carries_numerator_denominator_and_sample() -> None:
    view = FixedView(kpis={("handled", "30d"): {(): KpiValue(40_695)}, ("received", "30d"): {(): KpiValue(57_679)}})
    ratio = kpi_of("ratio", numerator=["handled"], denominator=["received"], windows=["30d"])
    value = ratio.values(view, (), "30d")[()]
    assert value == KpiValue(40_695 / 57_679, 40_695, 57_679, 57_679)
    assert round(value.value, 4) == 0.7055


@pytest.mark.parametrize("denominator", [0, -1])
def test_ratio_of_nothing_has_no_value(denominator: float) -> None:
    view = FixedView(kpis={("a", "total"): {(): KpiValue(0)}, ("b", "total"): {(): KpiValue(denominator)}})
    assert kpi_of("ratio", numerator=["a"], denominator=["b"]).values(view, (), "total") == {}


def test_declared_number_is_of_the_whole_only() -> None:
    declared = kpi_of("declared", value=148)
    assert plain(declared.values(FixedView(), (), "total")) == {(): 148}
    assert declared.values(FixedView(), ("unit",), "total") == {}


# Durations


@given(st.floats(0.001, 1e8))
def test_bucket_holds_its_duration(seconds: float) -> None:
    bucket = duration_bucket(seconds)
    assert seconds <= 2 ** (bucket / 8) * (1 + 1e-9)
    if bucket:
        assert 2 ** ((bucket - 1) / 8) <= seconds * (1 + 1e-9)


@given(st.lists(st.floats(1.1, 1e6), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.99]))
def test_quantile_is_within_9_per_cent_of_the_true_one(durations: list[float], q: float) -> None:
    histogram: dict[int, int] = {}
    for duration in durations:
        histogram[duration_bucket(duration)] = histogram.get(duration_bucket(duration), 0) + 1
    rank = q * len(durations)
    true = next(value for number, value in enumerate(sorted(durations), 1) if number >= rank)
    assert quantile(histogram, q) == pytest.approx(true, rel=0.0906)


def test_quantile_is_linear_within_its_bucket() -> None:
    """Bucket 8 spans 2 ** (7/8) to 2 seconds; half of its four cases lie in its lower half."""
    low = 2 ** (7 / 8)
    assert quantile({8: 4}, 0.5) == pytest.approx(low + (2 - low) / 2)
    assert quantile({0: 4}, 0.5) == pytest.approx(0.5)


def test_duration_tells_how_many_cases_stand_behind_it() -> None:
    view = FixedView(bucket_counts={(): {8: 3, 16: 1, 24: 0}, ("a",): {8: 0}})
    values = kpi_of("duration", to="x.closed", quantile=0.9, unit="seconds").values(view, (), "total")
    assert values.keys() == {()}
    assert values[()].sample == 4
    assert 2 < values[()].value <= 4


# Sums


def test_rain_of_a_gauge_that_measured_nothing_is_unknown_and_not_none() -> None:
    rain = kpi_of("sum", of=["rain.measured"], field="rain", at_each="station", unit="mm")
    view = FixedView(
        amounts={("dry",): 0, ("wet",): 12 * SCALE, ("silent",): 0}, counts={("dry",): 18, ("wet",): 18, ("silent",): 0}
    )
    assert plain(rain.values(view, ("station",), "total")) == {("dry",): 0.0, ("wet",): 12.0}


def test_sum_over_no_events_is_zero_where_events_are_what_is_counted() -> None:
    visitors = kpi_of("sum", of=["visitors.entered"], field="count")
    assert plain(visitors.values(FixedView(amounts={(): 0}), (), "total")) == {(): 0.0}


# Surges


def hourly_mentions(usual: list[int], now: int) -> dict[int, Mapping[Labels, int]]:
    """Mentions of the topic flood at the same hour of past days, the newest first, and in the last hour."""
    days = {HOUR_BEFORE - (age + 1) * DAY: {("flood",): count} for age, count in enumerate(usual)}
    return {HOUR_BEFORE: {("flood",): now}, **days}


def test_surge_is_against_the_median_of_that_hour() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    view = FixedView(panes=hourly_mentions([1, 2, 4, 8, 100, 3, 5], now=24))
    assert surge.values(view, (), "1h") == {("flood",): KpiValue(6.0, sample=24)}


def test_surge_of_something_new_is_against_one() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    panes = {HOUR_BEFORE - day * DAY: {("roads",): 5} for day in range(1, 29)}
    view = FixedView(panes={**panes, HOUR_BEFORE: {("flood",): 20}})
    assert plain(surge.values(view, (), "1h")) == {("flood",): 20.0}


def test_surge_has_no_value_before_seven_days_of_history() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    assert surge.values(FixedView(panes=hourly_mentions([1] * 6, now=24)), (), "1h") == {}
    assert surge.values(FixedView(panes=hourly_mentions([1] * 7, now=24)), (), "1h") != {}


def test_surge_looks_back_28_days_and_no_further() -> None:
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    view = FixedView(panes=hourly_mentions([2] * 28 + [1_000] * 100, now=4))
    assert plain(surge.values(view, (), "1h")) == {("flood",): 2.0}


# Alarm levels


def test_alarm_level_counts_the_levels_reached() -> None:
    river = kpi_of("alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": [23.0, 24.5]})
    for value, reached in ((22.9, 0), (23.0, 1), (24.4, 1), (24.5, 2)):
        view = FixedView(newest={("bua",): (NOW, value), ("unknown",): (NOW, 99.0)})
        assert plain(river.values(view, (), "total")) == {("bua",): reached}


def test_gauge_that_fell_silent_has_no_level() -> None:
    river = kpi_of(
        "alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": [23.0]}, max_age="3h"
    )
    assert river.values(FixedView(newest={("bua",): (NOW - 4 * HOUR, 22.0)}), (), "total") == {}
    assert river.values(FixedView(newest={("bua",): (NOW - 2 * HOUR, 22.0)}), (), "total") != {}


# Air


def air(kind: str, hours: int, first: int = 0, value: float = 25.0, **spec: object) -> tuple[Kpi, FixedView]:
    """PM2.5 at station 1, two measurements an hour, for so many hours that end ``first`` hours before the last."""
    starts = [HOUR_BEFORE - age * HOUR for age in range(first, first + hours)]
    view = FixedView(
        panes={start: {("1", "pm25"): 2} for start in starts},
        pane_amounts={start: {("1", "pm25"): int(2 * value * SCALE)} for start in starts},
    )
    return kpi_of(kind, of="measurement.taken", at_each="station", **spec), view


def test_vn_aqi_reads_hourly_means_of_complete_hours() -> None:
    kpi, view = air("vn_aqi", hours=24, windows=["1h", "24h"])
    assert plain(kpi.values(view, ("station",), "1h")) == {("1",): 50}
    assert plain(kpi.values(view, ("station",), "24h")) == {("1",): 50}


def test_station_silent_for_two_hours_has_no_hourly_index() -> None:
    kpi, view = air("vn_aqi", hours=12, first=2, windows=["1h"])
    assert kpi.values(view, ("station",), "1h") == {}


NORM = {"parameter": "pm25", "mean": "24h", "limit": 50}
STRICTER = {"parameter": "pm25", "mean": "24h", "limit": 45, "since": "2026-01-01"}


def test_exceedance_counts_the_hours_whose_mean_exceeds() -> None:
    kpi, view = air("exceedance", hours=47, value=51.0, windows=["24h"], norms=[NORM])
    assert plain(kpi.values(view, ("station",), "24h")) == {("1",): 24}
    kpi, view = air("exceedance", hours=47, value=50.0, windows=["24h"], norms=[NORM])
    assert plain(kpi.values(view, ("station",), "24h")) == {("1",): 0}


def test_norm_holds_from_its_date_on() -> None:
    kpi, view = air("exceedance", hours=47, value=48.0, windows=["24h"], norms=[NORM, STRICTER])
    assert plain(kpi.values(view, ("station",), "24h")) == {("1",): 0}
    shift = int(datetime(2025, 12, 31, 17, 0, tzinfo=UTC).timestamp()) - HOUR_BEFORE
    later = FixedView(
        now=view.now + shift,
        panes={start + shift: pane for start, pane in view.panes.items()},
        pane_amounts={start + shift: pane for start, pane in view.pane_amounts.items()},
    )
    assert plain(kpi.values(later, ("station",), "24h")) == {("1",): 24}


def test_silent_station_has_no_exceedances_rather_than_none() -> None:
    kpi, view = air("exceedance", hours=20, first=24, value=10.0, windows=["24h"], norms=[NORM])
    assert kpi.values(view, ("station",), "24h") == {}


# Amounts and states


def test_sum_is_converted_from_thousandths() -> None:
    view = FixedView(amounts={(): 1_500}, counts={(): 2})
    assert plain(kpi_of("sum", of=["fee.taken"], field="fee").values(view, (), "total")) == {(): 1.5}
    assert kpi_of("mean", of="fee.taken", field="fee").values(view, (), "total") == {(): KpiValue(0.75, sample=2)}


@pytest.mark.parametrize(
    ("combine", "expected"), [("sum", 9), ("max", 5), ("min", 1), ("mean", 3), ("newest", 3), ("count", 3)]
)
def test_latest_values_of_several_things_are_combined(combine: str, expected: float) -> None:
    view = FixedView(newest={("a",): (10, 5.0), ("b",): (20, 1.0), ("c",): (30, 3.0)})
    last = kpi_of("last", of="beds.reported", field="beds", per=["hospital"], combine=combine)
    assert plain(last.values(view, (), "total")) == {(): expected}


def test_overdue_counts_deadlines_that_have_passed() -> None:
    minute = NOW // 60
    view = FixedView(
        bucket_counts={(): {minute - 1: 2, minute: 4, minute + 30: 8, minute + 90: 16, minute - 2_000: 32}}
    )
    overdue = kpi_of("overdue", entity="dossier", windows=["today", "total"])
    assert plain(overdue.values(view, (), "total")) == {(): 34}
    assert plain(overdue.values(view, (), "today")) == {(): 2}
    soon = kpi_of("overdue", entity="dossier", within="1h")
    assert plain(soon.values(view, (), "total")) == {(): 12}


def test_oldest_is_zero_when_none_is_open() -> None:
    oldest = kpi_of("oldest", entity="alert", unit="seconds")
    assert plain(oldest.values(FixedView(bucket_counts={(): {}}), (), "total")) == {(): 0}
    minute = NOW // 60
    view = FixedView(bucket_counts={(): {minute - 5: 1, minute - 30: 1}})
    assert plain(oldest.values(view, (), "total")) == {(): 1_800}


def test_alive_is_of_the_inventory_or_of_what_was_heard_within_7_days() -> None:
    minute = NOW // 60
    view = FixedView(bucket_counts={(): {minute: 6, minute - 60: 2, minute - 8 * 1_440: 12}})
    heard = kpi_of("alive", presence="camera", timeout="5m", unit="ratio")
    assert heard.values(view, (), "total") == {(): KpiValue(6 / 8, 6, 8, 8)}
    declared = kpi_of("alive", presence="camera", timeout="5m", unit="ratio", inventory=10)
    assert declared.values(view, (), "total") == {(): KpiValue(0.6, 6, 10, 10)}


def test_worst_leaves_small_samples_aside_unless_all_are_small() -> None:
    limits = {"direction": "below", "warning": 0.9, "reason": "M", "minimum_sample": 20}
    ratio = kpi_of("ratio", numerator=["a"], denominator=["b"], unit="ratio", limits=limits)
    small, large = KpiValue(0.1, 1, 10, 10), KpiValue(0.5, 50, 100, 100)
    assert ratio.worst([small, large, KpiValue(0.9, 90, 100, 100)]) == large
    assert ratio.worst([small]) == small
    assert ratio.worst([]) is None


def test_ratio_asks_for_30_cases_unless_said_otherwise() -> None:
    limits = {"direction": "above", "warning": 0.9, "reason": "M"}
    assert kpi_of("ratio", numerator=["a"], denominator=["b"], limits=limits).minimum_sample == 30
    assert kpi_of("count", of=["a.b"], limits=limits).minimum_sample == 0
    assert kpi_of("count", of=["a.b"], limits=limits | {"minimum_sample": 5}).minimum_sample == 5
