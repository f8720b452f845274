"""Dead letters on their topic: addressed when written, read back, and sent again to where they came from."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from ioc.catalogue.model import Catalogue
from ioc.events.dead_letter import FIRST, DeadLetter
from ioc.events.decoding import EventDecoder, Rejection
from ioc.events.records import Header, Record
from ioc.time.instants import EpochMs
from streams.kafka.closing import close
from streams.kafka.log_reader import LogReader
from streams.kafka.producer import Publisher
from streams.kafka.silence import bear_silence
from streams.settings.names import Names
from streams.settings.settings import Settings

TOPIC = "topic"

_FETCH_MS = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters are meant; what is None does not matter. Times are when the event was appended."""

    subsystem: str | None = None
    reason: str | None = None
    since: EpochMs | None = None
    until: EpochMs | None = None
    place: str | None = None
    """``<subsystem>/<partition>/<offset>``."""

    def __contains__(self, letter: DeadLetter) -> bool:
        return (
            self.subsystem in (None, letter.subsystem)
            and self.reason in (None, letter.reason)
            and self.place in (None, place_of(letter))
            and (self.since is None or letter.appended >= self.since)
            and (self.until is None or letter.appended < self.until)
        )


@dataclass(slots=True)
class Redrive:
    """What became of the dead letters that were to be sent again."""

    sent: int = 0
    lost: list[DeadLetter] = field(default_factory=list)
    """Cut when they were written, and their topic does not have them any more."""


def place_of(letter: DeadLetter) -> str:
    """The name of a dead letter: the place of its event."""
    within = letter.topic.rpartition(".")[2] or letter.subsystem
    return f"{within}/{letter.partition}/{letter.offset}"


def addressed(names: Names, record: Record) -> Record:
    """The domain's record with what only the plumbing knows: the full name of the source topic.

    Its key becomes ``<topic>/<partition>/<offset>``.
    """
    subsystem, _, place = record.key.partition(b"/")
    topic = names.topic_of(subsystem.decode()).encode()
    return Record(b"%s/%s" % (topic, place), record.value, [(TOPIC, topic), *record.headers])


async def read_dead_letters(settings: Settings, selection: Selection | None = None) -> AsyncIterator[DeadLetter]:
    """The selected ones, all by default, of the dead letters there are now, in order per partition.

    Raises:
        LogError: the topic does not exist or cannot be read.
    """
    async with LogReader(settings, settings.names.dead_letters) as reader:
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                for record in records:
                    letter = DeadLetter.from_record(record.value, record.headers)
                    if selection is None or letter in selection:
                        yield letter


async def redrive(settings: Settings, catalogue: Catalogue, selection: Selection) -> Redrive:
    """Send the selected events again, by the operator's own topic, each once however many dead letters it has left.

    Each says in its headers where it was rejected first; by that the workers count it once at the most. One that can be
    read now goes with the id of its thing as its key, whatever key it came with. What was taken out of a dead letter is
    read from its topic.

    Raises:
        LogError: the dead letters cannot be read.
        PublishError: not all could be sent; it is safe to send them again.
    """
    newest = {letter.first: letter async for letter in read_dead_letters(settings, selection)}
    outcome = Redrive()
    things = _Things(catalogue)
    topic = settings.names.sent_again
    async with Publisher(settings) as publisher, _originals(settings) as consumer:
        for letter in sorted(newest.values(), key=lambda letter: (letter.topic, letter.partition, letter.offset)):
            event = _kept(letter) if letter.whole else await _original(consumer, letter)
            if event is None:
                outcome.lost.append(letter)
                continue
            own = [header for header in event.headers if header[0] not in FIRST]
            # Where it was rejected it is known to have been; only a thing's events must be where the others of it are.
            key = things.of(letter.subsystem, event)
            partition = letter.partition if key is None else None
            headers = [*letter.first.headers, *own]
            await publisher.send(topic, key or event.key, event.value, headers, partition)
            outcome.sent += 1
    return outcome


@dataclass(frozen=True, slots=True)
class _Event:
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


class _Things:
    """The things that events are about, whatever keys they came with."""

    def __init__(self, catalogue: Catalogue) -> None:
        units = catalogue.province.units_by_code
        self._decoders = {slug: EventDecoder(subsystem, units) for slug, subsystem in catalogue.subsystems.items()}

    def of(self, slug: str, event: _Event) -> bytes | None:
        """The id of an event's thing; None where it is about none, and where it cannot be read."""
        decoder = self._decoders.get(slug)
        if decoder is None:
            return None
        try:
            thing = decoder.thing_of(decoder.decode(event.value, event.headers))
        except Rejection:
            return None
        return None if thing is None else thing.encode()


def _kept(letter: DeadLetter) -> _Event:
    return _Event(letter.key, letter.value, letter.headers)


@asynccontextmanager
async def _originals(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**settings.kafka_options(), auto_offset_reset="earliest")
    bear_silence(consumer._client)
    await consumer.start()
    try:
        yield consumer
    finally:
        # Its own stop fails where it has not been asked for anything yet.
        await close(consumer)


async def _original(consumer: AIOKafkaConsumer, letter: DeadLetter) -> _Event | None:
    """The event as it is in its own topic; None where that has forgotten it."""
    place = TopicPartition(letter.topic, letter.partition)
    if consumer.assignment() != {place}:
        consumer.assign([place])
    consumer.seek(place, letter.offset)
    fetched = await consumer.getmany(place, timeout_ms=_FETCH_MS, max_records=1)
    for record in fetched.get(place, ()):
        if record.offset == letter.offset and hashlib.sha256(record.value or b"").hexdigest() == letter.sha256:
            return _Event(record.key, record.value, record.headers)
    return None
