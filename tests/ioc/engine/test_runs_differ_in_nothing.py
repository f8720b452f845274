"""What is stored is the same to the byte whether events are applied in runs or one by one, however they are read."""

from collections.abc import Sequence
from itertools import chain, count
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.engine import duplicates, intake
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard
from ioc.events.records import Checkpoint
from tests.oracle.randomly import MINUTE, SUBSYSTEM, Step, steps, topics_of
from tests.oracle.reading import LogRecord
from tests.oracle.topics import batch_of
from tests.oracle.workshop import catalogue_of

PLAN = compile_plan(catalogue_of(SUBSYSTEM))
INDEPENDENT = [name for name in SUBSYSTEM.events if SUBSYSTEM.entity_of(name) is None]

LATENESS = 10 * MINUTE
"""What is older than that when it is appended is no sign of life of its feed."""


def in_a_row(event: str) -> st.SearchStrategy[list[Step]]:
    """Events of one type, most of them ordinary."""
    step = st.builds(
        Step,
        st.just(event),
        st.integers(0, 2),
        st.sampled_from([0, 0, 0, 1, 999, MINUTE // 2]),
        st.sampled_from([0, 0, 0, 1, 1_000, LATENESS, LATENESS + 1, -5 * MINUTE, -5 * MINUTE - 1]),
        st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 7)),
        st.sampled_from(["", "", "", "", "again"]),
        st.integers(0, 100),
    )
    return st.lists(step, min_size=1, max_size=24)


rows = st.sampled_from(INDEPENDENT).flatmap(in_a_row)
LOGS = st.lists(st.one_of(rows, rows, steps().map(lambda step: [step])), min_size=1, max_size=8).map(
    lambda parts: list(chain.from_iterable(parts))
)


def appended(records: Sequence[LogRecord], lag: int, wobbles: Sequence[int]) -> list[LogRecord]:
    """The same, appended later by a lag, and at times that go back, as they do after a leader's clock was set."""
    return [r._replace(appended=r.appended + lag - wobbles[number % len(wobbles)]) for number, r in enumerate(records)]


class Cuts(NamedTuple):
    """How a log is read."""

    size: int
    """Of a batch."""
    often: int
    """Batches to a checkpoint."""
    kept: int
    """Ids that are always kept."""


class Together(NamedTuple):
    """What is applied together."""

    fewest: int
    at_once: int


def checkpoints(records: Sequence[LogRecord], cuts: Cuts, together: Together, plan: Plan = PLAN) -> list[Checkpoint]:
    """All checkpoints of one partition, with a restart after every third."""
    size, often, kept = cuts
    found: list[Checkpoint] = []
    state: dict[bytes, bytes] = {}
    figures: dict[bytes, bytes] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "FEWEST", together.fewest)
        patch.setattr(intake, "AT_ONCE", together.at_once)
        patch.setattr(duplicates.Duplicates.__init__, "__kwdefaults__", {"always_kept": kept, "most": 3 * kept})
        shard = Shard(plan, 0, 1)
        for number, start in zip(count(1), range(0, len(records), size), strict=False):
            part = list(records[start : start + size])
            for piece in ([r for r in part if not r.sent_again], [r for r in part if r.sent_again]):
                if piece:
                    shard.apply(batch_of(piece))
            if number % often == 0 and (checkpoint := shard.checkpoint()) is not None:
                found.append(checkpoint)
                for live, written in ((state, checkpoint.state), (figures, checkpoint.figures)):
                    for record in written:
                        live.pop(record.key, None)
                        if record.value is not None:
                            live[record.key] = record.value
                if len(found) % 3 == 0:
                    shard = Shard.restore(plan, 0, 1, list(state.items()), list(figures.items()))
        last = shard.checkpoint()
    return found if last is None else [*found, last]


@settings(max_examples=max(300, settings().max_examples))
@given(
    LOGS,
    st.builds(Cuts, st.integers(1, 40), st.integers(1, 4), st.sampled_from([4, 250_000])),
    st.builds(Together, st.sampled_from([1, 2, 16]), st.sampled_from([3, 128])),
    st.sampled_from([0, LATENESS - 1, LATENESS]),
    st.lists(st.sampled_from([0, 0, 0, 1, 1_000, 2 * MINUTE]), min_size=1, max_size=7),
)
def test_checkpoints_are_the_same_to_the_byte(
    log: list[Step], cuts: Cuts, together: Together, lag: int, wobbles: list[int]
) -> None:
    records = appended(topics_of(log, partitions=1).records, lag, wobbles)
    one_by_one = checkpoints(records, cuts, Together(10**9, 128))
    assert checkpoints(records, cuts, together) == one_by_one
