"""Who reported in time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.measures import Labels
from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import LAST_HOUR, LOCAL, NOW, FixedView, kpi_of, seconds


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from("abc")), max_size=8), st.integers(0, 24), st.integers(0, 4)
)
def test_reported_are_those_who_did_in_the_day_before_the_last_deadline(
    reports: list[tuple[int, str]], hour: int, schools: int
) -> None:
    panes: dict[int, Mapping[Labels, int]] = {}
    for ago, school in reports:
        start = seconds(LAST_HOUR - timedelta(hours=ago))
        panes[start] = {**panes.get(start, {}), (school,): 1}
    midnight = datetime.fromtimestamp(NOW, LOCAL).replace(hour=0, minute=0)
    deadline = midnight + timedelta(hours=hour)
    if seconds(deadline) > NOW:
        deadline -= timedelta(days=1)
    timely = {s for ago, s in reports if deadline - timedelta(hours=24) <= LAST_HOUR - timedelta(hours=ago) < deadline}
    view = FixedView(panes=panes, kpis={("schools", "total"): {(): KpiValue(schools)}})
    reported = kpi_of(
        "reported", of="day.reported", field="school", inventory="schools", deadline=hour, windows=["24h"]
    )
    wanted = {(): (len(timely) / schools, len(timely), schools)} if schools else {}
    assert {labels: value[:3] for labels, value in reported.values(view, (), "24h").items()} == wanted
