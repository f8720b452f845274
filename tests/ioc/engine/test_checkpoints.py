"""Checkpoints: what a restore notices, what merging and order may not change, when figures show."""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard, TornCheckpoint
from ioc.engine.store.keys import HEADER
from ioc.events.records import Record
from ioc.figures.merged import MergedFigures, merge_panes
from ioc.kpis.facts import Seen
from tests.oracle.oracle import Cells, PaneName, differences
from tests.oracle.randomly import SUBSYSTEM, Step, steps, topics_of
from tests.oracle.topics import Engine, Store, Topics, batch_of, moment
from tests.oracle.workshop import KPIS, catalogue_of, workshop

pytestmark = pytest.mark.usefixtures("runs")

PLAN = compile_plan(catalogue_of(SUBSYSTEM))
NOON = moment("2025-10-31 12:00")
OPENED = {"case": "a", "unit": "7900", "topic": "land", "urgent": True}

Records = dict[bytes, bytes]


def case(number: int) -> dict[str, object]:
    return {**OPENED, "case": f"case{number}"}


@cache
def two_checkpoints() -> tuple[Store, Store]:
    """What lies in the log after a first checkpoint, and after a second one."""
    first, second = Store(), Store()
    topics = Topics(1)
    for number in range(4):
        topics.send(SUBSYSTEM, "case.opened", NOON + number, case(number))
        topics.send(SUBSYSTEM, "camera.heard", NOON + number, {"camera": f"c{number}", "unit": "7900"})
    shard = Shard(PLAN, 0, 1)
    for part in (topics.records[:4], topics.records[4:]):
        shard.apply(batch_of(part))
        checkpoint = shard.checkpoint()
        assert checkpoint is not None
        second.write(0, checkpoint)
        if part == topics.records[:4]:
            first.write(0, checkpoint)
    return first, second


def restored(state: Records, figures: Records) -> Shard:
    return Shard.restore(PLAN, 0, 1, list(state.items()), list(figures.items()))


def damaged(harm: Callable[[Records, Records, bytes], None]) -> int:
    """Do harm to each record of either topic in turn; how often that was possible. Each time it must be noticed."""
    first, second = two_checkpoints()
    harmed = 0
    for topic in (0, 1):
        for key in list((second.state[0], second.figures[0])[topic]):
            state, figures = dict(second.state[0]), dict(second.figures[0])
            records, older = (state, figures)[topic], (first.state[0], first.figures[0])[topic]
            harm(records, older, key)
            if records != (second.state[0], second.figures[0])[topic]:
                harmed += 1
                with pytest.raises(TornCheckpoint):
                    restored(state, figures)
    return harmed


def test_what_a_checkpoint_stored_is_restored() -> None:
    _, second = two_checkpoints()
    assert restored(second.state[0], second.figures[0]).positions == {"workshop": 8}


def test_a_missing_record_is_noticed_whichever_it_is() -> None:
    def remove(records: Records, older: Records, key: bytes) -> None:
        del records[key]

    _, second = two_checkpoints()
    assert damaged(remove) == len(second.state[0]) + len(second.figures[0])


def test_a_record_of_the_checkpoint_before_is_noticed() -> None:
    def repeat(records: Records, older: Records, key: bytes) -> None:
        if key in older and key != HEADER:
            records[key] = older[key]

    assert damaged(repeat) > 3


def test_an_older_mark_is_noticed() -> None:
    first, second = two_checkpoints()
    with pytest.raises(TornCheckpoint):
        restored(second.state[0], {**second.figures[0], HEADER: first.figures[0][HEADER]})


def test_an_altered_record_is_noticed_whichever_it_is() -> None:
    def alter(records: Records, older: Records, key: bytes) -> None:
        if key != HEADER:
            records[key] = bytes([records[key][0] ^ 1]) + records[key][1:]

    _, second = two_checkpoints()
    assert damaged(alter) == len(second.state[0]) + len(second.figures[0]) - 1


def test_a_record_too_many_is_noticed() -> None:
    _, second = two_checkpoints()
    with pytest.raises(TornCheckpoint):
        restored({**second.state[0], b"workshop|entities|case/99": b"\x90"}, second.figures[0])


def lived(live: Records, records: Sequence[Record]) -> Records:
    """What lives after some more records."""
    newest = live | {record.key: record.value for record in records}
    return {key: value for key, value in newest.items() if value is not None}


@given(st.lists(steps(), min_size=2, max_size=25), st.integers(0, 25), st.floats(0, 1), st.floats(0, 1))
def test_a_transaction_applied_in_part_is_noticed_wherever_it_was_cut(
    log: list[Step], half: int, of_state: float, of_figures: float
) -> None:
    records = topics_of(log, 1).records
    engine = Engine(PLAN, 1)
    engine.consume(records[:half])
    engine.checkpoint()
    before = engine.store.state.get(0, {}), engine.store.figures.get(0, {})
    engine.consume(records[half:])
    checkpoint = engine.shards[0].checkpoint()
    if checkpoint is None:
        return
    written = checkpoint.state, checkpoint.figures
    cuts = round(of_state * len(written[0])), round(of_figures * len(written[1]))
    parts = [lived(live, part[:cut]) for live, part, cut in zip(before, written, cuts, strict=True)]
    whole = [lived(live, part) for live, part in zip(before, written, strict=True)]
    if parts in ([*before], whole):
        restored(*parts)
    else:
        with pytest.raises(TornCheckpoint):
            restored(*parts)


def test_an_empty_log_is_an_empty_shard() -> None:
    assert restored({}, {}).positions == {}


def test_nothing_changed_is_no_checkpoint() -> None:
    _, second = two_checkpoints()
    assert restored(second.state[0], second.figures[0]).checkpoint() is None


