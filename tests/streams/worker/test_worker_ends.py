"""A worker ends when it must, and what it had not stored is done by the next one."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from streams.settings.settings import Settings, load_settings
from streams.stack.children import Children
from streams.stack.kafka import Kafka
from tests.streams.worker.counting_worker import FAULT, HANG
from tests.streams.worker.workers import (
    WorkerProcess,
    counted,
    expected,
    publish,
    send,
    wait_for_total,
    wait_until,
    workers,
)

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that may be taken away, and whose groups may keep members that are gone."""
    folder = tmp_path_factory.mktemp("broker")
    with Children(folder / "logs") as children, Kafka(children, folder / "broker") as broker:
        yield broker


def end_of(worker: WorkerProcess) -> int:
    """The exit code of a worker that is to end now."""
    return worker.process.wait(60)


def was_cut_off(worker: WorkerProcess) -> bool:
    """Whether it had not ended in time, by its own clock: a test's would count what the machine takes, too."""
    return "most recent call first" in worker.log.read_text()


def test_a_fault_of_the_engine_under_load_ends_the_worker_and_another_goes_on(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings, fault = installation(partitions=4, worker_session_timeout=6.0), tmp_path / "fault"
    with workers(settings, tmp_path) as start:
        first, second = start(**{FAULT: str(fault)}), start()
        wait_until(lambda: len(first.owned()) == 2 and len(second.owned()) == 2)
        load = Thread(target=publish, args=(settings, 40_000))
        load.start()
        wait_until(lambda: first.value("ioc_worker_records_total") > 0)
        fault.touch()
        assert end_of(first) == 1
        load.join()
        wait_for_total(settings, 40_000)
        assert counted(settings) == expected(40_000)


def test_a_worker_whose_engine_hangs_is_cut_off_and_says_where(broker: Kafka, tmp_path: Path) -> None:
    settings = load_settings(bootstrap_servers=broker.bootstrap, topic_prefix="t", partitions=4)
    with workers(settings, tmp_path) as start:
        worker = start()
        wait_until(lambda: worker.answer("/readyz")[0] == 200)
        send(settings, "alpha", HANG)
        wait_until(lambda: "the engine hangs" in worker.log.read_text())
        worker.signal(signal.SIGTERM)
        assert end_of(worker) == 1
        assert was_cut_off(worker)
        assert "counting_worker.py" in worker.log.read_text().partition("most recent call first")[2]


def test_told_to_while_kafka_is_gone_a_worker_loses_nothing(broker: Kafka, tmp_path: Path) -> None:
    settings = load_settings(bootstrap_servers=broker.bootstrap, topic_prefix="gone", partitions=4)
    with workers(settings, tmp_path) as start:
        publish(settings, 60_000)
        worker = start()
        wait_until(lambda: worker.value("ioc_worker_records_total") > 0)
        broker.kill()
        worker.signal(signal.SIGTERM)
        assert end_of(worker) == 0
        assert not was_cut_off(worker)
        broker.start()
        start()
        wait_for_total(settings, 60_000, seconds=120)
        assert counted(settings) == expected(60_000)
