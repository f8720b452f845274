"""The share of things with a low value."""

from hypothesis import given
from hypothesis import strategies as st

from ioc.kpis.view import KpiValue
from tests.ioc.kpis.fixed_view import FixedView, kpi_of


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(-1, 1)))
def test_a_share_below_counts_the_things_that_are(behind: dict[str, float]) -> None:
    view = FixedView(kpis={("behind", "total"): {(thing,): KpiValue(value) for thing, value in behind.items()}})
    share = kpi_of("share_below", of="behind", across="indicator", below=0.05)
    below = len([value for value in behind.values() if value < 0.05])
    wanted = {(): (below / len(behind), below, len(behind))} if behind else {}
    assert {labels: value[:3] for labels, value in share.values(view, (), "total").items()} == wanted
