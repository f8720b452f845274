"""Taking a state over, subsystem by subsystem: what a replay of some begins with of all others."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ioc.engine.plan import Plan
from ioc.engine.shard import Shard, StoredRecord
from ioc.engine.store.keys import HEADER, StoredKey
from ioc.events.records import Checkpoint, Record


def carried_over(
    plan: Plan,
    index: int,
    partitions: int,
    state: Iterable[StoredRecord],
    figures: Iterable[StoredRecord],
    *,
    subsystems: Collection[str],
) -> Checkpoint | None:
    """The checkpoint with which another state begins where a partition of this one stands, for some subsystems.

    None where it holds nothing yet. Raises TornCheckpoint, IncompatibleState.
    """
    kept, shown = dict(state), dict(figures)
    if HEADER not in shown:
        return None
    taken = {slug: each for slug, each in plan.subsystems.items() if slug in subsystems}
    shard = Shard.restore(replace(plan, subsystems=taken), index, partitions, kept.items(), shown.items())
    # What it drops and counts anew comes behind what it was restored from, as in the log.
    header = Record(HEADER, shown.pop(HEADER))
    change = shard.checkpoint() or Checkpoint(0, shard.positions, figures=[header])
    return replace(
        change,
        state=[*_records_of(taken, kept), *change.state],
        figures=[*_records_of(taken, shown), *change.figures],
    )


def _records_of(subsystems: Collection[str], records: Mapping[bytes, bytes]) -> Iterator[Record]:
    return (Record(key, value) for key, value in records.items() if StoredKey.parse(key).subsystem in subsystems)
