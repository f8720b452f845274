"""A counting worker that joins its group anew when it gets SIGHUP, as the leader of a group does now and then."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from streams.process import running
from streams.settings.settings import load_settings
from streams.worker import transport
from streams.worker.worker import run_worker
from tests.streams.worker.counting_worker import PLAN, CountingShard

joins: list[Callable[[], object]] = []


class Thread(transport._ConsumerThread):
    def _create_worker_consumer(self, *arguments: Any) -> Any:
        consumer, loop = super()._create_worker_consumer(*arguments), asyncio.get_running_loop()
        joins.append(lambda: loop.call_soon_threadsafe(consumer._coordinator.request_rejoin))
        return consumer


if __name__ == "__main__":
    transport._ConsumerThread = Thread  # type: ignore[misc]
    signal.signal(signal.SIGHUP, lambda *_: [join() for join in joins])
    running.start()
    run_worker(load_settings(), PLAN, CountingShard)
