"""Events applied in runs: every one counts as it does by itself, whatever stands between them or fails in them."""

from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine import intake
from ioc.engine.intake import Intake
from ioc.engine.judge import INTERNAL
from ioc.engine.plan import compile_plan
from ioc.engine.presence import Presence
from ioc.engine.runs import Runs
from ioc.engine.shard import Shard
from tests.ioc.engine.failing import FAULT, Fault, failing, out_of_memory
from tests.oracle.oracle import Oracle, differences
from tests.oracle.randomly import MINUTE, START, SUBSYSTEM, Step, steps, topics_of
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics, batch_of
from tests.oracle.workshop import catalogue_of

CATALOGUE = catalogue_of(SUBSYSTEM)
PLAN = compile_plan(CATALOGUE)
INDEPENDENT = [name for name in SUBSYSTEM.events if SUBSYSTEM.entity_of(name) is None]
MEASURED = {"station": "a", "value": 1.0, "measured_in": "g", "level": 2.0}
FATES = ("consumed", "applied", "late", "duplicate", "rejected")


def fates_of(source: object) -> dict[str, int]:
    return {name: getattr(source, name) for name in FATES}


def check(records: Sequence[LogRecord], engine: Engine) -> None:
    """What the engine came to is what the definitions say of the records."""
    oracle = Oracle(CATALOGUE, engine.partitions)
    for record in records:
        oracle.feed(record)
    assert differences(oracle.panes(), engine.panes()) == []
    for (slug, partition), source in oracle.sources.items():
        consumed = engine.shards[partition].sources[slug]
        assert fates_of(consumed.fates) == {name: source.fates[name] for name in FATES}
        assert consumed.newest == source.newest


@pytest.mark.parametrize("event", INDEPENDENT)
@given(st.data())
def test_a_long_run_with_anything_in_it_is_the_oracles(event: str, data: st.DataObject) -> None:
    ordinary = st.builds(
        Step,
        st.just(event),
        st.integers(0, 2),
        st.sampled_from([0, 0, 0, 1, 999, MINUTE]),
        st.sampled_from([0, 0, 1, 1_000]),
        st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 7)),
        st.just(""),
        st.just(0),
    )
    log: list[Step] = []
    for _ in range(data.draw(st.integers(1, 4))):
        log += data.draw(st.lists(ordinary, min_size=intake.FEWEST, max_size=3 * intake.FEWEST))
        log += data.draw(st.lists(steps([event, *INDEPENDENT], leaps=False), max_size=3))
    records = topics_of(log, partitions=1).records
    engine = Engine(PLAN, 1)
    engine.consume(records)
    engine.checkpoint()
    check(records, engine)


def is_for_a_run(frame: FrameType | None) -> bool:
    """Whether it was called to apply a run."""
    while frame is not None and frame.f_code is not Runs.apply.__code__:
        frame = frame.f_back
    return frame is not None


def is_for_an_event(frame: FrameType | None) -> bool:
    """Whether it was called by the one who applies events one by one."""
    while frame is not None and frame.f_code is not Intake._apply_each.__code__:
        frame = frame.f_back
    return frame is not None


def sent(event: str, data: dict[str, object], count: int = 20) -> list[LogRecord]:
    topics = Topics(1)
    for number in range(count):
        topics.send(SUBSYSTEM, event, START + number * 100, data)
    return topics.records


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "data"), [("camera.heard", {"camera": "a", "unit": "7900"}), ("mass.measured", MEASURED)]
)
def test_a_fault_in_a_run_that_does_not_come_again_costs_nothing(event: str, data: dict[str, object]) -> None:
    records = sent(event, data)
    call = 0
    while True:
        engine = Engine(PLAN, 1)
        engine.consume(records[:1])
        with failing(call, is_for_a_run) as failed:
            engine.consume(records[1:])
        if not failed:
            break
        engine.checkpoint()
        check(records, engine)
        call += 1
    assert call > 20


