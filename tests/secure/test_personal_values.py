"""A day of the simulator with personal values in it, then a search of everything that is stored: none is there."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from ioc.events.admission import hashed_fields
from ioc.scenarios.setting import END
from ioc.scenarios.simulator import Simulator
from ioc.time.windows import DAY
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from tests.secure.installation import Installation, catalogue
from tests.secure.page import Page

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.timeout(900)]
MARK = "Nguyễn Thị Riêng"
"""Every personal value has it: a name as a citizen would write it."""
_READ_MS = 3_000


def lines_of_a_day() -> Iterator[str]:
    """Events of a day as feeds that hash nothing would send them, each personal field with a value of its own."""
    subsystems = catalogue().subsystems
    hashed = {
        subsystem.event_type(name): (subsystem, hashed_fields(subsystem, name))
        for subsystem in subsystems.values()
        for name in subsystem.events
    }
    events = Simulator(catalogue(), END, scale=0.01, rate=0.02).events_until(END + DAY)
    for number, event in enumerate(each for each in events if hashed[each.type.decode()][1]):
        made = json.loads(event.value)
        for field in hashed[made["type"]][1]:
            made["data"][field] = f"{MARK} 0790850{number:05}"
        yield json.dumps(made, ensure_ascii=False)


def test_no_personal_value_of_a_day_is_found_in_anything_stored(served: Installation, running: Page) -> None:
    sent = list(lines_of_a_day())
    assert len(sent) > 50
    topics = {f"ioc.events.{json.loads(line)['type'].split('.')[2]}" for line in sent}
    assert len(topics) > 2
    # One that is refused: its reason must not repeat what it holds.
    refused = json.dumps({**json.loads(sent[0]), "time": f"{MARK}, no time"}, ensure_ascii=False)
    variables = served.as_user("gateway") | {"IOC_HASH_KEY_FILE": str(served.token("hashes"))}
    published = served.run("publish", "-", given="\n".join([*sent, refused]), **variables)
    assert "1 refused" in published.stdout, published.stderr
    assert all(served.records(topic) for topic in topics)
    everything = {
        **asyncio.run(topics_of(served)),
        **{str(file): file.read_bytes() for file in stored(served.folder)},
        "page": running.get().content,
    }
    assert {"ioc.state", "ioc.figures", "ioc.dead-letters", *topics} <= everything.keys()
    assert b'"patient":' in everything["ioc.events.health"]
    wanted = [MARK.encode(), json.dumps(MARK)[1:-1].encode()]
    assert [name for name, content in everything.items() if any(each in content for each in wanted)] == []


def stored(folder: Path) -> list[Path]:
    """Databases, logs and time series; the log segments of Kafka are packed, so that its records are read instead."""
    return [file for file in folder.rglob("*") if file.is_file() and "broker" not in file.parts]


async def topics_of(served: Installation) -> dict[str, bytes]:
    """Every record of every topic, its key and headers too, as the broker's own user reads them."""
    settings: Settings = served.settings(served.with_certificate("kafka"))
    with topic_admin(settings) as admin:
        names = {state.name: len(state.end_offsets) for state in admin.states()}
    found = dict.fromkeys(names, b"")
    async with AIOKafkaConsumer(**settings.kafka_options(), auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(name, number) for name, count in names.items() for number in range(count)])
        await consumer.seek_to_beginning()
        while polled := await consumer.getmany(timeout_ms=_READ_MS):
            for place, records in polled.items():
                parts = [part for each in records for part in (each.key, each.value, *sum(each.headers, ()))]
                found[place.topic] += b"\n".join(_bytes(part) for part in parts)
    return found


def _bytes(part: bytes | str | None) -> bytes:
    return part.encode() if isinstance(part, str) else part or b""
