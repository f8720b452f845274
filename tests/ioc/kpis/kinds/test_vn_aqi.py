"""VN_AQI after Decision 1459/QĐ-TCMT: its table, its NowCast, its hourly and daily index."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.kinds.vn_aqi import daily_index, hourly_index, nowcast, sub_index
from tests.ioc.kpis.fixed_view import air, plain

# The decision's table as printed: index, O3 1 h, O3 8 h, CO, SO2, NO2, PM10, PM2.5 in µg/m³.
COLUMNS = ("o3", "o3_8h", "co", "so2", "no2", "pm10", "pm25")
ROWS: list[tuple[int, tuple[float | None, ...]]] = [
    (0, (0, 0, 0, 0, 0, 0, 0)),
    (50, (160, 100, 10_000, 125, 100, 50, 25)),
    (100, (200, 120, 30_000, 350, 200, 150, 50)),
    (150, (300, 170, 45_000, 550, 700, 250, 80)),
    (200, (400, 210, 60_000, 800, 1_200, 350, 150)),
    (300, (800, 400, 90_000, 1_600, 2_350, 420, 250)),
    (400, (1_000, None, 120_000, 2_100, 3_100, 500, 350)),
    (500, (1_200, None, 150_000, 2_630, 3_850, 600, 500)),
]
CELLS = [
    (parameter, concentration, index)
    for index, row in ROWS
    for parameter, concentration in zip(COLUMNS, row, strict=True)
    if concentration is not None
]

concentrations = st.floats(0, 700, allow_nan=False).map(lambda value: round(value, 2))
hours_of_means = st.lists(st.none() | concentrations, min_size=12, max_size=12)


def naive_sub_index(parameter: str, concentration: float) -> int:
    """Linear interpolation between the rows of the table as printed, in exact fractions."""
    points = [(Fraction(c), i) for p, c, i in CELLS if p == parameter]
    exact = Fraction(concentration)
    for (low, low_index), (high, high_index) in pairwise(points):
        if exact <= high:
            return int(low_index + (high_index - low_index) * (exact - low) / (high - low) + Fraction(1, 2))
    return 500


def naive_nowcast(hours: list[float | None]) -> Fraction | None:
    """The decision's text word for word, its weights normalised."""
    if len([c for c in hours[0:3] if c is not None]) < 2:
        return None
    known = [Fraction(c) for c in hours if c is not None]
    ratio = min(known) / max(known) if max(known) else Fraction(1)
    w = ratio if ratio > Fraction(1, 2) else Fraction(1, 2)
    numerator = denominator = Fraction(0)
    for i in range(1, 13):
        c = hours[i - 1]
        if c is not None:
            numerator += w ** (i - 1) * Fraction(c)
            denominator += w ** (i - 1)
    return numerator / denominator


@pytest.mark.parametrize(("parameter", "concentration", "index"), CELLS)
def test_index_at_every_row_of_the_table(parameter: str, concentration: float, index: int) -> None:
    assert sub_index(parameter, concentration) == index


@given(st.sampled_from([name for name in COLUMNS if name != "o3_8h"]), st.floats(0, 200_000))
def test_index_between_rows_is_linear(parameter: str, concentration: float) -> None:
    value = sub_index(parameter, concentration)
    assert value is not None
    # Floats may fall on the other side of a half.
    assert abs(value - naive_sub_index(parameter, concentration)) <= 1


