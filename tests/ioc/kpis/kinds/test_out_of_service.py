"""Things that were withdrawn."""

from ioc.kpis.facts import Withdrawn
from ioc.kpis.measures import Measure
from tests.ioc.kpis.fixed_view import FixedView, kpi_of, plain

OUT = kpi_of("out_of_service", presence="camera", by=["camera"])


def test_it_counts_what_was_withdrawn_and_not_heard_since() -> None:
    assert list(OUT.measures()) == [Measure(Withdrawn("camera"))]
    assert plain(OUT.values(FixedView(counts={(): 3}), (), "total")) == {(): 3}


def test_none_out_of_service_is_a_figure_of_the_whole() -> None:
    assert plain(OUT.values(FixedView(counts={(): 0}), (), "total")) == {(): 0}


def test_only_those_out_of_service_are_listed() -> None:
    view = FixedView(counts={("dead",): 1, ("alive",): 0})
    assert plain(OUT.values(view, ("camera",), "total")) == {("dead",): 1}
