"""Jars of Maven Central, kept in the cache."""

from dataclasses import dataclass
from pathlib import Path

from streams.stack.cache import cached
from streams.stack.maven import fetch_jars

KAFKA_VERSION = "4.1.1"
_LOG4J_VERSION = "2.24.3"


@dataclass(frozen=True)
class Jars:
    """Artifacts (group:artifact:version) and all that they need."""

    name: str
    """Of the folder in the cache."""
    artifacts: tuple[str, ...]


KAFKA = Jars(
    f"kafka-{KAFKA_VERSION}",
    (
        f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
        # Kafka leaves the choice of a logging backend open; without one a broker that fails says nothing.
        f"org.apache.logging.log4j:log4j-slf4j-impl:{_LOG4J_VERSION}",
    ),
)
"""The server, 43 MB."""


def find_jars(jars: Jars) -> Path:
    """Return the folder of jars, downloading them once. Raises SetupError."""
    return cached(jars.name, lambda folder: fetch_jars(folder, jars.artifacts))
