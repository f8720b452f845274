"""Every kind of KPI against its definition: what counts events, cases and things from random logs in every window,
what is read at each of several places from random panes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine.plan import compile_plan
from ioc.figures.view import SubsystemView
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
