"""A day of the simulator with personal values in it, then a search of everything that is stored: none is there."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from dashboards.prometheus_api import Prometheus
from ioc.events.admission import hashed_fields
from ioc.scenarios.setting import END
from ioc.scenarios.simulator import Simulator
from ioc.time.windows import DAY
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from streams.stack.service import Service
from tests.secure.installation import Installation, catalogue
from tests.secure.page import Page
from tests.secure.servers import Logins, wait_until
from tests.secure.time_series import records

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


def test_no_personal_value_of_a_day_is_found_in_anything_stored(
    served: Installation, running: Page, prometheus: Service, logins: Logins, alertmanager: str
) -> None:
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
    counted = f'sum(ioc_events_consumed_total{{subsystem=~"{"|".join(topic.split(".")[2] for topic in topics)}"}})'
    with Prometheus(prometheus.url, login=logins.of("prometheus", "grafana")) as client:
        wait_until(lambda: sum(sample.value for sample in client.query(counted)) >= len(sent))
    everything = {
        **asyncio.run(topics_of(served)),
        "time series": b"\n".join(records(served.folder / "prometheus" / "data")),
        **{what: of_alertmanager(alertmanager, logins, what) for what in ("alerts", "silences")},
        **{str(file): file.read_bytes() for file in stored(served.folder)},
        "page": running.get().content,
    }
    assert {"ioc.state", "ioc.figures", "ioc.dead-letters", *topics} <= everything.keys()
    assert b'"patient":' in everything["ioc.events.health"]
    assert b"ioc_events_consumed_total" in everything["time series"]
    assert b"IocOfPrometheus" in everything["alerts"]
    assert str(served.folder / "relay.sqlite") in everything
    wanted = [MARK.encode(), json.dumps(MARK)[1:-1].encode()]
    assert [name for name, content in everything.items() if any(each in content for each in wanted)] == []


def of_alertmanager(url: str, logins: Logins, what: str) -> bytes:
    """What it holds, and writes down every quarter of an hour."""
    login = logins.of("alertmanager", "relay")
    return httpx.get(f"{url}/api/v2/{what}", auth=login, trust_env=False).raise_for_status().content


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
        places = [TopicPartition(name, number) for name, count in names.items() for number in range(count)]
        consumer.assign(places)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for place, found_there in (await consumer.getmany(timeout_ms=_READ_MS)).items():
                parts = [part for each in found_there for part in (each.key, each.value, *sum(each.headers, ()))]
                found[place.topic] += b"\n".join(_bytes(part) for part in parts)
    return found


def _bytes(part: bytes | str | None) -> bytes:
    return part.encode() if isinstance(part, str) else part or b""
