"""The lifecycles of all twelve subsystems: made-up events in any order, some twice, count for what they do in order."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.oracle import Oracle, differences
from tests.oracle.reading import LogRecord, read_event
from tests.oracle.topics import Engine, Topics
from tests.packaged import packaged_catalogue, packaged_plan
from tests.soak.made_up import START, MadeUp

pytestmark = pytest.mark.slow

CATALOGUE = packaged_catalogue()
PLAN = packaged_plan()
UNITS = frozenset(unit.code for unit in CATALOGUE.province.units)
APPENDED = int(START.timestamp() * 1000) + 400 * 86_400_000


def appended(records: Sequence[LogRecord], partitions: int) -> Topics:
    """Topics with the same records in the order given."""
    topics = Topics(partitions)
    for record in records:
        topics.append(record.subsystem, record.key, record.value, APPENDED, headers=record.headers)
    return topics


def of_entities(seed: int, count: int) -> list[LogRecord]:
    """What a seed makes up that is well-formed and of some entity, among its first messages."""
    topics = Topics(1)
    for message, _ in zip(MadeUp(CATALOGUE, seed, 1), range(count), strict=False):
        topics.append(message.subsystem, message.key, message.value, APPENDED, headers=message.headers)
    return [
        record
        for record in topics.records
        if (event := read_event(subsystem := CATALOGUE.subsystems[record.subsystem], UNITS, 1, record)) is not None
        and subsystem.entity_of(event.name) is not None
    ]


@settings(max_examples=3)
@given(st.integers(0, 10**6), st.sampled_from([1, 4, 12]))
def test_lifecycles_of_every_subsystem_count_the_same_in_any_order(seed: int, partitions: int) -> None:
    records, random = of_entities(seed, 3_000), Random(seed)
    assert {record.subsystem for record in records} == {
        slug for slug, each in CATALOGUE.subsystems.items() if each.entities
    }
    oracle, engine = Oracle(CATALOGUE, 1), Engine(PLAN, partitions)
    for record in appended(records, 1).records:
        oracle.feed(record)
    again = random.sample(records, len(records) // 3)
    sent = appended(random.sample([*records, *again], len(records) + len(again)), partitions).records
    for first in range(0, len(sent), 500):
        engine.consume(sent[first : first + 500])
        engine.checkpoint()
        engine.restart()
    totals = [
        {name: cells for name, cells in panes.items() if name[2] == 0} for panes in (oracle.panes(), engine.panes())
    ]
    assert differences(*totals) == []
