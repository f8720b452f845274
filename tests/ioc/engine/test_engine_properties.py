"""The engine against the naive oracle: any events, in any batches, with any checkpoints and restarts between."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ioc.engine.plan import compile_plan
from ioc.figures.view import SubsystemView, figures_of
from tests.oracle.oracle import FigureName, Oracle, differences
from tests.oracle.randomly import MINUTE, SUBSYSTEM, Step, steps, topics_of
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine
from tests.oracle.workshop import catalogue_of

pytestmark = pytest.mark.usefixtures("runs")

CATALOGUE = catalogue_of(SUBSYSTEM)
PLAN = compile_plan(CATALOGUE)

LOGS = st.lists(steps(), min_size=1, max_size=40)
CUTS = st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["", "checkpoint", "checkpoint", "restart"])), max_size=8)


def consume(engine: Engine, records: Sequence[LogRecord], cuts: Sequence[tuple[int, str]]) -> None:
    """Consume records in batches of given sizes, with a checkpoint or also a restart after each; then all the rest."""
    start = 0
    for size, then in cuts:
        engine.consume(records[start : start + size])
        start += size
        if then:
            engine.checkpoint()
        if then == "restart":
            engine.restart()
    engine.consume(records[start:])
    engine.checkpoint()


def opened(thing: int, *, on: int = 0, trouble: str = "", choice: int = 0) -> Step:
    return Step("case.opened", thing, on, back=0, choices=(0, 0, choice), trouble=trouble, which=0)


@given(LOGS, CUTS)
@example([opened(1), opened(0), opened(0, trouble="sent again", choice=1), opened(0, on=29 * MINUTE)], [])
@example([opened(0, trouble="no place"), opened(0, trouble="sent again"), opened(0)], [(1, "restart")])
def test_every_pane_and_fate_is_the_oracles(log: list[Step], cuts: list[tuple[int, str]]) -> None:
    records = topics_of(log).records
    oracle, engine = Oracle(CATALOGUE, 2), Engine(PLAN, 2)
    for record in records:
        oracle.feed(record)
    consume(engine, records, cuts)
    assert differences(oracle.panes(), engine.panes()) == []
    for (slug, partition), source in oracle.sources.items():
        consumed = engine.shards[partition].sources[slug]
        names = ("consumed", "sent_again", "applied", "late", "duplicate", "rejected")
        got = {name: getattr(consumed.fates, name) for name in names}
        assert got == {name: source.fates[name] for name in got}
        assert consumed.newest == source.newest
        assert consumed.orphans == {"case": source.orphans_of("case")}


@given(st.lists(steps(), min_size=1, max_size=30), st.integers(0, 40 * 86_400))
def test_every_figure_is_the_oracles_at_any_moment(log: list[Step], later: int) -> None:
    records = topics_of(log).records
    oracle, engine = Oracle(CATALOGUE, 2), Engine(PLAN, 2)
    for record in records:
        oracle.feed(record)
    engine.consume(records)
    engine.checkpoint()
    newest = max((source.newest for source in oracle.sources.values()), default=0)
    now = newest // 1000 + later
    merged, slug = engine.store.merged(PLAN), SUBSYSTEM.subsystem
    view = SubsystemView(merged, slug, now, PLAN.calendar)
    got = {(f.subsystem, f.kpi, f.labels, f.window): f[4:7] for f in figures_of(view, merged, slug)}
    assert something(got) == something(oracle.figures(now))


def something(figures: Mapping[FigureName, tuple[float | None, ...]]) -> dict[FigureName, list[float | None]]:
    """Figures less those of nothing: a label set that nothing is counted under any more reads 0 or is left out."""
    return {
        name: [None if value is None else round(value, 9) for value in values]
        for name, values in figures.items()
        if any(values)
    }
