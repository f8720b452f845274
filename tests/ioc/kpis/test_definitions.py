"""Every kind of KPI against its definition: what counts events, cases and things from random logs in every window,
what is read at each of several places from random panes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine.plan import compile_plan
from ioc.figures.view import SubsystemView
from ioc.kpis.measures import SCALE, Labels
from ioc.kpis.targets import expected_share
from ioc.kpis.view import KpiValue
from tests.ioc.kpis.test_kinds import HOUR_BEFORE, LOCAL, NOW, FixedView, kpi_of, plain
from tests.oracle.definitions import Definitions
from tests.oracle.oracle import Oracle
from tests.oracle.randomly import SUBSYSTEM, Step, steps, topics_of
from tests.oracle.topics import Engine
from tests.oracle.workshop import catalogue_of

CATALOGUE = catalogue_of(SUBSYSTEM)
PLAN = compile_plan(CATALOGUE)
SLUG = SUBSYSTEM.subsystem


@given(st.lists(steps(), min_size=1, max_size=30), st.integers(0, 40 * 86_400))
def test_every_kind_in_every_window_reads_as_it_is_defined(log: list[Step], later: int) -> None:
    records = topics_of(log).records
    oracle, engine = Oracle(CATALOGUE, 2), Engine(PLAN, 2)
    for record in records:
        oracle.feed(record)
    engine.consume(records)
    engine.checkpoint()
    now = max((source.newest for source in oracle.sources.values()), default=0) // 1000 + later
    facts = [fact for source in oracle.sources_of(SLUG) for fact in source.facts()]
    defined = Definitions(SUBSYSTEM, facts, now, PLAN.calendar)
    view = SubsystemView(engine.store.merged(PLAN), SLUG, now, PLAN.calendar)
    for slug, kpi in SUBSYSTEM.kpis.items():
        for grouping in kpi.groupings:
            for window in kpi.windows:
                read = view.kpi(slug, grouping, window)
                for labels in defined.label_sets(grouping) | read.keys():
                    wanted, told = defined.value(slug, grouping, labels, window), read.get(labels)
                    place = slug, grouping, labels, window
                    if wanted is None or told is None:
                        assert not wanted, place
                        assert told is None or wanted is not None, place
                    else:
                        assert told.value == pytest.approx(wanted), place


HOUR = timedelta(hours=1)
LAST_HOUR = datetime.fromtimestamp(HOUR_BEFORE, LOCAL)
"""The start of the last complete hour."""
TOPICS = st.dictionaries(st.sampled_from(["flood", "roads", "water"]), st.integers(0, 60))


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@given(st.lists(TOPICS, min_size=1, max_size=40))
def test_a_surge_is_the_last_hour_over_the_middle_of_that_hour_in_28_days(days: list[dict[str, int]]) -> None:
    panes = {
        seconds(LAST_HOUR - timedelta(days=age)): {(topic,): count for topic, count in day.items()}
        for age, day in enumerate(days)
    }
    past = [day for day in days[1:29] if sum(day.values())]
    wanted = {}
    for topic, count in days[0].items() if len(past) >= 7 else ():
        usual = sorted(day.get(topic, 0) for day in past)
        middle = (usual[(len(usual) - 1) // 2] + usual[len(usual) // 2]) / 2
        wanted[topic,] = count / max(1, middle)
    surge = kpi_of("surge", of="mention.collected", at_each="topic", windows=["1h"])
    assert plain(surge.values(FixedView(panes=panes), (), "1h")) == pytest.approx(wanted)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from("abc")), max_size=8), st.integers(0, 24), st.integers(0, 4)
)
def test_reported_are_those_who_did_in_the_day_before_the_last_deadline(
    reports: list[tuple[int, str]], hour: int, schools: int
) -> None:
    panes: dict[int, Mapping[Labels, int]] = {}
    for ago, school in reports:
        start = seconds(LAST_HOUR - ago * HOUR)
        panes[start] = {**panes.get(start, {}), (school,): 1}
    midnight = datetime.fromtimestamp(NOW, LOCAL).replace(hour=0, minute=0)
    deadline = midnight + hour * HOUR
    if seconds(deadline) > NOW:
        deadline -= timedelta(days=1)
    timely = {s for ago, s in reports if deadline - 24 * HOUR <= LAST_HOUR - ago * HOUR < deadline}
    view = FixedView(panes=panes, kpis={("schools", "total"): {(): KpiValue(schools)}})
    reported = kpi_of(
        "reported", of="day.reported", field="school", inventory="schools", deadline=hour, windows=["24h"]
    )
    wanted = {(): (len(timely) / schools, len(timely), schools)} if schools else {}
    assert {labels: value[:3] for labels, value in reported.values(view, (), "24h").items()} == wanted


@given(st.floats(0, 30), st.lists(st.floats(1, 30), min_size=1, max_size=3).map(sorted), st.integers(0, 6 * 3600))
def test_an_alarm_level_is_how_many_levels_a_fresh_value_reaches(value: float, levels: list[float], age: int) -> None:
    river = kpi_of(
        "alarm_level", of="level.measured", at_each="station", field="value", levels={"bua": levels}, max_age="3h"
    )
    view = FixedView(newest={("bua",): (NOW - age, value)})
    reached = len([level for level in levels if level <= value])
    assert plain(river.values(view, (), "total")) == ({("bua",): reached} if age <= 3 * 3600 else {})


MEANS = st.lists(st.none() | st.integers(0, 120), min_size=47, max_size=47)


@given(MEANS, st.sampled_from(["1h", "24h"]))
def test_an_hour_exceeds_whose_own_mean_or_that_of_the_day_until_it_does(means: list[int | None], mean: str) -> None:
    starts = [seconds(LAST_HOUR - age * HOUR) for age in range(47)]
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


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_what_is_expected_grows_by_the_day_towards_the_end_of_each_quarter(day: date, ends: list[float]) -> None:
    quarter = (day.month - 1) // 3
    year = [date(day.year, 1, 1) + timedelta(days=number) for number in range(366)]
    days = [each for each in year if each.year == day.year and (each.month - 1) // 3 == quarter]
    low, high = [0.0, *ends][quarter], ends[quarter]
    wanted = low + (high - low) * (days.index(day) + 1) / len(days)
    noon = seconds(datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
    assert expected_share(noon, ends) == pytest.approx(wanted)


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(-1, 1)))
def test_a_share_below_counts_the_things_that_are(behind: dict[str, float]) -> None:
    view = FixedView(kpis={("behind", "total"): {(thing,): KpiValue(value) for thing, value in behind.items()}})
    share = kpi_of("share_below", of="behind", across="indicator", below=0.05)
    below = len([value for value in behind.values() if value < 0.05])
    wanted = {(): (below / len(behind), below, len(behind))} if behind else {}
    assert {labels: value[:3] for labels, value in share.values(view, (), "total").items()} == wanted