def test_records_consumed_again_change_nothing() -> None:
    topics = Topics(1)
    for number in range(4):
        topics.send(SUBSYSTEM, "case.opened", NOON, case(number))
    shard = Shard(PLAN, 0, 1)
    shard.apply(batch_of(topics.records[:3]))
    shard.apply(batch_of(topics.records[1:]))
    assert shard.sources["workshop"].fates.applied == 4
    assert shard.sources["workshop"].fates.duplicate == 0


def test_a_board_shows_a_checkpoint_only_once_its_mark_is_there() -> None:
    first, second = two_checkpoints()
    merged = MergedFigures(PLAN)
    for key, value in first.figures[0].items():
        merged.put(0, key, value)
    shown = dict(merged.panes())
    for key, value in second.figures[0].items():
        if key != HEADER:
            merged.put(0, key, value)
    assert dict(merged.panes()) == shown
    merged.put(0, HEADER, second.figures[0][HEADER])
    assert dict(merged.panes()) != shown


def test_a_pane_deleted_everywhere_leaves_nothing_behind() -> None:
    _, second = two_checkpoints()
    merged = MergedFigures(PLAN)
    for key, value in second.figures[0].items():
        merged.put(0, key, value)
    for key in second.figures[0]:
        if key != HEADER:
            merged.put(0, key, None)
    merged.put(0, HEADER, second.figures[0][HEADER])
    assert list(merged.panes()) == []


@given(st.lists(steps(), min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_merging_partitions_in_any_grouping_gives_the_same(log: list[Step], chance: random.Random) -> None:
    engine = Engine(PLAN, 5)
    engine.consume(topics_of(log, 5).records)
    engine.checkpoint()
    merged = engine.store.merged(PLAN)
    for (slug, key, start), _ in merged.panes():
        table = PLAN.subsystems[slug].tables[key]
        parts = merged.partials((slug, key, start))
        chance.shuffle(parts)
        cut = chance.randint(0, len(parts))
        halves = [merge_panes(table, parts[:cut]), merge_panes(table, parts[cut:])]
        assert merge_panes(table, halves) == merged.pane(slug, key, start)


def calm(log: list[Step]) -> list[Step]:
    """Steps within an hour, none of which is repeated or out of every horizon.

    No two reports of one thing are of one instant: of those the one taken later counts, as a correction does.
    """
    kept, reported, clock = [], set(), 0
    for given_step in log:
        step = given_step._replace(on=given_step.on % 60_000, back=max(0, given_step.back) % 3_000_000, trouble="")
        report = step.event, step.thing, clock + step.on - step.back
        if SUBSYSTEM.entity_of(step.event) or report not in reported:
            reported.add(report)
            clock += step.on
            kept.append(step)
    return kept


@given(st.lists(steps(leaps=False), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_any_order_of_the_same_events_gives_the_same_panes(log: list[Step], chance: random.Random) -> None:
    topics = topics_of(calm(log), 1)
    shuffled = Topics(1)
    for record in chance.sample(topics.records, len(topics.records)):
        shuffled.append(record.subsystem, record.key, record.value, NOON + 10**9)
    panes = []
    for each in (topics, shuffled):
        engine = Engine(PLAN, 1)
        engine.consume(each.records)
        engine.checkpoint()
        panes.append(engine.panes())
    assert differences(*panes) == []


FEW = ["opened", "urgent_opened", "closed", "open", "overdue", "unassigned", "alive", "backlog", "suspended"]
"""KPIs for which all fields of cases and cameras are remembered."""
BEFORE = workshop(kpis={name: KPIS[name] for name in FEW})
PLAN_BEFORE = compile_plan(catalogue_of(BEFORE))


def of_states(panes: Mapping[PaneName, Cells]) -> dict[PaneName, Cells]:
    """The cells of cases and cameras."""
    return {
        name: {place: value for place, value in cells.items() if "case" in place[1] or str(Seen("camera")) in place[1]}
        for name, cells in panes.items()
    }


@given(st.lists(steps(leaps=False), min_size=1, max_size=30), st.integers(0, 30))
def test_kpis_of_lifecycles_that_come_later_read_as_if_they_had_always_been(log: list[Step], cut: int) -> None:
    records = topics_of(calm(log)).records
    former, always = Engine(PLAN_BEFORE, 2), Engine(PLAN, 2)
    former.consume(records[:cut])
    former.checkpoint()
    later = Engine(PLAN, 2, former.store)
    later.consume(records[cut:])
    always.consume(records)
    for engine in (later, always):
        engine.checkpoint()
    later.restart()
    assert differences(of_states(always.panes()), of_states(later.panes())) == []


def test_cleaning_the_log_of_entities_loses_none() -> None:
    topics, engine = Topics(1), Engine(PLAN, 1)
    for number in range(400):
        topics.send(SUBSYSTEM, "case.opened", NOON, case(number))
    for turn in range(8):
        for number in range(400):
            unit = ["7900", "8716"][turn % 2]
            data = {"case": f"case{number}", "unit": unit}
            topics.send(SUBSYSTEM, "case.transferred", NOON + turn, data, appended=NOON + 10**6)
    for first in range(0, len(topics.records), 400):
        engine.consume(topics.records[first : first + 400])
        engine.checkpoint()
    segments = [key for key in engine.store.state[0] if key.startswith(b"workshop|entities|case/")]
    assert 2 < len(segments) < 8, "the oldest were emptied"
    topics.send(SUBSYSTEM, "case.closed", NOON + 10**5, {"case": "case7", "urgent": True})
    kept = Engine(PLAN, 1)
    kept.consume(topics.records)
    kept.checkpoint()
    engine.restart()
    engine.consume(topics.records[-1:])
    engine.checkpoint()
    assert differences(kept.panes(), engine.panes()) == []
