"""Every offset is either consumed or a gap, whatever holds no record."""

from dataclasses import replace
from pathlib import Path

import pytest

from ioc.catalogue import load
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.engine.store.checkpoint_header import SourceState
from ioc.events.records import Batch
from tests.ioc.catalogues import SLUG, batch, catalogue, event

EMPTY = Batch(SLUG, 0, [], [], [], [], [], end=9)


@pytest.fixture
def shard(tmp_path: Path) -> Shard:
    return Shard(compile_plan(load(catalogue(tmp_path / "catalogue"))), 0, 1)


def source(shard: Shard) -> SourceState:
    return shard.sources[SLUG]


def test_offsets_before_between_and_behind_records_are_gaps(shard: Shard) -> None:
    shard.apply(replace(batch(2, (b"d1", event(1))), end=4))
    shard.apply(batch(6, (b"d2", event(2)), (b"d3", event(3))))
    assert source(shard).position == 8
    assert (source(shard).fates.consumed, source(shard).fates.gaps) == (3, 5)


def test_a_batch_without_records_moves_the_position_and_counts_once(shard: Shard) -> None:
    for _ in range(2):
        shard.apply(EMPTY)
    assert source(shard).position == 9
    assert (source(shard).fates.consumed, source(shard).fates.gaps) == (0, 9)
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    assert checkpoint.positions == {SLUG: 9}
