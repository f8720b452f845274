"""What the whole suite shares: one real broker, started when the first test asks for it."""

from collections.abc import Iterator

import pytest

from streams.stack.children import Children
from streams.stack.kafka import Kafka


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a one-node Kafka broker: use topic names of your own."""
    folder = tmp_path_factory.mktemp("kafka")
    with Children(folder / "logs") as children, Kafka(children, folder / "broker") as broker:
        yield broker.bootstrap