@given(st.sampled_from(COLUMNS[2:]), st.floats(0, 5_000), st.floats(0, 5_000))
def test_index_never_falls_with_more_pollution(parameter: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert (sub_index(parameter, low) or 0) <= (sub_index(parameter, high) or 0)


@pytest.mark.parametrize("parameter", [name for name in COLUMNS if name != "o3_8h"])
def test_index_is_capped_at_500(parameter: str) -> None:
    assert sub_index(parameter, 1e9) == 500


def test_eight_hour_ozone_has_no_index_above_400() -> None:
    assert (sub_index("o3_8h", 400), sub_index("o3_8h", 400.1)) == (300, None)


def test_reading_below_zero_is_clean_air() -> None:
    assert sub_index("pm25", -3.0) == 0


def test_pm25_of_60_is_index_117() -> None:
    """By hand: 100 + 50 · (60 - 50) / (80 - 50) = 116.7."""
    assert sub_index("pm25", 60) == 117


@given(hours_of_means)
def test_nowcast_is_the_weighted_mean_of_the_decision(hours: list[float | None]) -> None:
    expected = naive_nowcast(hours)
    actual = nowcast(hours)
    assert (actual is None) == (expected is None)
    if actual is not None and expected is not None:
        assert actual == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


@given(hours_of_means)
def test_nowcast_lies_between_least_and_largest_hour(hours: list[float | None]) -> None:
    """Without normalising, the branch of w = 1/2 would fall to half of the least."""
    value = nowcast(hours)
    if value is not None:
        known = [hour for hour in hours if hour is not None]
        assert min(known) - 1e-9 <= value <= max(known) + 1e-9


def test_nowcast_of_steady_air_with_the_current_hour_missing_is_not_halved() -> None:
    assert nowcast([None, 100.0, 100.0, *[10.0] * 9]) == pytest.approx(naive_nowcast([None, 100.0, 100.0, *[10.0] * 9]))
    assert nowcast([None, 40.0, 40.0, *[None] * 9]) == 40.0


def test_nowcast_by_hand() -> None:
    """w = max(1/2, 20/80) = 1/2: (80 + 20/2 + 40/4) / (1 + 1/2 + 1/4) = 100 / 1.75."""
    assert nowcast([80.0, 20.0, 40.0, *[None] * 9]) == pytest.approx(100 / 1.75)
    # w = 30/40: (40 + 0.75 * 30) / 1.75
    assert nowcast([40.0, 30.0, *[None] * 10]) == pytest.approx(62.5 / 1.75)


@pytest.mark.parametrize("newest", [[None, None, 50.0], [50.0, None, None], [None, 50.0, None], [None, None, None]])
def test_nowcast_needs_two_of_the_newest_three_hours(newest: list[float | None]) -> None:
    assert nowcast([*newest, *[50.0] * 9]) is None


def test_nowcast_looks_back_twelve_hours_and_no_further() -> None:
    assert nowcast([10.0] * 12 + [500.0] * 12) == pytest.approx(10.0)


def test_nowcast_of_clean_air_is_zero() -> None:
    assert nowcast([0.0] * 12) == 0


def test_hourly_index_is_the_largest_of_its_parts() -> None:
    steady: Mapping[str, list[float | None]] = {"pm25": [25.0] * 12, "pm10": [50.0] * 12, "no2": [200.0, *[0.0] * 11]}
    assert hourly_index(steady) == 100
    assert hourly_index({**steady, "no2": [None, *[200.0] * 11]}) == 50


def test_no_hourly_index_without_particulates() -> None:
    assert hourly_index({"no2": [200.0] * 12}) is None
    assert hourly_index({"no2": [200.0] * 12, "pm10": [None] * 12}) is None
    assert hourly_index({"no2": [200.0] * 12, "pm10": [50.0] * 12}) == 100


def test_daily_index_takes_means_of_particulates_and_largest_hours_of_gases() -> None:
    """PM2.5 of 0 and 50 averages 25 (50); the one hour of SO2 at 350 gives 100."""
    day = {"pm25": [0.0, 50.0] * 12, "so2": [350.0, *[0.0] * 23]}
    assert daily_index(day) == 100
    assert daily_index({"pm25": day["pm25"]}) == 50


def test_daily_ozone_is_the_larger_of_its_one_and_eight_hour_parts() -> None:
    """Eight hours at 170: 150 by the 8 h column, 62 or so by the 1 h column."""
    day: Mapping[str, list[float | None]] = {"pm25": [0.0] * 24, "o3": [*[0.0] * 8, *[170.0] * 8, *[0.0] * 8]}
    assert daily_index(day) == 150
    # Above 400 the 8-hour part is dropped, the 1-hour part stays.
    assert daily_index({"pm25": [0.0] * 24, "o3": [500.0] * 24}) == sub_index("o3", 500.0)


def test_daily_index_needs_three_quarters_of_the_particulates_hours() -> None:
    assert daily_index({"pm25": [*[25.0] * 18, *[None] * 6]}) == 50
    assert daily_index({"pm25": [*[25.0] * 17, *[None] * 7]}) is None


def test_vn_aqi_reads_hourly_means_of_complete_hours() -> None:
    kpi, view = air("vn_aqi", hours=24, windows=["1h", "24h"])
    assert plain(kpi.values(view, ("station",), "1h")) == {("1",): 50}
    assert plain(kpi.values(view, ("station",), "24h")) == {("1",): 50}


def test_station_silent_for_two_hours_has_no_hourly_index() -> None:
    kpi, view = air("vn_aqi", hours=12, first=2, windows=["1h"])
    assert kpi.values(view, ("station",), "1h") == {}
