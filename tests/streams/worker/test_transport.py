"""What the consumer does with a poll while a rebalance goes on."""

from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.worker.transport import BatchConsumer

FIRST, SECOND = TP("events", 0), TP("events", 1)


async def test_partitions_that_leave_while_another_one_is_sought_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    active = {FIRST, SECOND}

    async def fetched(*_: Any) -> dict[TP, list[Any]]:
        # Both begin behind where the last batch ended.
        return {tp: [SimpleNamespace(offset=10)] for tp in map(driver.ensure_aiokafka_TP, (FIRST, SECOND))}

    async def seek(positions: dict[TP, int]) -> None:
        active.clear()

    consumer: Any = object.__new__(BatchConsumer)
    consumer._next, consumer._suspected = {FIRST: 5, SECOND: 5}, set()
    monkeypatch.setattr(driver.Consumer, "_getmany", lambda *_: fetched())
    monkeypatch.setattr(BatchConsumer, "_position", lambda *_: 0)
    monkeypatch.setattr(BatchConsumer, "_seek_to", lambda _, positions: seek(positions))
    assert await consumer._getmany(active, 1.0) == {}
