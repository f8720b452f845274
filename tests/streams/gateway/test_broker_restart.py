"""A broker that dies under load: every 202 is in the topic exactly as sent, every other answer a clear error."""

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest

from ioc.catalogue import Catalogue
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from streams.stack.children import Children
from streams.stack.kafka import Kafka
from tests.streams.gateway.conftest import Running
from tests.streams.gateway.load import Outcome, send_steadily, values_of

pytestmark = pytest.mark.kafka


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Kafka]:
    """One of its own, as it is killed."""
    with Children(tmp_path / "logs") as children, Kafka(children, tmp_path / "broker") as broker:
        yield broker


def under_load(
    broker: Kafka, settings: Settings, running: Running, *, per_second: int, seconds: float
) -> tuple[Outcome, dict[str, set[bytes]]]:
    """What feeds were told and what is in the topic, when the broker is killed and started again halfway."""
    halfway = Event()
    changed = {"bootstrap_servers": settings.bootstrap_servers, "topic_prefix": settings.topic_prefix}

    async def send() -> tuple[Outcome, dict[str, set[bytes]]]:
        async with running(**changed) as client:
            outcome = await send_steadily(client, per_second, seconds, 100, halfway.set)
        return outcome, await values_of(settings)

    # The broker is started from the main thread, as it dies with the thread that starts it.
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(asyncio.run, send())
        sending.add_done_callback(lambda _: halfway.set())
        halfway.wait()
        broker.kill()
        broker.start()
        return sending.result()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("per_second", "seconds"), [(500, 6), pytest.param(5_000, 40, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
def test_what_was_acknowledged_outlives_the_broker(  # noqa: PLR0917 (fixtures)
    broker: Kafka,
    settings: Settings,
    catalogue: Catalogue,
    running: Running,
    per_second: int,
    seconds: float,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    own = settings.model_copy(
        update={"bootstrap_servers": broker.bootstrap, "topic_prefix": f"t{uuid.uuid4().hex[:8]}"}
    )
    with topic_admin(own) as admin:
        admin.ensure(catalogue.subsystems)
    outcome, found = under_load(broker, own, running, per_second=per_second, seconds=seconds)
    record_testsuite_property(f"answers at {per_second} events/s", dict(outcome.answers))
    record_testsuite_property(f"seconds at {per_second} events/s", outcome.took)
    assert outcome.unclear == []
    assert outcome.acknowledged
    read = {key: [_event(value) for value in values] for key, values in found.items()}
    assert {key: read.get(key) for key in outcome.acknowledged} == {
        key: [_event(value)] for key, value in outcome.acknowledged.items()
    }


def _event(value: bytes) -> dict[str, object]:
    """What it says; the gateway writes each anew, with its key."""
    event = json.loads(value)
    event.pop("partitionkey", None)
    return {**event, "time": datetime.fromisoformat(event["time"])}
