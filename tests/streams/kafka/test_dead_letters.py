from collections.abc import Callable

import pytest

from ioc.events.dead_letter import DeadLetter, dead_letter
from ioc.events.decoding import Rejection
from ioc.events.records import Batch
from ioc.events.redaction import Redaction
from streams.kafka.dead_letters import addressed, read_dead_letters
from streams.kafka.producer import Publisher
from streams.kafka.topics import topic_admin
from streams.settings.names import Names
from streams.settings.settings import Settings

BATCH = Batch("health", 2, [41], [1_753_300_000_000], [b"\xffk"], [b"{\xfe"], [[("ce_id", b"1")]])


def test_an_addressed_dead_letter_names_its_source_topic() -> None:
    record = addressed(Names("ioc"), dead_letter(BATCH, 0, Rejection("malformed", "no JSON"), Redaction()))
    assert record.key == b"ioc.events.health/2/41"
    assert dict(record.headers)["topic"] == b"ioc.events.health"


@pytest.mark.kafka
async def test_dead_letters_come_back_from_kafka_as_they_were(installation: Callable[..., Settings]) -> None:
    settings = installation()
    names = Names(settings.topic_prefix)
    with topic_admin(settings) as admin:
        admin.ensure([])
    record = addressed(names, dead_letter(BATCH, 0, Rejection("malformed", "không phải JSON"), Redaction()))
    async with Publisher(settings) as publisher:
        await publisher.send(names.dead_letters, record.key, record.value, record.headers, partition=2)
    letters = [letter async for letter in read_dead_letters(settings)]
    assert letters == [DeadLetter.from_record(record.value, tuple(record.headers))]
    assert (letters[0].key, letters[0].value, letters[0].detail) == (None, None, "không phải JSON")
