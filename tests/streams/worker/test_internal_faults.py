"""A record that the engine fails on, and one that names half a place, among others: the worker goes on without them."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from ioc.cli.figures import read_merged
from ioc.engine.judge import INTERNAL
from ioc.events.dead_letter import FIRST_PARTITION
from streams.kafka.dead_letters import read_dead_letters
from streams.settings.settings import Settings
from tests.ioc.catalogues import SLUG, event
from tests.streams.worker.failing_worker import POISON
from tests.streams.worker.workers import wait_until, workers

pytestmark = pytest.mark.kafka

FAILING = (sys.executable, str(Path(__file__).with_name("failing_worker.py")))
PER_SECOND, SECONDS = 50, 4
EVENTS = PER_SECOND * SECONDS
POISONED = (20, 21, 100)


def poisoned(number: int) -> bytes:
    """An event with the amount that the engine fails on."""
    whole = json.loads(event(number))
    return json.dumps({**whole, "data": {**whole["data"], "persons": POISON}}).encode()


async def send_all(settings: Settings) -> None:
    """Fifty events a second, some poisoned, and one with a header of ours without a value: a feed's says nothing."""
    async with AIOKafkaProducer(**settings.kafka_options()) as producer:
        topic = settings.names.events(SLUG)
        for number in range(EVENTS):
            value = poisoned(number) if number in POISONED else event(number)
            await producer.send(topic, value, key=b"k", partition=0)
            await asyncio.sleep(1 / PER_SECOND)
        await producer.send_and_wait(topic, event(EVENTS), key=b"k", partition=0, headers=[(FIRST_PARTITION, None)])


async def test_records_that_the_engine_fails_on_become_dead_letters_and_the_worker_goes_on(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = installation(partitions=1, worker_session_timeout=6.0)
    with workers(settings, tmp_path, FAILING, [SLUG]) as start:
        worker = start()
        await send_all(settings)
        await asyncio.to_thread(wait_until, lambda: worker.value("ioc_worker_records_total") == EVENTS + 1)
        assert await asyncio.to_thread(worker.stop) == 0

    fates = (await asyncio.to_thread(read_merged, settings)).fates(SLUG)
    assert fates.rejected_by_reason == {INTERNAL: len(POISONED)}
    assert (fates.consumed, fates.applied) == (EVENTS + 1, EVENTS + 1 - len(POISONED))
    letters = [letter async for letter in read_dead_letters(settings)]
    assert [letter.offset for letter in letters] == [*POISONED]
    assert letters[0].detail == "ArithmeticError: a fault that nobody foresaw (failing_worker.py, line 14)"
    assert json.loads(letters[0].value) == json.loads(poisoned(POISONED[0]))
