"""A worker that hangs says so; one that has nothing to do does not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from ioc.engine.store.checkpoint_header import Fates, SourceState
from streams.worker.health import PATIENCE, Health


@dataclass
class Scene:
    """One partition of one subsystem, the broker's end of it and a clock, all set by hand."""

    now: float = 1000.0
    end: int | None = 0
    assigned: frozenset[int] | None = frozenset({0})
    source: SourceState = field(default_factory=lambda: SourceState(0, 0, 0, Fates(), {}))

    def __iter__(self) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(index=0, shard=SimpleNamespace(sources={"health": self.source}))

    def health(self) -> Health:
        return Health(self, lambda *_: self.end, lambda: self.now)  # type: ignore[arg-type]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_input_that_waits_for_more_than_the_patience_makes_it_stuck_and_unready(scene: Scene) -> None:
    health = scene.health()
    scene.end = 5
    health.look()
    scene.now += PATIENCE
    health.look()
    assert health.stuck() == []
    scene.now += 1
    health.look()
    assert health.stuck() == health.unready() == ["health partition 0: records wait and none was applied for 31 s"]


def test_any_record_applied_is_progress(scene: Scene) -> None:
    health = scene.health()
    for position in range(5):
        scene.end, scene.source.position = 100, position
        health.look()
        scene.now += PATIENCE
    assert health.stuck() == []


def test_a_first_record_after_a_long_silence_is_no_reason(scene: Scene) -> None:
    health = scene.health()
    scene.now += 3600
    health.look()
    scene.end = 1
    health.look()
    assert health.stuck() == []


def test_an_event_loop_that_stands_still_is_stuck_though_nothing_waits(scene: Scene) -> None:
    health = scene.health()
    scene.now += PATIENCE + 1
    assert health.stuck() == ["the event loop has stood still for 31 s"]


def test_it_is_unready_until_assigned_and_while_a_state_is_missing(scene: Scene) -> None:
    health = scene.health()
    scene.assigned = None
    assert health.unready() == ["no partitions were assigned yet"]
    scene.assigned = frozenset({0, 3})
    assert health.unready() == ["partitions without their state: [3]"]
    scene.assigned = frozenset({0})
    assert health.unready() == []
