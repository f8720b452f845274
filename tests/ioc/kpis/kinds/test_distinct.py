"""Different values of a field."""

from collections.abc import Mapping

from ioc.kpis.measures import Grouping, Labels, Measure
from ioc.time.windows import Window
from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain


class Seen(FixedView):
    """The values of the field in each event."""

    def buckets(self, measure: Measure, grouping: Grouping, window: Window) -> Mapping[Labels, Mapping[int | str, int]]:
        values: dict[str, dict[int | str, int]] = {"x.sent": {1: 9, 2: 1}, "x.received": {2: 4, 3: 1}}
        return {(): values[str(measure.fact)]}


def test_a_value_seen_in_several_events_is_one() -> None:
    assert plain(kpi_of("distinct", of=["x.sent", "x.received"], field="unit").values(Seen(), (), "total")) == {(): 3}
