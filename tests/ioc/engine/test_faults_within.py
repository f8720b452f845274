"""Whatever the engine fails on in a record, wherever it does: that record is a dead letter, and nothing else of it."""

import json
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine.intake import Intake
from ioc.engine.judge import INTERNAL
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.engine.store.keys import HEADER
from ioc.events.dead_letter import DeadLetter
from ioc.events.records import Checkpoint
from tests.ioc.engine.failing import FAULT, failing
from tests.oracle.oracle import Oracle, differences
from tests.oracle.randomly import SUBSYSTEM, Step, steps, topics_of
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics, batch_of
from tests.oracle.workshop import catalogue_of

CATALOGUE = catalogue_of(SUBSYSTEM)
PLAN = compile_plan(CATALOGUE)
LEFT_OUT = ("__len__", "are_plain", "<genexpr>")
"""What is called before the first record, and what is entered again when it is thrown away."""


def _is_for_a_record(frame: FrameType) -> bool:
    """Whether the engine called a function of its own to take a record in."""
    if frame.f_code.co_name in LEFT_OUT:
        return False
    outer = frame.f_back
    while outer is not None and outer.f_code is not Intake._apply_each.__code__:
        if outer.f_code in (Intake.apply.__code__, Shard.checkpoint.__code__):
            return False
        outer = outer.f_back
    return outer is not None


def consume_failing(engine: Engine, records: list[LogRecord], which: int, call: int) -> str | None:
    """Consume all records, one of which fails in its so manyeth call; gives the function that did, if any."""
    engine.consume(records[:which])
    with failing(call, _is_for_a_record) as failed:
        engine.consume(records[which : which + 1])
    engine.consume(records[which + 1 :])
    engine.checkpoint()
    return failed[0] if failed else None


@given(st.lists(steps(leaps=False), min_size=1, max_size=25), st.integers(0, 24), st.integers(0, 40))
def test_a_record_that_the_engine_fails_on_counts_nowhere(log: list[Step], which: int, call: int) -> None:
    records = topics_of(log).records
    which %= len(records)
    engine = Engine(PLAN, 2)
    failed = consume_failing(engine, records, which, call)
    if failed is None:
        return
    oracle = Oracle(CATALOGUE, 2)
    for number, record in enumerate(records):
        oracle.feed(record._replace(value=b"{") if number == which else record)
    assert differences(oracle.panes(), engine.panes()) == [], failed
    for (slug, partition), source in oracle.sources.items():
        consumed = engine.shards[partition].sources[slug]
        got = {name: getattr(consumed.fates, name) for name in ("consumed", "applied", "late", "duplicate", "rejected")}
        assert got == {name: source.fates[name] for name in got}, failed
        assert consumed.orphans == {"case": source.orphans_of("case")}, failed


NOON = 1_761_886_800_000
SENT = {
    "case.opened": {"case": "a", "unit": "7900", "topic": "land", "urgent": True},
    "camera.heard": {"camera": "a", "unit": "7900"},
    "mass.measured": {"station": "a", "value": 1.0, "measured_in": "g", "level": 2.0},
}


def stored(checkpoint: Checkpoint) -> dict[bytes, bytes | None]:
    """All records but the header, which counts rejections by their reason."""
    records = {record.key: record.value for record in (*checkpoint.state, *checkpoint.figures)}
    return {key: value for key, value in records.items() if key != HEADER}


def after_a_broken_record() -> Checkpoint:
    shard, topics = Shard(PLAN, 0, 1), Topics(1)
    shard.apply(batch_of([topics.append("workshop", b"a", b"{", NOON)]))
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    return checkpoint


@pytest.mark.parametrize("event", SENT)
def test_it_is_a_dead_letter_that_says_where_and_passes_when_it_is_sent_again(event: str) -> None:
    topics = Topics(1)
    first = topics.send(SUBSYSTEM, event, NOON, SENT[event])
    call = 0
    while True:
        shard = Shard(PLAN, 0, 1)
        with failing(call, _is_for_a_record) as failed:
            shard.apply(batch_of([first]))
        if not failed:
            break
        assert shard.sources["workshop"].fates.rejected_by_reason == {INTERNAL: 1}, failed
        checkpoint = shard.checkpoint()
        assert checkpoint is not None
        assert stored(checkpoint) == stored(after_a_broken_record()), failed
        (record,) = checkpoint.dead_letters
        letter = DeadLetter.from_record(record.value, (*record.headers, ("topic", b"workshop")))
        assert (letter.reason, json.loads(letter.value or b"")) == (INTERNAL, json.loads(first.value or b""))
        assert letter.detail.startswith(f"Fault: {FAULT} (")
        again = Topics(1)
        again.records = [first]
        again._next = {("workshop", 0): 1}
        shard.apply(batch_of([again.send(SUBSYSTEM, event, NOON, SENT[event], id="n0", again=first)]))
        assert shard.sources["workshop"].fates.applied == 1, failed
        call += 1
    assert call > 5
