"""Whatever Faust or aiokafka ask for by themselves, a fetch waits no longer than is said here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer import consumer as consumers
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import Assignment, SubscriptionState

from streams.kafka.fetching import FETCH_WAIT_MS, WHOLE_FETCH_WAIT_MS, prepare_fetching
from streams.kafka.log_reader import LogReader
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from streams.worker.faust_app import create_app


class NoProgress:
    """Of a worker that has consumed nothing."""

    def positions(self) -> dict[Any, int]:
        return {}

    def checkpointed(self) -> dict[Any, int]:
        return {}

    def skipped(self, tp: object, records: int) -> None:
        """Nothing is passed over."""


async def test_only_a_fetch_of_all_partitions_may_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "Fetcher", consumers.Fetcher)
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)
    prepare_fetching()
    fetching = consumers.Fetcher(AIOKafkaClient(), SubscriptionState(), fetch_max_wait_ms=WHOLE_FETCH_WAIT_MS)
    waits = []
    for waiting in ({}, {"a partition": "its records"}, {}):
        fetching._records = waiting
        fetching._get_actions_per_node(Assignment([]))
        waits.append(fetching._fetch_max_wait_ms)
    await fetching.close()
    assert waits == [WHOLE_FETCH_WAIT_MS, FETCH_WAIT_MS, WHOLE_FETCH_WAIT_MS]


@pytest.mark.kafka
async def test_a_workers_fetches_wait_for_quiet_partitions_no_longer_than_said(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    app = create_app(installation(), NoProgress(), tmp_path)
    consumer = app.consumer._new_consumer_thread()._create_worker_consumer(app.transport)  # type: ignore[attr-defined]
    await consumer.start()
    try:
        assert consumer._fetcher._fetch_max_wait_ms == WHOLE_FETCH_WAIT_MS
    finally:
        await consumer.stop()


@pytest.mark.kafka
async def test_so_do_those_of_who_reads_a_log(installation: Callable[..., Settings]) -> None:
    settings = installation()
    with topic_admin(settings) as admin:
        admin.ensure([])
    async with LogReader(settings, settings.names.figures) as reader:
        assert reader._consumer is not None
        assert reader._consumer._fetcher._fetch_max_wait_ms == FETCH_WAIT_MS
