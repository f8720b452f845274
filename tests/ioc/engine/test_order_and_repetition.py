"""Order and repetition change nothing: a history of three years in any order, split, repeated, with live events beside.

The oracle reads what happened once, in order of time; the engine reads what was sent, as it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.catalogue.model import CalendarSpec, Catalogue
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.store.keys import HEADER, Kind, StoredKey
from ioc.figures.view import SubsystemView, figures_of
from tests.oracle.histories import (
    DAY,
    EXPORTED,
    ORDERS,
    Happening,
    Historian,
    Sent,
    by_time,
    exported,
    log_of,
    office,
    with_live,
)
from tests.oracle.oracle import FigureName, Oracle, differences
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics
from tests.oracle.windows import VIET_NAM
from tests.oracle.workshop import catalogue_of

pytestmark = pytest.mark.slow

AFTER = ("1wd", "8h", "4wh")
OFFICES = {after: office(after) for after in AFTER}
SLUG = OFFICES["1wd"].subsystem
CATALOGUES = {after: catalogue_of(each) for after, each in OFFICES.items()}
PLANS = {after: compile_plan(each) for after, each in CATALOGUES.items()}

SEEDS = st.integers(0, 2**32)

Figures = dict[FigureName, list[float | None]]


def something(figures: Mapping[FigureName, Sequence[float | None]]) -> Figures:
    """Figures less those of nothing: a label set that nothing is counted under any more reads 0 or is left out."""
    return {
        name: [None if value is None else round(value, 9) for value in values]
        for name, values in figures.items()
        if any(values)
    }


def truth_of(catalogue: Catalogue, happened: Sequence[Happening]) -> Oracle:
    """An oracle that read what happened."""
    oracle = Oracle(catalogue, 1)
    sent = [Sent(2 * EXPORTED, each) for each in sorted(happened, key=by_time)]
    for record in log_of(sent, 1, catalogue.subsystems[SLUG]).records:
        assert oracle.feed(record) == "applied"
    return oracle


def assert_same_totals(engine: Engine, oracle: Oracle) -> None:
    """All that is counted for ever, deadlines by their minutes with it."""
    both = oracle.panes(), engine.panes()
    assert differences(*({name: cells for name, cells in panes.items() if name[2] == 0} for panes in both)) == []


def assert_same_figures(engine: Engine, oracle: Oracle, happened: Sequence[Happening]) -> None:
    """Every figure, when the last of it happened and later."""
    newest = max(each.time for each in happened) // 1000
    merged = engine.store.merged(engine.plan)
    for now in (newest, newest + 40 * 86_400):
        view = SubsystemView(merged, SLUG, now, engine.plan.calendar)
        told = {(f.subsystem, f.kpi, f.labels, f.window): f[4:7] for f in figures_of(view, merged, SLUG)}
        assert something(told) == something(oracle.figures(now))


class Watch:
    """Looks at every pane that a partition stores, once."""

    def __init__(self, engine: Engine) -> None:
        self._store = engine.store
        self._tables = {str(key): table for key, table in engine.plan.subsystems[SLUG].tables.items()}
        self._seen: set[tuple[bytes, bytes]] = set()

    def negative(self) -> Iterator[tuple[Any, ...]]:
        """Counts below 0; what is summed of values that events say may be."""
        for partition, figures in self._store.figures.items():
            for pane in figures.items() - self._seen:
                self._seen.add(pane)
                if pane[0] != HEADER and (key := StoredKey.parse(pane[0])).kind == Kind.PANES:
                    table = self._tables[key.thing]
                    for labels, cell in table.codec.decode(pane[1]).items():
                        for measure, value in zip(table.columns, cell, strict=True):
                            counts = value.values() if isinstance(value, dict) else [value]
                            if measure.amount is None and min(counts, default=0) < 0:
                                yield partition, key, labels, measure.name, value


def consume(engine: Engine, records: Sequence[LogRecord], random: Random, *, rebuilds: bool = True) -> None:
    """Read a log with checkpoints, restarts and rebuilds between; nothing is ever counted below 0."""
    watch, start = Watch(engine), 0
    while start < len(records):
        size = random.choice((1, 5, 20, len(records) // 3 + 1))
        engine.consume(records[start : start + size])
        start += size
        engine.checkpoint()
        assert list(watch.negative()) == []
        if start < len(records) and random.random() < 0.3:
            engine.restart()
        if rebuilds and random.random() < 0.1:
            rebuild(engine, random.randrange(engine.partitions), records[:start])


def rebuild(engine: Engine, partition: int, read: Sequence[LogRecord]) -> None:
    """Make the state of a partition anew from its topic."""
    engine.store.state.pop(partition, None)
    engine.store.figures.pop(partition, None)
    engine.shards.pop(partition, None)
    engine.consume([record for record in read if record.partition == partition])
    engine.checkpoint()


def with_days_off(plan: Plan, history: Sequence[Happening], random: Random) -> Plan:
    """With a calendar in which some days soon after an opening are off."""
    openings = [each.time for each in history if each.event == "case.opened"]
    days = [time + later * DAY for time in openings for later in (1, 2, 3) if random.random() < 0.5]
    off = {datetime.fromtimestamp(day // 1000, VIET_NAM).date().isoformat(): "-" for day in days}
    province = plan.catalogue.province
    calendar = CalendarSpec.model_validate({**province.calendar.model_dump(), "days_off": off})
    changed = province.model_copy(update={"calendar": calendar})
    return compile_plan(plan.catalogue.model_copy(update={"province": changed}))


def one_in_each(partitions: int) -> Iterable[str]:
    """A case for every partition."""
    topics = Topics(partitions)
    return {topics.partition_of(case.encode()): case for case in map("L-{}".format, range(20 * partitions))}.values()


@given(SEEDS, st.sampled_from(ORDERS), st.sampled_from([1, 4, 12]), st.sampled_from(AFTER))
def test_a_history_in_any_order_split_and_repeated_reads_as_it_happened(
    seed: int, order: str, partitions: int, after: str
) -> None:
    random = Random(seed)
    historian = Historian(random, OFFICES[after])
    history = historian.history(cases=random.randint(1, 4), readings=random.randint(1, 5))
    live = historian.live(EXPORTED - 2 * DAY, days=22)
    happened = [*history, *live]
    sent = with_live(exported(history, order, random), live)
    engine = Engine(PLANS[after], partitions)
    consume(engine, log_of(sent, partitions, OFFICES[after]).records, random)
    oracle = truth_of(CATALOGUES[after], happened)
    assert_same_totals(engine, oracle)
    assert_same_figures(engine, oracle, happened)
    fates = engine.store.merged(engine.plan).fates(SLUG)
    assert (fates.applied, fates.duplicate, fates.rejected_by_reason) == (len(happened), len(sent) - len(happened), {})


@given(SEEDS, st.sampled_from([1, 4, 12]))
def test_what_is_sent_again_of_cases_long_forgotten_changes_nothing(seed: int, partitions: int) -> None:
    subsystem, catalogue, plan = OFFICES["1wd"], CATALOGUES["1wd"], PLANS["1wd"]
    random = Random(seed)
    historian = Historian(random, subsystem)
    history = [*historian.history(cases=3), *historian.soon_closed("F-closed", EXPORTED - 300 * DAY)]
    # Twenty days of exports, and then both clocks pass the retention in every partition.
    later = EXPORTED + 60 * DAY
    live = [each for case in one_in_each(partitions) for each in historian.soon_closed(case, later)]
    happened = [*history, *live]
    again = [Sent(later + 2 * DAY, each) for each in random.sample(happened, len(happened))]
    tomorrow = [Sent(later + 3 * DAY, each) for each in live]
    log = log_of([*with_live(exported(history, "at random", random), live), *again, *tomorrow], partitions, subsystem)
    engine = Engine(plan, partitions)
    consume(engine, log.records[: -len(tomorrow)], random)
    engine.consume(log.records[-len(tomorrow) :])
    engine.checkpoint()
    stored = {StoredKey.parse(key).kind for partition in engine.store.state.values() for key in partition}
    assert f"{Kind.FORGOTTEN}@case" in stored
    oracle = truth_of(catalogue, happened)
    assert_same_totals(engine, oracle)
    assert_same_figures(engine, oracle, happened)


@given(SEEDS, st.sampled_from(ORDERS), st.sampled_from([1, 4, 12]))
def test_what_was_judged_stays_judged_whenever_the_calendar_changes(seed: int, order: str, partitions: int) -> None:
    random = Random(seed)
    historian = Historian(random, OFFICES["1wd"])
    history = historian.history(cases=4)
    sent = exported(history, order, random)
    plans = [PLANS["1wd"], *(with_days_off(PLANS["1wd"], history, random) for _ in range(2))]
    in_force = [*plans, random.choice(plans)]
    cuts = sorted(random.randrange(len(sent) + 1) for _ in in_force[1:])
    engine, oracle = Engine(plans[0], partitions), Oracle(CATALOGUES["1wd"], 1)
    records, of_oracle = (log_of(sent, number, OFFICES["1wd"]).records for number in (partitions, 1))
    for plan, start, end in zip(in_force, [0, *cuts], [*cuts, len(sent)], strict=True):
        engine = Engine(plan, partitions, engine.store)
        engine.checkpoint()
        oracle.put_in_force(plan.calendar)
        consume(engine, records[start:end], random, rebuilds=False)
        for record in of_oracle[start:end]:
            oracle.feed(record)
        assert_same_totals(engine, oracle)
    assert_same_figures(engine, oracle, history)
