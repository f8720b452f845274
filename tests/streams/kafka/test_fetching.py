"""Whatever Faust or aiokafka ask for by themselves, a fetch waits no longer than is said here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer import consumer as consumers
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import Assignment, SubscriptionState

from streams.kafka.fetching import FETCH_WAIT_MS, GATHERED_BYTES, WHOLE_FETCH_WAIT_MS, prepare_fetching
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


@pytest.mark.parametrize("brought", [True, False])
async def test_a_fetch_waits_longest_where_nothing_comes_and_for_more_where_something_does(
    monkeypatch: pytest.MonkeyPatch, brought: bool
) -> None:
    async def fetched(*_: object) -> bool:
        return brought

    monkeypatch.setattr(consumers, "Fetcher", consumers.Fetcher)
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)
    monkeypatch.setattr(fetcher.Fetcher, "_proc_fetch_request", fetched)
    prepare_fetching()
    options = {"fetch_max_wait_ms": WHOLE_FETCH_WAIT_MS, "fetch_min_bytes": GATHERED_BYTES}
    fetching = consumers.Fetcher(AIOKafkaClient(), SubscriptionState(), **options)
    await fetching._proc_fetch_request(None, None, None)
    patience = []
    for waiting in ({}, {"a partition": "its records"}, {}):
        fetching._records = waiting
        fetching._get_actions_per_node(Assignment([]))
        patience.append((fetching._fetch_max_wait_ms, fetching._fetch_min_bytes))
    await fetching.close()
    whole = (FETCH_WAIT_MS, GATHERED_BYTES) if brought else (WHOLE_FETCH_WAIT_MS, 1)
    assert patience == [whole, (FETCH_WAIT_MS, 1), whole]


@pytest.mark.kafka
async def test_a_workers_fetches_wait_for_quiet_partitions_no_longer_than_said(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    app = create_app(installation(), NoProgress(), tmp_path)
    consumer = app.consumer._new_consumer_thread()._create_worker_consumer(app.transport)  # type: ignore[attr-defined]
    await consumer.start()
    try:
        patience = consumer._fetcher._fetch_max_wait_ms, consumer._fetcher._fetch_min_bytes
        assert patience == (WHOLE_FETCH_WAIT_MS, GATHERED_BYTES)
    finally:
        await consumer.stop()


@pytest.mark.kafka
async def test_so_do_those_of_who_reads_a_log(installation: Callable[..., Settings]) -> None:
    settings = installation()
    with topic_admin(settings) as admin:
        admin.ensure([])
    async with LogReader(settings, settings.names.figures) as reader:
        assert reader._consumer is not None
        fetching = reader._consumer._fetcher
        assert (fetching._fetch_max_wait_ms, fetching._fetch_min_bytes) == (FETCH_WAIT_MS, 1)
