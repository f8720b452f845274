"""A real worker that stops in the middle of a scenario, and another one that goes on."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import pytest

from ioc.cli.figures import read_merged
from ioc.engine.plan import Plan, compile_plan
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event
from streams.kafka.log_reader import LogReader
from streams.kafka.producer import Publisher
from streams.settings.settings import Settings
from tests.oracle.oracle import comparable
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, rows_of
from tests.packaged import packaged_catalogue
from tests.streams.worker.workers import IOC, wait_until, workers

pytestmark = pytest.mark.kafka

EVENTS = 6_000


def send(settings: Settings, events: Sequence[Event]) -> None:
    async def publish() -> None:
        async with Publisher(settings) as publisher:
            for event in events:
                await publisher.send(settings.names.events(event.subsystem), event.key, event.value)

    asyncio.run(publish())


async def records_of(settings: Settings, plan: Plan) -> list[LogRecord]:
    records: list[LogRecord] = []
    for slug in plan.subsystems:
        async with LogReader(settings, settings.names.events(slug)) as reader:
            while not reader.caught_up:
                for partition, found in (await reader.poll()).items():
                    records += [LogRecord(slug, partition, r.offset, r.timestamp, r.key, r.value) for r in found]
    return records


def test_figures_after_a_clean_restart_are_those_of_one_run(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = installation(partitions=2, worker_session_timeout=6.0)
    catalogue = packaged_catalogue()
    plan = compile_plan(catalogue)
    events = list(islice(phu_tho_2025.events(catalogue, scale=0.01), EVENTS))
    with workers(settings, tmp_path, IOC, [*plan.subsystems]) as start:
        send(settings, events[: EVENTS // 2])
        first = start()
        # It stops while events are on their way.
        wait_until(lambda: first.value("ioc_worker_records_total") > 0)
        assert first.stop() == 0
        send(settings, events[EVENTS // 2 :])
        second = start()
        wait_until(lambda: sum(read_merged(settings).fates(slug).consumed for slug in plan.subsystems) == EVENTS)
        assert second.stop() == 0
    engine = Engine(plan, settings.partitions)
    engine.consume(asyncio.run(records_of(settings, plan)))
    engine.checkpoint()
    got = comparable(rows_of(read_merged(settings)))
    assert got
    assert got == engine.panes()
