"""The state of one partition index over all subsystems, and its checkpoints."""

from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from ioc.engine.compatibility import STATE_FORMAT, check_format
from ioc.engine.plan import Plan
from ioc.engine.store.checkpoint_header import KEY, CheckpointHeader, SourceState, decode_header, encode_header
from ioc.engine.store.digest import LogDigest
from ioc.engine.subsystem_state import SubsystemState
from ioc.events.records import Batch, Checkpoint, Record

StoredRecord = tuple[bytes, bytes]


class TornCheckpoint(Exception):
    """The log does not hold what its newest header says it holds."""


class Shard:
    """Applies batches of one partition index and says what changed."""

    def __init__(self, plan: Plan, index: int, partitions: int) -> None:
        self.index = index
        self.states = {
            slug: SubsystemState(subsystem, index, partitions) for slug, subsystem in plan.subsystems.items()
        }
        self._sequence = 0
        self._digest = LogDigest()
        self._dead_letters: list[Record] = []
        self._changed = False
        self._gone: tuple[list[Record], list[Record]] = ([], [])

    @property
    def positions(self) -> dict[str, int]:
        """For each subsystem consumed from, the next offset to consume."""
        return {slug: state.source.position for slug, state in self.states.items() if state.source.position >= 0}

    @property
    def sources(self) -> Mapping[str, SourceState]:
        """For each subsystem how far it is and where its events went."""
        return {slug: state.source for slug, state in self.states.items()}

    def apply(self, batch: Batch) -> None:
        """Apply the records of a batch that lie at or after the position; bad ones become dead letters."""
        self._dead_letters += self.states[batch.subsystem].apply(batch)
        self._changed = True

    def checkpoint(self) -> Checkpoint | None:
        """What one transaction must write; None where nothing was applied since the last call.

        The shard takes it for written: after a transaction that failed or whose outcome is open it must be
        thrown away and restored.
        """
        if not self._changed:
            return None
        self._changed = False
        self._sequence += 1
        checkpoint = Checkpoint(self._sequence, self.positions, dead_letters=self._dead_letters)
        self._dead_letters = []
        for gone, records in zip(self._gone, (checkpoint.state, checkpoint.figures), strict=True):
            records.extend(gone)
            gone.clear()
        for state in self.states.values():
            own_state, own_figures = state.changed()
            checkpoint.state.extend(own_state)
            checkpoint.figures.extend(own_figures)
        self._digest.enter(checkpoint.state)
        self._digest.enter(checkpoint.figures)
        sources = {slug: source for slug, source in self.sources.items() if source.position >= 0}
        header = CheckpointHeader(self._sequence, len(self._digest), self._digest.hash, sources, STATE_FORMAT)
        checkpoint.figures.append(Record(KEY, encode_header(header)))
        return checkpoint

    @classmethod
    def restore(
        cls,
        plan: Plan,
        index: int,
        partitions: int,
        state: Iterable[StoredRecord],
        figures: Iterable[StoredRecord],
    ) -> Self:
        """The shard that wrote these live records. Raises TornCheckpoint, IncompatibleState."""
        shard = cls(plan, index, partitions)
        stored = [Record(key, value) for key, value in state]
        shown = dict(figures)
        header_value = shown.pop(KEY, None)
        if header_value is None:
            if stored or shown:
                raise TornCheckpoint(f"partition {index}: {len(stored) + len(shown)} records and no header")
            return shard
        try:
            header = decode_header(header_value)
            check_format(header.state_format)
            shard._digest.enter(stored)
            shard._digest.enter(Record(key, value) for key, value in shown.items())
            if (len(shard._digest), shard._digest.hash) != (header.live, header.digest):
                raise TornCheckpoint(
                    f"partition {index}: checkpoint {header.sequence} has {header.live} records with hash "
                    f"{header.digest:x}, the log has {len(shard._digest)} with hash {shard._digest.hash:x}"
                )
            shard._take_back(header, {r.key: r.value for r in stored if r.value is not None}, shown)
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            raise TornCheckpoint(f"partition {index}: a stored record cannot be read: {error}") from error
        return shard

    def _take_back(
        self, header: CheckpointHeader, state: Mapping[bytes, bytes], figures: Mapping[bytes, bytes]
    ) -> None:
        self._sequence = header.sequence
        by_slug_state, by_slug_figures = _by_subsystem(state), _by_subsystem(figures)
        for slug, source in header.sources.items():
            if slug in self.states:
                self.states[slug].restore(source, by_slug_state.get(slug, {}), by_slug_figures.get(slug, {}))
                self._changed |= self.states[slug].moved
        for gone, by_slug in zip(self._gone, (by_slug_state, by_slug_figures), strict=True):
            for slug in by_slug.keys() - (self.states.keys() & header.sources.keys()):
                gone.extend(Record(f"{slug}|{name}".encode(), None) for name in by_slug[slug])
                self._changed = True


def _by_subsystem(records: Mapping[bytes, bytes]) -> dict[str, dict[str, bytes]]:
    """Records by subsystem, under the rest of their keys."""
    grouped: dict[str, dict[str, bytes]] = {}
    for key, value in records.items():
        slug, _, name = key.decode().partition("|")
        grouped.setdefault(slug, {})[name] = value
    return grouped
