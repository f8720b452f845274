"""Installations of a test's own on the shared broker."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, load_settings


@pytest.fixture
def installation(kafka: str) -> Iterator[Callable[..., Settings]]:
    """Makes settings with a topic prefix that no other test has; its topics go with the test."""
    made: list[Settings] = []

    def make(**overrides: object) -> Settings:
        prefix = f"t{uuid.uuid4().hex[:8]}"
        given: dict[str, Any] = {"bootstrap_servers": kafka, "topic_prefix": prefix, "partitions": 3}
        made.append(load_settings(**(given | overrides)))
        return made[-1]

    yield make
    for settings in made:
        with topic_admin(settings) as admin:
            admin.delete_all()
