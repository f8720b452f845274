"""The state of one partition index over all subsystems, and its checkpoints."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Self

import msgspec

from ioc.engine.compatibility import STATE_FORMAT, check_format
from ioc.engine.plan import Plan
from ioc.engine.sent_again import NO_PLACE, SentAgain
from ioc.engine.store.checkpoint_header import CheckpointHeader, SourceState, decode_header, encode_header
from ioc.engine.store.digest import LogDigest
from ioc.engine.store.keys import HEADER, StoredKey
from ioc.engine.subsystem_state import SubsystemState
from ioc.events.records import SENT_AGAIN, Batch, Checkpoint, Record

StoredRecord = tuple[bytes, bytes]
_BySubsystem = dict[str, dict[StoredKey, bytes]]


class TornCheckpoint(Exception):
    """The log does not hold what its newest header says it holds."""


class Shard:
    """Applies batches of one partition index and says what changed.

    Args:
        sources: how far those subsystems came that are about to be restored.
        rebuilt_to: the offsets that a torn state had reached, which this one is made anew in the place of.
    """

    def __init__(
        self,
        plan: Plan,
        index: int,
        partitions: int,
        sources: Mapping[str, SourceState] = MappingProxyType({}),
        rebuilt_to: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.index = index
        self._rebuilt_to = dict(rebuilt_to)
        self.states = {
            slug: SubsystemState(subsystem, index, partitions, sources.get(slug))
            for slug, subsystem in plan.subsystems.items()
        }
        self._sequence = 0
        self._sent_again = SentAgain(self.states.keys())
        self._digest = LogDigest()
        self._dead_letters: list[Record] = []
        self._changed = False
        self._gone: tuple[list[Record], list[Record]] = ([], [])

    @property
    def positions(self) -> dict[str, int]:
        """For each subsystem consumed from, and for `SENT_AGAIN`, the next offset to consume."""
        own = {slug: state.source.position for slug, state in self.states.items() if state.source.position >= 0}
        sent_again = self._sent_again.position
        return own if sent_again < 0 else own | {SENT_AGAIN: sent_again}

    @property
    def sources(self) -> Mapping[str, SourceState]:
        """For each subsystem how far it is and where its events went."""
        return {slug: state.source for slug, state in self.states.items()}

    def apply(self, batch: Batch) -> None:
        """Apply the records of a batch that lie at or after the position; bad ones become dead letters.

        Raises MemoryError: the shard must then be thrown away and restored.
        """
        if batch.subsystem == SENT_AGAIN:
            self._apply_sent_again(batch)
        else:
            self._dead_letters += self.states[batch.subsystem].apply(batch)
        self._changed = True

    def _apply_sent_again(self, batch: Batch) -> None:
        for slug, is_placed, piece in self._sent_again.pieces(batch):
            if slug not in self.states:
                self._dead_letters += self._sent_again.refuse(piece)
            elif is_placed:
                self._dead_letters += self.states[slug].apply_sent_again(piece)
            else:
                self._dead_letters += self.states[slug].refuse_sent_again(piece, NO_PLACE)

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
            own_state, own_figures = state.drain()
            checkpoint.state.extend(own_state)
            checkpoint.figures.extend(own_figures)
        self._digest.enter(checkpoint.state)
        self._digest.enter(checkpoint.figures)
        sources = {slug: source for slug, source in self.sources.items() if source.position >= 0}
        self._rebuilt_to = {
            slug: offset for slug, offset in self._rebuilt_to.items() if self.positions.get(slug, 0) < offset
        }
        checkpoint.figures.append(self._header(sources))
        return checkpoint

    def _header(self, sources: dict[str, SourceState]) -> Record:
        header = CheckpointHeader(
            self._sequence,
            len(self._digest),
            self._digest.hash,
            sources,
            STATE_FORMAT,
            self._rebuilt_to,
            self._sent_again.position,
            self._sent_again.nobodys,
        )
        return Record(HEADER, encode_header(header))

    @classmethod
    def rebuilding(
        cls, plan: Plan, index: int, partitions: int, state: Iterable[StoredRecord], figures: Iterable[StoredRecord]
    ) -> tuple[Self, Checkpoint]:
        """An empty shard in the place of a torn one, and the checkpoint that erases what the log holds of that.

        How far the torn one had come is told by every header until the new one has come as far, so that the figures
        shown meanwhile do not fall.
        """
        torn = dict(figures)
        shard = cls(plan, index, partitions, rebuilt_to=_positions_of(torn.pop(HEADER, None)))
        erased = Checkpoint(
            sequence=0,
            positions={},
            state=[Record(key, None) for key, _ in state],
            figures=[*(Record(key, None) for key in torn), shard._header({})],
        )
        return shard, erased

    @classmethod
    def restore(
        cls,
        plan: Plan,
        index: int,
        partitions: int,
        state: Iterable[StoredRecord],
        figures: Iterable[StoredRecord],
    ) -> Self:
        """The shard that wrote these live records. Raises TornCheckpoint, IncompatibleState.

        Records are let go of as they are taken back: with all of them beside it a state would take twice its room.
        """
        kept, shown = dict(state), dict(figures)
        header_value = shown.pop(HEADER, None)
        if header_value is None:
            if kept or shown:
                raise TornCheckpoint(f"partition {index}: {len(kept) + len(shown)} records and no header")
            return cls(plan, index, partitions)
        try:
            header = decode_header(header_value)
            check_format(header.state_format)
            shard = cls(plan, index, partitions, header.sources, header.rebuilt_to)
            for records in (kept, shown):
                shard._digest.enter(Record(key, value) for key, value in records.items())
            if (len(shard._digest), shard._digest.hash) != (header.live, header.digest):
                raise TornCheckpoint(
                    f"partition {index}: checkpoint {header.sequence} has {header.live} records with hash "
                    f"{header.digest:x}, the log has {len(shard._digest)} with hash {shard._digest.hash:x}"
                )
            shard._take_back(header, _by_subsystem(kept), _by_subsystem(shown))
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            raise TornCheckpoint(f"partition {index}: a stored record cannot be read: {error}") from error
        return shard

    def _take_back(self, header: CheckpointHeader, kept: _BySubsystem, shown: _BySubsystem) -> None:
        self._sequence = header.sequence
        self._sent_again.position = header.sent_again
        self._sent_again.nobodys = header.nobodys
        # A header that speaks of more subsystems than there are must not stay the newest.
        self._changed |= not header.sources.keys() <= self.states.keys()
        for slug in self.states.keys() & header.sources.keys():
            self.states[slug].restore(kept.pop(slug, {}), shown.pop(slug, {}))
            self._changed |= self.states[slug].moved
        for gone, left in zip(self._gone, (kept, shown), strict=True):
            gone.extend(Record(key.encode(), None) for records in left.values() for key in records)
            self._changed |= bool(gone)


def _positions_of(header: bytes | None) -> dict[str, int]:
    """How far the state under a header had come; nothing where it cannot be read."""
    try:
        return {} if header is None else {s: source.position for s, source in decode_header(header).sources.items()}
    except msgspec.MsgspecError:
        return {}


def _by_subsystem(records: dict[bytes, bytes]) -> _BySubsystem:
    """The records by what they are of; none is left."""
    grouped: _BySubsystem = {}
    for text in [*records]:
        key = StoredKey.parse(text)
        grouped.setdefault(key.subsystem, {})[key] = records.pop(text)
    return grouped
