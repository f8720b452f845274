"""Hours above the national norms."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.kinds.exceedance import NormSpec, exceeds
from ioc.kpis.measures import SCALE
from tests.ioc.kpis.fixed_view import HOUR_BEFORE, LAST_HOUR, FixedView, air, kpi_of, plain, seconds

NORM = {"parameter": "pm25", "mean": "24h", "limit": 50}
STRICTER = {"parameter": "pm25", "mean": "24h", "limit": 45, "since": "2026-01-01"}
MEANS = st.lists(st.none() | st.integers(0, 120), min_size=47, max_size=47)


def test_norm_is_exceeded_above_it_not_at_it() -> None:
    norm = NormSpec(parameter="so2", mean="1h", limit=350, since=date(2023, 1, 1))
    assert not exceeds(norm, {"so2": [350.0]}, 0)
    assert exceeds(norm, {"so2": [0.0, 350.1]}, 1)
    assert not exceeds(norm, {}, 0)


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


@given(MEANS, st.sampled_from(["1h", "24h"]))
def test_an_hour_exceeds_whose_own_mean_or_that_of_the_day_until_it_does(means: list[int | None], mean: str) -> None:
    starts = [seconds(LAST_HOUR - timedelta(hours=age)) for age in range(47)]
    known = [(start, value) for start, value in zip(starts, means, strict=True) if value is not None]
    view = FixedView(
        panes={start: {("1", "pm25"): 2} for start, _ in known},
        pane_amounts={start: {("1", "pm25"): round(2 * value * SCALE)} for start, value in known},
    )
    above = 0
    for age in range(24):
        span = [value for value in means[age : age + (24 if mean == "24h" else 1)] if value is not None]
        above += len(span) >= (18 if mean == "24h" else 1) and sum(span) / len(span) > 50
    norm = {"parameter": "pm25", "mean": mean, "limit": 50}
    kpi = kpi_of("exceedance", of="air.measured", at_each="station", windows=["24h"], norms=[norm])
    heard = any(value is not None for value in means[:24])
    assert plain(kpi.values(view, ("station",), "24h")) == ({("1",): above} if heard else {})
