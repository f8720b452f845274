"""Whatever happens to workers, every event counts exactly once."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.settings.settings import Settings, load_settings
from streams.stack.children import Children
from streams.stack.kafka import Kafka
from tests.streams.worker.counting_worker import HANG
from tests.streams.worker.workers import (
    WorkerProcess,
    committed,
    counted,
    delete_records,
    end,
    expected,
    overwrite_state,
    publish,
    publish_in_transactions,
    send,
    wait_for_total,
    wait_until,
    workers,
)

pytestmark = pytest.mark.kafka

Start = Callable[..., WorkerProcess]
JOINING = (sys.executable, str(Path(__file__).with_name("joining_worker.py")))


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
    assert committed(settings) == 6_000
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


def test_torn_checkpoint_is_noticed_and_rebuilt_from_the_topics(settings: Settings, start: Start) -> None:
    publish(settings, 4_000)
    first = start()
    wait_for_total(settings, 4_000)
    assert first.stop() == 0
    overwrite_state(settings, index=2, key=b"bucket/1", value=b'{"alpha/key-1": 99}')
    second = start()
    wait_until(lambda: second.value("ioc_worker_torn_checkpoints_total") == 1)
    wait_for_total(settings, 4_000)
    assert counted(settings) == expected(4_000)


def test_events_of_aborted_transactions_do_not_count(settings: Settings, start: Start) -> None:
    worker = start()
    publish_in_transactions(settings, [True, False, True], each=100)
    wait_for_total(settings, 200)
    publish_in_transactions(settings, [False, True], each=100)
    wait_for_total(settings, 300)
    assert set(counted(settings).values()) == {3}
    assert worker.value("ioc_worker_lag_records") == 0


def test_nothing_lags_where_only_markers_and_aborted_events_are_left(settings: Settings, start: Start) -> None:
    start()
    publish_in_transactions(settings, [True], each=100)
    wait_until(lambda: committed(settings) == end(settings))
    publish_in_transactions(settings, [False], each=100)
    wait_until(lambda: committed(settings) == end(settings))
    assert set(counted(settings).values()) == {1}


def test_records_that_the_broker_deleted_are_passed_over_and_counted(settings: Settings, start: Start) -> None:
    publish(settings, 4_000)
    delete_records(settings, "alpha", index=0, before=100)
    worker = start()
    wait_for_total(settings, 3_900)
    assert worker.value("ioc_worker_skipped_offsets_total") == 100


def test_worker_is_ready_once_its_partitions_are_restored(settings: Settings, start: Start) -> None:
    worker = start()
    wait_until(lambda: worker.answer("/readyz") == (200, "ok\n"))
    assert worker.owned() == {0, 1, 2, 3}
    assert worker.answer("/healthz") == (200, "ok\n")
    assert worker.answer("/elsewhere")[0] == 404


@pytest.mark.soak
def test_hung_worker_says_so(settings: Settings, start: Start) -> None:
    worker = start()
    wait_until(lambda: worker.answer("/readyz")[0] == 200)
    send(settings, "alpha", HANG)
    wait_until(lambda: worker.answer("/healthz")[0] == 503)
    assert "stood still" in worker.answer("/readyz")[1]
    assert worker.value("ioc_worker_stuck") == 1
    wait_until(lambda: worker.answer("/readyz")[0] == 200)
    assert worker.value("ioc_worker_stuck") == 0


def test_a_group_whose_leader_joins_anew_rebalances_once(settings: Settings, tmp_path: Path) -> None:
    with workers(settings, tmp_path, JOINING) as start:
        leader = start()
        wait_until(lambda: len(leader.owned()) == 4)
        second = start()
        wait_until(lambda: len(leader.owned()) == 2 and len(second.owned()) == 2)
        before = leader.value("ioc_worker_rebalances_total")
        for number in range(1, 9):
            publish(settings, 1_000, start=(number - 1) * 1_000)
            if number == 1:
                leader.signal(signal.SIGHUP)
                wait_until(lambda: leader.value("ioc_worker_rebalances_total") > before)
            # A commit of the group's offsets after each, so that there is one while the others still join.
            wait_until(lambda: committed(settings) == end(settings))
        assert leader.value("ioc_worker_rebalances_total") == before + 1


@pytest.mark.soak
def test_killed_broker_comes_back_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with Children(tmp_path / "logs") as children, Kafka(children, tmp_path / "broker") as broker:
        settings = load_settings(bootstrap_servers=broker.bootstrap, topic_prefix="t", partitions=4)
        with workers(settings, tmp_path) as start:
            publish(settings, 100_000)
            worker = start()
            wait_until(lambda: worker.value("ioc_worker_checkpoint_seconds_count") >= 1)
            broker.kill()
            time.sleep(12)  # longer than a checkpoint may take
            broker.start()
            publish(settings, 20_000, start=100_000)
            wait_for_total(settings, 120_000, seconds=120)
            assert counted(settings) == expected(120_000)
            assert worker.process.poll() is None


@pytest.mark.soak
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
