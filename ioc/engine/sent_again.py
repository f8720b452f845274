"""What the operator sends again, of all subsystems in one topic: whose each record is, and what is nobody's."""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple

from ioc.catalogue.model import subsystem_of_type
from ioc.engine.store.checkpoint_header import Fates
from ioc.events.dead_letter import dead_letter, first_position
from ioc.events.decoding import Rejection, type_of
from ioc.events.records import SENT_AGAIN, Batch, Record
from ioc.events.redaction import Redaction

NO_PLACE = Rejection(
    "no_place",
    "it names no place in a topic of the catalogue's where it was rejected first, as what `ioc dlq redrive` sends does",
)
"""Why a record is rejected that may have counted already, as nothing tells which event it is a copy of."""


class Piece(NamedTuple):
    """Records of the topic in a row that are alike in whose they are."""

    slug: str
    """Of their subsystem; `SENT_AGAIN` where they are nobody's."""
    is_placed: bool
    """Whether they say where they were rejected first."""
    batch: Batch


class SentAgain:
    """How far the topic has been consumed in one partition, and what became of the records that are nobody's.

    A record is of the subsystem in whose topic it was rejected first. One that does not say so is of that whose type it
    claims, as is one that was rejected first in this very topic.
    """

    def __init__(self, subsystems: Collection[str]) -> None:
        self._subsystems = subsystems
        self._redaction = Redaction()
        self.position = -1
        """The next offset to consume; -1 where nothing was consumed."""
        self.nobodys = Fates()

    def pieces(self, batch: Batch) -> Iterator[Piece]:
        """What was not applied yet."""
        fresh = [i for i, offset in enumerate(batch.offsets) if offset >= self.position]
        for (slug, is_placed), places in groupby(fresh, lambda i: self._whose(batch, i)):
            yield Piece(slug, is_placed, _piece(batch, slug, [*places]))
        self.position = max(self.position, batch.end, batch.offsets[-1] + 1 if batch.offsets else 0)

    def refuse(self, batch: Batch) -> Iterator[Record]:
        """Count records that are nobody's; yields a dead letter for each."""
        fates, count = self.nobodys, len(batch)
        fates.consumed += count
        fates.sent_again += count
        fates.reject(NO_PLACE.reason, count)
        return (dead_letter(batch, i, NO_PLACE, self._redaction) for i in range(count))

    def _whose(self, batch: Batch, i: int) -> tuple[str, bool]:
        first = first_position(batch.headers[i])
        if first is not None and first.topic != batch.topic:
            slug, is_placed = first.topic.rpartition(".")[2], True
        else:
            slug, is_placed = subsystem_of_type(type_of(batch.values[i], batch.headers[i])), first is not None
        return (slug, is_placed) if slug in self._subsystems else (SENT_AGAIN, False)


def _piece(batch: Batch, slug: str, places: list[int]) -> Batch:
    return Batch(
        slug,
        batch.partition,
        [batch.offsets[i] for i in places],
        [batch.append_times[i] for i in places],
        [batch.keys[i] for i in places],
        [batch.values[i] for i in places],
        [batch.headers[i] for i in places],
        topic=f"{batch.topic.removesuffix(SENT_AGAIN)}events.{slug}",
        sent_again=True,
    )
