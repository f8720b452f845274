"""All twelve subsystems under made-up events of theirs, good and bad, held against the naive oracle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.oracle import Oracle, differences
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics
from tests.packaged import packaged_catalogue, packaged_plan
from tests.soak.made_up import START, MadeUp

pytestmark = pytest.mark.usefixtures("runs")

CATALOGUE = packaged_catalogue()
PLAN = packaged_plan()
PARTITIONS = 3
APPENDED = int(START.timestamp() * 1000) + 400 * 86_400_000


def made_up(seed: int, count: int) -> list[LogRecord]:
    """The first messages of a seed as they lie in the topics."""
    topics = Topics(PARTITIONS)
    for message, _ in zip(MadeUp(CATALOGUE, seed, PARTITIONS), range(count), strict=False):
        record = topics.append(message.subsystem, message.key, message.value, APPENDED, message.partition)
        topics.records[-1] = record._replace(headers=tuple(message.headers))
    return topics.records


@settings(max_examples=2)
@given(st.integers(0, 10**6), st.integers(150, 400))
def test_every_pane_and_fate_of_every_subsystem_is_the_oracles(seed: int, between_restarts: int) -> None:
    records = made_up(seed, 1_000)
    oracle, engine = Oracle(CATALOGUE, PARTITIONS), Engine(PLAN, PARTITIONS)
    for record in records:
        oracle.feed(record)
    for first in range(0, len(records), between_restarts):
        engine.consume(records[first : first + between_restarts])
        engine.checkpoint()
        engine = Engine(PLAN, PARTITIONS, engine.store)
    assert differences(oracle.panes(), engine.panes()) == []
    for (slug, partition), source in oracle.sources.items():
        fates = engine.shards[partition].sources[slug].fates
        got = {name: getattr(fates, name) for name in ("consumed", "applied", "late", "duplicate", "rejected")}
        assert got == {name: source.fates[name] for name in got}