@pytest.mark.parametrize("fewest", [pytest.param(1, id="in a run"), pytest.param(10**9, id="one by one")])
@pytest.mark.parametrize(
    ("event", "data"),
    [("camera.heard", {"camera": "a", "unit": "7900"}), ("mass.measured", MEASURED)],
)
def test_where_memory_runs_out_nothing_counts_twice_or_is_lost_unseen(
    event: str, data: dict[str, object], fewest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker throws such a state away, and begins again at its checkpoint."""
    monkeypatch.setattr(intake, "FEWEST", fewest)
    counts = is_for_a_run if fewest == 1 else is_for_an_event
    records = sent(event, data, 5)
    call = 0
    while True:
        shard = Shard(PLAN, 0, 1)
        shard.apply(batch_of(records[:1]))
        with out_of_memory(call, counts) as failed:
            try:
                shard.apply(batch_of(records[1:]))
            except MemoryError:
                assert failed
            else:
                assert not failed, f"{failed} was not told"
        if not failed:
            break
        call += 1
    assert call > 20


def test_an_event_that_a_run_fails_on_is_a_dead_letter_and_passes_when_it_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = sent("camera.heard", {"camera": "a", "unit": "7900"})
    hear = Presence.hear
    is_failing = True
    bad = START + 15 * 100

    def refuse(presence: Presence, data: object, time: int) -> None:
        if is_failing and time == bad:
            raise Fault(FAULT)
        hear(presence, data, time)  # type: ignore[arg-type]

    monkeypatch.setattr(Presence, "hear", refuse)
    shard = Shard(PLAN, 0, 1)
    shard.apply(batch_of(records))
    fates = shard.sources["workshop"].fates
    assert (fates.applied, fates.rejected_by_reason) == (len(records) - 1, {INTERNAL: 1})
    topics = Topics(1)
    topics.records = [records[15]]
    again = topics.send(
        SUBSYSTEM, "camera.heard", bad, {"camera": "a", "unit": "7900"}, id="n15", appended=bad, again=records[15]
    )
    is_failing = False
    shard.apply(batch_of([again]))
    assert fates.applied == len(records)


def test_runs_are_applied_together(monkeypatch: pytest.MonkeyPatch) -> None:
    records = sent("mass.measured", MEASURED)
    calls: list[int] = []
    together = Runs.apply

    def count(runs: Runs, *arguments: object) -> int:
        calls.append(together(runs, *arguments))  # type: ignore[arg-type]
        return calls[-1]

    monkeypatch.setattr(Runs, "apply", count)
    shard = Shard(PLAN, 0, 1)
    shard.apply(batch_of(records[:1]))  # of a station that is not known yet
    shard.apply(batch_of(records[1:]))
    assert sum(calls) == len(records) - 1


def test_of_a_run_that_goes_from_signs_of_life_to_history_the_last_sign_of_life_is_heard() -> None:
    """An event is one that is not older than 10 minutes, the lateness of its feed, when it is appended."""
    topics, heard = Topics(1), {"camera": "a", "unit": "7900"}
    for number in range(3 * intake.FEWEST):
        appended = START + number * 100
        old = 10 * MINUTE + (number >= 2 * intake.FEWEST)
        topics.send(SUBSYSTEM, "camera.heard", appended - old, heard, appended=appended)
    shard = Shard(PLAN, 0, 1)
    shard.apply(batch_of(topics.records[:1]))  # of a camera that is not known yet
    shard.apply(batch_of(topics.records[1:]))
    feed = shard.sources["workshop"].feeds[SUBSYSTEM.feed_of("camera.heard")]
    assert feed.heard == START + (2 * intake.FEWEST - 1) * 100


def test_a_record_with_another_key_within_a_run_is_misrouted() -> None:
    records = sent("camera.heard", {"camera": "a", "unit": "7900"}, 2 * intake.FEWEST)
    records[intake.FEWEST] = records[intake.FEWEST]._replace(key=b"b")
    shard = Shard(PLAN, 0, 1)
    shard.apply(batch_of(records[:1]))  # of a camera that is not known yet
    shard.apply(batch_of(records[1:]))
    fates = shard.sources["workshop"].fates
    assert (fates.applied, fates.rejected_by_reason) == (len(records) - 1, {"misrouted": 1})


def test_an_id_within_a_run_that_says_something_else_than_before_is_conflicting() -> None:
    topics = Topics(1)
    for number in range(2 * intake.FEWEST):
        topics.send(SUBSYSTEM, "mass.measured", START + number, MEASURED | {"value": float(number)})
    first = topics.records[0]
    again = topics.send(SUBSYSTEM, "mass.measured", START, MEASURED | {"value": 7.0}, id="n0", appended=START + 99)
    for number in range(intake.FEWEST):
        topics.send(SUBSYSTEM, "mass.measured", START + 100 + number, MEASURED | {"value": float(number)})
    assert again.value != first.value
    shard = Shard(PLAN, 0, 1)
    shard.apply(batch_of(topics.records[:1]))  # of a station that is not known yet
    shard.apply(batch_of(topics.records[1:]))
    feed = shard.sources["workshop"].feeds[SUBSYSTEM.feed_of("mass.measured")]
    assert (feed.duplicate, feed.conflicting) == (1, 1)
