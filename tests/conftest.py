"""What the whole suite shares: its order, how deep hypothesis looks, the packaged catalogue, and one real broker."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from ioc.catalogue import Catalogue
from streams.stack import ports
from streams.stack.children import Children
from streams.stack.kafka import Kafka
from tests.packaged import packaged_catalogue

HYPOTHESIS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    # The explanation takes longer than finding the fault.
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}

# A run says of the same code the same; ``make properties`` looks further, elsewhere each time.
settings.register_profile("same", max_examples=30, derandomize=True, **HYPOTHESIS)
settings.register_profile("random", max_examples=int(os.environ.get("EXAMPLES", "500")), **HYPOTHESIS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


# A free port is free until it is bound: no two processes of a run look among the same ones.
if process := os.environ.get("PYTEST_XDIST_WORKER"):
    ports._RANGE = ports._RANGE[int(process.removeprefix("gw")) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]


SECURE = "tests/secure/"

_FIRST = ("slow",), ("kafka", "prometheus")
"""Markers of the files that come first."""


class Scheduling(LoadFileScheduling):
    """Whole files go to one process or the other, as their tests share what is dear; a secure installation is, too."""

    def _split_scope(self, nodeid: str) -> str:
        return SECURE if nodeid.startswith(SECURE) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, then those that wait for other programs: no process ends with one of them while
    the others have nothing to do.
    """
    ranks: dict[Path, int] = {}
    for item in items:
        first = next(
            (rank for rank, names in enumerate(_FIRST) if any(map(item.get_closest_marker, names))), len(_FIRST)
        )
        ranks[item.path] = min(first, ranks.get(item.path, first))
    items.sort(key=lambda item: ranks[item.path])


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return packaged_catalogue()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a one-node Kafka broker, started when the first test asks for it: use topic names of your own."""
    folder = tmp_path_factory.mktemp("kafka")
    with Children(folder / "logs") as children, Kafka(children, folder / "broker") as broker:
        yield broker.bootstrap


@pytest.fixture(autouse=True)
def process_left_as_found() -> Iterator[None]:
    """A command that a test runs here makes the process its own: the next test finds it as it was."""
    threshold = gc.get_threshold()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    gc.set_threshold(*threshold)
    for number, handler in handlers.items():
        signal.signal(number, handler)
