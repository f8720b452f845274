"""A worker process with a small engine in place of the real one: it counts records per key, exactly once or not."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import msgspec

from ioc.engine.shard import TornCheckpoint
from ioc.engine.store.checkpoint_header import Fates, SourceState
from ioc.engine.store.keys import HEADER
from ioc.events.records import Batch, Checkpoint, Record
from streams.process import running
from streams.settings.settings import load_settings
from streams.worker.worker import run_worker

PLAN = SimpleNamespace(subsystems=["alpha", "beta"], telemetry=frozenset())
BUCKETS = 16
FAULT = "COUNTING_WORKER_FAULT"
"""The variable that names a file: from the moment that it exists, the engine raises."""
HANG = b"hang"
"""A record that holds the engine up for longer than its patience."""

_encode = msgspec.json.encode
_decode = msgspec.json.decode


class CountingShard:
    """Counts per subsystem and key, packed into a few records per partition; the header holds their sum."""

    def __init__(self, plan: Any, index: int, partitions: int) -> None:
        self.index = index
        self.sources = {name: SourceState(-1, 0, 0, Fates(), {}) for name in plan.subsystems}
        self.counts: list[Counter[str]] = [Counter() for _ in range(BUCKETS)]
        self.changed: set[int] = set()
        self.sequence = 0
        self.moved = False

    @property
    def positions(self) -> dict[str, int]:
        return {name: source.position for name, source in self.sources.items() if source.position >= 0}

    def apply(self, batch: Batch) -> None:
        if FAULT in os.environ and Path(os.environ[FAULT]).exists():
            raise RuntimeError("a fault of the engine")
        if HANG in batch.values:
            print("the engine hangs", flush=True)  # noqa: T201
            time.sleep(45)
        source = self.sources[batch.subsystem]
        new = sum(offset >= source.position for offset in batch.offsets)
        for key, count in Counter(list(batch.keys)[len(batch) - new :]).items():
            assert key is not None
            bucket = key[-1] % BUCKETS
            self.counts[bucket][f"{batch.subsystem}/{key.decode()}"] += count
            self.changed.add(bucket)
        source.position = max(source.position, batch.end)
        self.moved = True
        source.fates.consumed += new

    def checkpoint(self) -> Checkpoint | None:
        if not self.moved:
            return None
        self.moved = False
        self.sequence += 1
        state = [Record(b"bucket/%d" % n, _encode(self.counts[n])) for n in sorted(self.changed)]
        self.changed.clear()
        header = {"sequence": self.sequence, "sum": self.sum(), "positions": self.positions}
        return Checkpoint(self.sequence, self.positions, state=state, figures=[Record(HEADER, _encode(header))])

    def sum(self) -> int:
        return sum(counts.total() for counts in self.counts)

    @classmethod
    def restore(
        cls,
        plan: Any,
        index: int,
        partitions: int,
        state: Iterable[tuple[bytes, bytes]],
        figures: Iterable[tuple[bytes, bytes]],
    ) -> Self:
        shard = cls(plan, index, partitions)
        for key, value in state:
            shard.counts[int(key.removeprefix(b"bucket/"))] = Counter(_decode(value))
        header = _decode(dict(figures).get(HEADER, b'{"sequence":0,"sum":0,"positions":{}}'))
        if header["sum"] != shard.sum():
            raise TornCheckpoint(f"{shard.sum()} counted, {header['sum']} in the header")
        shard.sequence = header["sequence"]
        for name, position in header["positions"].items():
            shard.sources[name].position = position
        return shard

    @classmethod
    def rebuilding(
        cls,
        plan: Any,
        index: int,
        partitions: int,
        state: Iterable[tuple[bytes, bytes]],
        figures: Iterable[tuple[bytes, bytes]],
    ) -> tuple[Self, Checkpoint]:
        erased = [[Record(key, None) for key, _ in records] for records in (state, figures)]
        return cls(plan, index, partitions), Checkpoint(0, {}, state=erased[0], figures=erased[1])


if __name__ == "__main__":
    running.start()
    run_worker(load_settings(), PLAN, CountingShard)
