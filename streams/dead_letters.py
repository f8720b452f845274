"""Dead letters on their topic: addressed when written, read back with the name of their source topic."""

from collections.abc import AsyncIterator

from ioc.batch import Record
from ioc.dead_letter import DeadLetter
from streams.log_reader import LogReader
from streams.names import Names
from streams.settings import Settings

TOPIC = "topic"


def addressed(names: Names, record: Record) -> Record:
    """The domain's record with what only the plumbing knows: the full name of the source topic.

    Its key becomes ``<topic>/<partition>/<offset>``.
    """
    subsystem, _, place = record.key.partition(b"/")
    topic = names.events(subsystem.decode()).encode()
    return Record(b"%s/%s" % (topic, place), record.value, [(TOPIC, topic), *record.headers])


async def read_dead_letters(settings: Settings) -> AsyncIterator[DeadLetter]:
    """Every dead letter there is now, in order per partition.

    Raises:
        LogError: the topic does not exist or cannot be read.
    """
    async with LogReader(settings, Names(settings.topic_prefix).dead_letters) as reader:
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                for record in records:
                    yield DeadLetter.from_record(record.value, record.headers)
