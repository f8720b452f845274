"""Whatever happens to workers, every event counts exactly once."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workers import WorkerProcess, counted, expected, publish, wait_for_total, wait_until, workers

from streams.settings import Settings

pytestmark = pytest.mark.kafka

Start = Callable[..., WorkerProcess]


@pytest.fixture
def settings(installation: Callable[..., Settings]) -> Settings:
    return installation(partitions=4, worker_session_timeout=6.0)


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    with workers(settings, tmp_path) as start:
        yield start


def test_clean_restart_goes_on_where_it_stopped(settings: Settings, start: Start) -> None:
    publish(settings, 6_000)
    first = start()
    wait_for_total(settings, 6_000)
    assert first.stop() == 0
    publish(settings, 4_000, start=6_000)
    second = start()
    wait_for_total(settings, 10_000)
    assert counted(settings) == expected(10_000)
    assert second.value("ioc_worker_records_total") == 4_000
    assert second.value("ioc_worker_lag_records") == 0


def test_killed_worker_loses_and_doubles_nothing(settings: Settings, start: Start) -> None:
    publish(settings, 60_000)
    first = start()
    wait_until(lambda: first.value("ioc_worker_checkpoint_seconds_count") >= 1)
    first.kill()
    start()
    wait_for_total(settings, 60_000)
    assert counted(settings) == expected(60_000)


def test_worker_joins_and_leaves_under_load(settings: Settings, start: Start) -> None:
    publish(settings, 20_000)
    first = start()
    wait_until(lambda: len(first.owned()) == 4)
    second = start()
    publish(settings, 20_000, start=20_000)
    wait_until(lambda: bool(second.owned()))
    wait_until(lambda: first.owned() | second.owned() == {0, 1, 2, 3} and not first.owned() & second.owned())
    publish(settings, 20_000, start=40_000)
    wait_for_total(settings, 60_000)
    assert second.stop() == 0
    publish(settings, 5_000, start=60_000)
    wait_for_total(settings, 65_000)
    assert counted(settings) == expected(65_000)


@pytest.mark.slow
def test_frozen_worker_is_fenced_and_joins_again(settings: Settings, start: Start) -> None:
    first, second = start(), start()
    wait_until(lambda: len(first.owned()) == 2 and len(second.owned()) == 2)
    publish(settings, 20_000)
    second.signal(signal.SIGSTOP)
    wait_until(lambda: first.owned() == {0, 1, 2, 3})
    publish(settings, 10_000, start=20_000)
    wait_for_total(settings, 30_000)
    second.signal(signal.SIGCONT)
    wait_until(lambda: len(first.owned()) == 2 and len(second.owned()) == 2)
    publish(settings, 10_000, start=30_000)
    wait_for_total(settings, 40_000)
    assert counted(settings) == expected(40_000)
    assert first.process.poll() is None
    assert second.process.poll() is None
