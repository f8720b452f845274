"""What the whole suite shares: the packaged catalogue, how deep hypothesis looks, and one real broker."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from ioc.catalogue import Catalogue
from streams.stack.children import Children
from streams.stack.kafka import Kafka
from tests.packaged import packaged_catalogue

HYPOTHESIS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    # The explanation takes longer than finding the fault.
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}

# Little in every run, ``HYPOTHESIS_PROFILE=soak`` for long.
settings.register_profile("ci", max_examples=30, **HYPOTHESIS)
settings.register_profile("soak", max_examples=5_000, **HYPOTHESIS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return packaged_catalogue()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a one-node Kafka broker, started when the first test asks for it: use topic names of your own."""
    folder = tmp_path_factory.mktemp("kafka")
    with Children(folder / "logs") as children, Kafka(children, folder / "broker") as broker:
        yield broker.bootstrap
