"""A feed speaks for itself only, and only of what is declared: what it writes to Kafka past all our programs."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidTransactionTimeout, TransactionalIdAuthorizationFailed
from kafka.protocol.admin import DescribeClientQuotasRequest

from ioc.catalogue.feeds import feed_names
from ioc.events.dead_letter import RecordPosition
from ioc.events.records import Header
from streams.kafka.log_reader import LogReader
from streams.kafka.producer import Publisher, PublishError
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from tests.secure.installation import Installation, catalogue
from tests.secure.page import Page

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

SENT_AGAIN, HEALTH = "ioc.sent-again", "ioc.events.health"
NAME, NUMBER = "Nguyễn Văn An", "025093001234"


async def write(settings: Settings, topic: str, *values: bytes, headers: Sequence[Header] = ()) -> None:
    async with Publisher(settings) as publisher:
        for value in values:
            await publisher.send(topic, b"s1", value, headers)


async def everything(settings: Settings, topic: str) -> list[str]:
    async with LogReader(settings, topic) as reader:
        found = []
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                for record in records:
                    headers = [(name, (text or b"").decode(errors="replace")) for name, text in record.headers]
                    found.append(f"{record.key} {(record.value or b'').decode(errors='replace')} {headers}")
        return found


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.5)


@pytest.mark.parametrize("who", ["feed-health.hospitals", "gateway", "worker", "exporter", "cases", "dead-letters"])
def test_only_the_operator_may_send_again(who: str, installed: Installation) -> None:
    with pytest.raises(PublishError, match=rf"the Kafka user ioc-{who} may not write ({SENT_AGAIN}|any topic)"):
        asyncio.run(write(installed.settings(installed.as_user(who)), SENT_AGAIN, b"{}"))


def admitted(**data: object) -> bytes:
    own = {"stay": "s1", "facility": "lung", **data}
    event = {"specversion": "1.0", "id": uuid4().hex, "source": "/his", "data": own}
    event |= {"type": catalogue().subsystems["health"].event_type("patient.admitted"), "time": "2025-07-24T04:00:00Z"}
    return json.dumps(event, ensure_ascii=False).encode()


def test_no_name_is_in_the_dead_letters_of_what_a_feed_wrote_by_itself(installed: Installation, running: Page) -> None:
    feed, admin = (installed.settings(installed.as_user(who)) for who in ("feed-health.hospitals", "admin"))
    values = [
        admitted(patient=NAME),
        admitted(patient=NUMBER, full_name=NAME),
        admitted(facility={"of": NAME}),
        f"{NAME} {NUMBER}".encode(),
    ]
    forged = RecordPosition(HEALTH, 0, 0).headers
    asyncio.run(write(feed, HEALTH, *values, headers=[*forged, ("subject", NAME.encode())]))

    def letters() -> list[str]:
        found = asyncio.run(everything(admin, "ioc.dead-letters"))
        return [letter for letter in found if HEALTH in letter]

    wait_until(lambda: len(letters()) == len(values))
    assert sum("not_hashed" in letter for letter in letters()) == 2
    shown = [installed.run("dlq", "list", **installed.as_user("dead-letters")).stdout]
    places = [line.split()[1] for line in shown[0].splitlines() if "health/" in line]
    shown += [installed.run("dlq", "show", place, **installed.as_user("dead-letters")).stdout for place in places]
    assert len(shown) == 1 + len(values)
    for text in (*letters(), *shown):
        assert NAME not in text
        assert NUMBER not in text
    # What a feed says of a first place is kept as its own word, redacted, and believed by nobody.
    assert not [letter for letter in letters() if "('first_topic'" in letter]


def test_a_feed_has_no_transactions_where_none_were_asked_for(installed: Installation) -> None:
    async def begin(user: str, **options: object) -> None:
        own = installed.settings(installed.as_user(user)).kafka_options()
        async with AIOKafkaProducer(**own, **options):
            pass

    feed = "feed-health.hospitals"
    with pytest.raises(TransactionalIdAuthorizationFailed):
        asyncio.run(begin(feed, transactional_id=f"ioc-{feed}"))
    with pytest.raises(InvalidTransactionTimeout):
        asyncio.run(begin("worker", transactional_id="ioc-state-99", transaction_timeout_ms=60_001))


def test_every_feed_has_its_quota(installed: Installation) -> None:
    settings = installed.settings(installed.with_certificate("kafka"))
    component = DescribeClientQuotasRequest.ComponentData(entity_type="user", match_type=2, match=None)
    request = DescribeClientQuotasRequest(components=[component], strict=False)
    with topic_admin(settings) as admin:
        manager = admin._client._manager
        answer = manager.run(manager.send, request)
    quotas = {entry.entity[0].entity_name: {each.key: each.value for each in entry.values} for entry in answer.entries}
    expected = {"producer_byte_rate": settings.feed_bytes_per_second}
    assert {f"ioc-feed-{feed}": expected for feed in feed_names(catalogue().subsystems)} == quotas
